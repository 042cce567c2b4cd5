"""The form behind *User Details*: who it is, of which type, and what they may do."""

import unicodedata
from uuid import UUID

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.module_loading import import_string

from countersign.people import accounts, choices, names, passwords
from countersign.people.models import AccessTag, PermissionGroup, User, UserType
from countersign.people.permissions import Permission

NO_SUCH_TAG = "One of these access tags does not exist or was retired. Choose from the list as it is now."
FOR_BILLING_ONLY = "Only a user of the type Billing has a billing company. Leave it empty, or choose the type Billing."


def visible(text):
    """A name that a page, a mail or the record can show as it is (no control or direction-changing characters)."""
    if any(unicodedata.category(character) in ("Cc", "Cf") for character in text):
        raise ValidationError("Leave out invisible characters.")


class GeneratedInput(forms.TextInput):
    """A generated password, in clear, so that it can be written down."""

    def __init__(self):
        super().__init__({"autocomplete": "off", "spellcheck": "false", "class": "mono", "readonly": True})


class UserForm(forms.Form):
    """grantable: the permissions of whoever fills it in. user: who is changed, None for a new one."""

    name = forms.CharField(
        label="Name", max_length=120, validators=[visible], widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.EmailField(
        label="E-mail (optional)", required=False, max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    type = forms.ChoiceField(
        label="User Type", help_text="Regular users and System Administrators are charged for; Restricted and Billing "
        "users are not."
    )
    billing_company = forms.TypedChoiceField(
        label="Billing Company", coerce=UUID, empty_value=None, required=False,
    )
    tags = forms.MultipleChoiceField(
        label="Access tags", required=False, widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": NO_SUCH_TAG, "invalid_list": NO_SUCH_TAG},
        help_text="It sees clients without tags, and those whose every tag it holds.",
    )
    sees_part_2 = forms.BooleanField(
        label="May see records under 42 CFR Part 2", required=False,
        help_text="Only of clients whose consent is in force.",
    )
    groups = forms.MultipleChoiceField(
        label="Permission group", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Any number. Only groups with nothing in them that you do not hold are offered.",
    )
    permissions = forms.MultipleChoiceField(
        label="Permissions", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="In addition to those of the groups. Only what you hold yourself is offered.",
    )

    def __init__(self, data=None, *, grantable, user=None, initial=None):
        initial = initial or {"type": UserType.REGULAR}
        super().__init__(data, initial=initial)
        self.grantable, self.user = grantable, user
        self.all_groups = list(PermissionGroup.objects.all())
        self.all_tags = list(AccessTag.objects.offered_to(user))
        self.fields["type"].choices = choices.type_choices(grantable=grantable, user=user)
        # Also without scripts, where the notice below is not shown before somebody asks for it.
        self.fields["type"].help_text = f"{self.fields['type'].help_text} {self.charged_from}".strip()
        self.fields["billing_company"].choices = choices.company_choices(user and user.billing_company)
        self.fields["tags"].choices = [(str(tag.id), _tag_label(tag)) for tag in self.all_tags]
        # Accepted is more than offered: what may not be given is then refused with the rule, not as unknown.
        self.fields["groups"].choices = [(str(group.id), group.name) for group in self.all_groups]
        self.fields["permissions"].choices = [(str(permission), permission.label) for permission in Permission]
        self.offer()

    @classmethod
    def kept(cls, data, **more):
        """The form as it was filled in, without judging it and without the password."""
        fields = {name: field for name, field in cls.base_fields.items() if name != "password"}
        initial = {name: field.widget.value_from_datadict(data, {}, name) for name, field in fields.items()}
        return cls(initial=initial, **more)

    def offer(self):
        """Offer what fits the type that is chosen at the moment."""
        had_groups = [str(group.id) for group in self.user.groups.all()] if self.user else []
        self.fields["billing_company"].help_text = "" if self.is_for_billing else "Only for the type Billing."
        self.fields["groups"].widget.choices = choices.group_choices(
            self.all_groups, type=self.chosen_type, grantable=self.grantable, already=had_groups
        )
        self.fields["permissions"].widget.choices = choices.permission_choices(choices.giveable(
            type=self.chosen_type, grantable=self.grantable, already=self.user.permissions if self.user else (),
        ))

    @property
    def chosen_type(self):
        value = self["type"].value()
        return UserType(value) if value in UserType.values else UserType.REGULAR

    @property
    def chooses_rights(self):
        """Restricted users can be given nothing, System Administrators hold everything."""
        return self.chosen_type in (UserType.REGULAR, UserType.BILLING)

    @property
    def is_for_billing(self):
        return self.chosen_type == UserType.BILLING

    @property
    def becomes_charged(self):
        return bool(self.user and not self.user.is_charged and self.chosen_type in (
            UserType.REGULAR, UserType.ADMINISTRATOR
        ))

    @property
    def charged_from(self):
        """From when it costs something, for a person who is not charged for; the room that knows is in the settings."""
        raisable = self.user and not self.user.is_charged and not self.user.is_billing
        return import_string(settings.CHARGED_FROM)(self.user) if raisable else ""

    def chosen_groups(self):
        wanted = set(self["groups"].value() or ())
        return [group for group in self.all_groups if str(group.id) in wanted]

    def outcome(self):
        """The effective list: what the user may do if saved like this."""
        groups = self.chosen_groups() if self.chooses_rights else []
        permissions = self["permissions"].value() or () if self.chooses_rights else ()
        return choices.outcome(type=self.chosen_type, permissions=permissions, groups=groups)

    def clean(self):
        data = super().clean()
        if data.get("type") == UserType.BILLING:
            if not data.get("billing_company") and "billing_company" not in self.errors:
                self.add_error("billing_company", "Choose the billing company this user is for.")
        elif data.get("billing_company"):
            self.add_error("billing_company", FOR_BILLING_ONLY)
        elif data.get("tags") or data.get("sees_part_2"):
            self.add_error(None, accounts.NO_KEYS)
        if data.get("type") == UserType.ADMINISTRATOR:
            data["groups"] = data["permissions"] = []  # holds everything
        data["groups"] = [group for group in self.all_groups if str(group.id) in data.get("groups", ())]
        data["tags"] = [tag for tag in self.all_tags if str(tag.id) in data.get("tags", ())]
        return data

    def details(self):
        """What the verbs on users take, from a valid form."""
        wanted = ("name", "email", "type", "billing_company", "groups", "permissions", "tags", "sees_part_2")
        return {name: self.cleaned_data[name] for name in wanted}

    def blame(self, error):
        """Put what a verb refused next to the field it is about."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for field, errors in error.error_dict.items():
            shown = field in self.fields and (field not in ("permissions", "tags") or self.chooses_rights)
            self.add_error(field if shown else None, ValidationError([e for each in errors for e in each.messages]))


def _tag_label(tag):
    return tag.name if tag.is_live else f"{tag.name} (retired)"


class NewUserForm(UserForm):
    """The top part comes first; the password is set here, or an activation is sent."""

    user_id = forms.CharField(
        label="User ID", max_length=64, help_text="What the person types to sign in. It never changes.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )
    password = forms.CharField(
        label="Password", max_length=200, strip=False, required=False,
        help_text="15 characters or more. A generated one is shown once: write it down before you save.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    activation = forms.BooleanField(
        label="Send an activation by e-mail instead of setting a password", required=False,
        help_text="A link and a code, good for 72 hours. Persons only.",
    )
    forced = forms.BooleanField(
        label="Ask for a new password at the next sign-in", required=False, help_text="Persons only.",
    )

    def __init__(self, data=None, *, generated=None, **more):
        super().__init__(data, **more)
        if generated:
            self.initial["password"] = generated
        self.shows_password = bool(generated or (data and data.get("generated")))  # until it is saved
        if self.shows_password:
            self.fields["password"].widget = GeneratedInput()

    def clean_user_id(self):
        return accounts.valid_user_id(self.cleaned_data["user_id"])

    def clean(self):
        data = super().clean()
        if data.get("type") == UserType.BILLING and (data.get("activation") or data.get("forced")):
            self.add_error(None, "A Billing user is a key, not a person: set its password here.")
        elif data.get("activation"):
            data["password"] = None
            if not data.get("email") and "email" not in self.errors:
                self.add_error("email", "Enter the e-mail address that the activation goes to.")
        elif not data.get("password"):
            self.add_error("password", "Enter a password, or generate one.")
        else:
            self.check_password(data)
        return data

    def check_password(self, data):
        """Judge it together with everything else, so that all that is wrong is said at once."""
        stand_in = User(name=data.get("name", ""), user_id=names.fold(data.get("user_id", "")),
                        email=data.get("email", ""))
        try:
            passwords.validate(data["password"], user=stand_in)
        except ValidationError as error:
            self.add_error("password", ValidationError(error.messages))
