"""The forms of the key ring: a key, its password, a team, and who may use what from when to when."""

from django import forms

from countersign.identity.federation import line
from countersign.instances import binding, hosts
from countersign.instances.models import InstanceKind, InstanceState
from countersign.keyring import assignments
from countersign.keyring.models import Key, Team
from countersign.people import names
from countersign.people.choices import by_section
from countersign.people.models import User
from countersign.people.permissions import BILLING_CEILING
from countersign.ui.forms import DayInput

DAYS = ["%m/%d/%Y", "%m/%d/%y", "%Y-%m-%d"]
# What the practice said → the field it is about.
ABOUT = {"wrong": "password", "inactive": "user_id", "another company": "user_id"}


def key_password(hint):
    return forms.CharField(
        label="Password", max_length=200, strip=False, help_text=hint,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )


class PasswordForm(forms.Form):
    password = key_password("It is tried at the practice at once. Nobody can read it again afterwards.")

    def blame(self, error):
        """Put what the practice, or a verb, refused next to the field it is about."""
        if hasattr(error, "error_dict"):
            for field, messages in error.message_dict.items():
                self.add_error(field if field in self.fields else None, messages)
        else:
            field = ABOUT.get(getattr(error, "code", ""))
            self.add_error(field if field in self.fields else None, error.messages)


class KeyForm(PasswordForm):
    """A Billing user that a practice has given to this company. A valid form knows the `practice` (Instance)."""

    address = forms.CharField(
        label="Address of the practice", max_length=300, help_text="As the practice gave it to you.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autocapitalize": "none"}),
    )
    user_id = forms.CharField(
        label="User ID", max_length=64, help_text="Of the Billing user.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    field_order = ["address", "user_id", "password"]

    def clean_address(self):
        host = self.cleaned_data["address"].strip().lower()
        host = host.partition("://")[2] if "://" in host else host
        host = host.partition("/")[0]
        slug = host if host and "." not in host else hosts.split(host)
        found = hosts.of_slug(slug) if slug else None
        if found is None or found.kind == InstanceKind.SUPPORT or found.state != InstanceState.ACTIVE:
            raise forms.ValidationError("No practice answers at this address.")
        if found.id == binding.bound().id:
            raise forms.ValidationError("This is your own address. Enter the practice's.")
        self.practice = found
        return self.cleaned_data["address"]

    def clean_user_id(self):
        return names.fold(self.cleaned_data["user_id"])

    def clean(self):
        data = super().clean()
        if "address" in data and "user_id" in data and Key.objects.live().filter(
            issuer=hosts.root(self.practice), user_id=data["user_id"]
        ).exists():
            self.add_error("user_id", "This key is in the ring already. Open it there to replace its password.")
        return data


def day(label, hint="", **more):
    return forms.DateField(
        label=label, help_text=hint, input_formats=DAYS, widget=DayInput(),
        error_messages={"invalid": "Enter a date such as 03/15/2026."}, **more,
    )


class ToForm(forms.Form):
    """Somebody, of the people who may be chosen at the moment."""

    to = forms.ChoiceField(label="Person")

    def __init__(self, data=None, **more):
        super().__init__(data, **more)
        self.people = {f"{user.id}": user for user in User.objects.persons().active()}
        self.offer([("", "Choose a person"), *((id, str(user)) for id, user in self.people.items())])

    def offer(self, choices):
        self.fields["to"].choices = choices

    def clean_to(self):
        return self.people[self.cleaned_data["to"]]

    def blame(self, error):
        if hasattr(error, "error_dict"):
            for field, messages in error.message_dict.items():
                self.add_error(field if field in self.fields else None, messages)
        else:
            self.add_error(None, error.messages)


class AssignmentForm(ToForm):
    to = forms.ChoiceField(label="Person or team")
    begins_on = day("From")
    ends_on = day("To (optional)", "The last day. Without one, until somebody takes the key back.", required=False)

    def __init__(self, data=None, **more):
        self.teams = {f"team {team.id}": team for team in Team.objects.all()}
        super().__init__(data, initial={"begins_on": assignments.today(), **more})
        zone = binding.bound().time_zone.replace("_", " ")
        self.fields["begins_on"].help_text = f"The first day, in the zone {zone}."

    def offer(self, choices):
        people = choices[1:]
        teams = [(id, team.name) for id, team in self.teams.items()]
        found = [("People", people), *([("Teams", teams)] if teams else [])]
        self.fields["to"].choices = [("", "Choose a person or a team"), *found]

    def clean_to(self):
        chosen = self.cleaned_data["to"]
        return self.people.get(chosen) or self.teams[chosen]


class AskForm(forms.Form):
    """More than the Billing user may do: what, why, and for how long."""

    permission = forms.ChoiceField(label="Permission")
    why = forms.CharField(
        label="Why", max_length=300, help_text="The practice reads this. Name no client.",
        widget=forms.TextInput(attrs={"class": "w20", "autocomplete": "off"}),
    )
    hours = forms.IntegerField(
        label="For how many hours", min_value=1, max_value=720, help_text="Up to 720, which is 30 days.",
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "Enter a whole number from 1 to 720."),
        widget=forms.TextInput({"class": "w4", "inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, data=None):
        super().__init__(data)
        offered = by_section(BILLING_CEILING)
        found = [(section, [(str(one), one.label) for one in these]) for section, these in offered]
        self.fields["permission"].choices = [("", "Choose a permission"), *found]

    def clean_why(self):
        return line(self.cleaned_data["why"], 300)


class TeamForm(forms.Form):
    name = forms.CharField(label="Name of the team", max_length=80)
