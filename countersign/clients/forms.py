"""What is asked about a client."""

from django import forms
from django.utils import timezone

from countersign.clients.consent import Consent
from countersign.clients.models import Client, ClientStatus
from countersign.people.models import AccessTag
from countersign.ui.forms import DayInput

DAYS = ["%m/%d/%Y", "%Y-%m-%d"]
EARLIEST_YEAR = 1900


def day(label, **options):
    return forms.DateField(label=label, widget=DayInput(), input_formats=DAYS, **options)


NO_SUCH_TAG = "One of these access tags does not exist or was retired. Choose from the list as it is now."


class TagsField(forms.ModelMultipleChoiceField):
    """Whatever is wrong with what was sent, it is not one of the tags that are offered."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value):
        try:
            return super().clean(value)
        except forms.ValidationError:
            raise forms.ValidationError(NO_SUCH_TAG) from None


class ClientForm(forms.ModelForm):
    """A new client is active; `EditForm` can also discharge.

    own: filled in by the practice's own people, who alone say which Billing users see the client.
    """

    tags = TagsField(
        AccessTag.objects.none(), label="Access tags", required=False,
        help_text="A Billing user sees the client only if it holds all of these. Your own people see every client.",
    )
    born_on = day("Date of birth", help_text="MM/DD/YYYY")
    started_on = day("Started on", help_text="The day of the first session, MM/DD/YYYY")
    groups = (
        ("Client", ("first_name", "last_name", "born_on", "sex")),
        ("Address and contact", ("street", "town", "state", "postal_code", "phone", "email")),
        ("Care", ("started_on", "clinician")),
        ("Who may see it", ("tags", "part_2")),
    )
    reserved = ("tags", "part_2")

    class Meta:
        model = Client
        fields = (
            "first_name", "last_name", "born_on", "sex", "street", "town", "state", "postal_code", "phone", "email",
            "started_on", "clinician", "part_2",
        )
        help_texts = {"part_2": "Substance use disorder treatment. A Billing user sees it only with the switch for it, "
                                "and with the client's consent."}
        widgets = {
            "state": forms.TextInput({"class": "w4", "autocomplete": "off"}),
            "postal_code": forms.TextInput({"class": "w10", "autocomplete": "off"}),
            "phone": forms.TextInput({"class": "w10", "type": "tel", "autocomplete": "off"}),
            **{
                name: forms.TextInput({"class": "w20", "autocomplete": "off"})
                for name in ("first_name", "last_name", "town")
            },
        }

    def __init__(self, *args, own, **more):
        super().__init__(*args, **more)
        if own:
            self.fields["tags"].queryset = AccessTag.objects.offered_to(self.instance)
            self.fields["tags"].label_from_instance = lambda tag: tag.name if tag.is_live else f"{tag.name} (retired)"
            if not self.instance._state.adding:
                self.initial["tags"] = list(self.instance.tags.all())
        else:
            for name in self.reserved:
                del self.fields[name]

    def clean_state(self):
        return self.cleaned_data["state"].upper()

    def clean_born_on(self):
        born_on = self.cleaned_data["born_on"]
        if not EARLIEST_YEAR <= born_on.year or born_on > timezone.localdate():
            raise forms.ValidationError(f"Enter a day between {EARLIEST_YEAR} and today")
        return born_on

    def clean(self):
        answers = super().clean()
        born_on, started_on = answers.get("born_on"), answers.get("started_on")
        if born_on and started_on and started_on < born_on:
            self.add_error("started_on", "The start cannot be before the date of birth")
        return answers

    def typed(self):
        """The answers, as the verbs take them."""
        return {name: self.cleaned_data[name] for name in self.fields if name != "version"}

    def fieldsets(self):
        found = [(heading, [self[name] for name in names if self._asks(name)]) for heading, names in self.groups]
        return [(heading, fields) for heading, fields in found if fields]

    def _asks(self, name):
        """Whether the field is shown: of tags only when there are any."""
        return name in self.fields and (name != "tags" or self.fields["tags"].queryset.exists())


class EditForm(ClientForm):
    """version: of the client when the page was opened, so that a second tab is noticed."""

    discharged_on = day("Discharged on (optional)", required=False, help_text="For a discharged client, MM/DD/YYYY")
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    groups = (
        *ClientForm.groups[:2],
        ("Care", ("started_on", "clinician", "status", "discharged_on")),
        ClientForm.groups[3],
    )

    class Meta(ClientForm.Meta):
        fields = (*ClientForm.Meta.fields, "status", "discharged_on")

    def clean(self):
        answers = super().clean()
        status, discharged_on, started_on = (answers.get(f) for f in ("status", "discharged_on", "started_on"))
        if status == ClientStatus.DISCHARGED and not discharged_on and "discharged_on" not in self.errors:
            self.add_error("discharged_on", "Enter the day of the discharge")
        if status == ClientStatus.ACTIVE and discharged_on:
            self.add_error("discharged_on", "An active client has no day of discharge: leave it empty")
        if discharged_on and started_on and discharged_on < started_on:
            self.add_error("discharged_on", "The discharge cannot be before the start")
        return answers

    def say_what_is_on_record(self, current):
        """Somebody else was faster: show theirs beside what was typed; the next attempt, now knowing, goes through."""
        theirs = [
            f"{self.fields[name].label.removesuffix(' (optional)')}: {_in_words(current, name)}"
            for name, value in self.typed().items()
            if (set(current.tags.all()) != set(value) if name == "tags" else getattr(current, name) != value)
        ]
        self.add_error(
            None,
            "Somebody else changed this client while you had the page open. "
            + (f"On record now, and different from what you typed: {'; '.join(theirs)}. " if theirs else "")
            + "If you save again, what you typed replaces it.",
        )
        self.data = self.data.copy()
        self.data["version"] = str(current.version)


def _in_words(current, name):
    if name == "tags":
        return ", ".join(tag.name for tag in current.tags.all()) or "none"
    value = getattr(current, name)
    return "yes" if value is True else "no" if value is False else value or "empty"


class ConsentForm(forms.ModelForm):
    """No day of it lies in the future: what is on record counts from the next request."""

    given_on = day("Given on", help_text="The day the client signed it, MM/DD/YYYY")

    class Meta:
        model = Consent
        fields = ("given_on", "note")
        help_texts = {"note": "Such as where the signed paper is kept"}

    def clean_given_on(self):
        return _not_later_than_today(self.cleaned_data["given_on"])


class RevocationForm(forms.Form):
    revoked_on = day("Revoked on", help_text="The day the client said so, MM/DD/YYYY")

    def __init__(self, *args, given_on, **more):
        super().__init__(*args, **more)
        self.given_on = given_on

    def clean_revoked_on(self):
        revoked_on = _not_later_than_today(self.cleaned_data["revoked_on"])
        if revoked_on < self.given_on:
            raise forms.ValidationError(f"It was given on {self.given_on:%m/%d/%Y} and cannot be revoked before")
        return revoked_on


def _not_later_than_today(day):
    if not EARLIEST_YEAR <= day.year or day > timezone.localdate():
        raise forms.ValidationError(f"Enter a day between {EARLIEST_YEAR} and today")
    return day
