"""Forms that set a password: for oneself, for a Billing user, by an activation, and the one for who forgot it."""

from datetime import timedelta

from django import forms

from countersign.people import passwords
from countersign.people.forms_user import GeneratedInput
from countersign.people.models import LONGEST_OVERLAP

HOURS = LONGEST_OVERLAP // timedelta(hours=1)
RULES = "15 characters or more. Several words are easy to remember."


def new_password(label="New password", **more):
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
    return forms.CharField(label=label, max_length=200, strip=False, help_text=RULES, widget=widget, **more)


class OwnPasswordForm(forms.Form):
    current = forms.CharField(
        label="Current password", max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    password = new_password()

    def __init__(self, data=None, *, user):
        super().__init__(data)
        self.user = user

    def clean_current(self):
        if not passwords.matches(self.cleaned_data["current"], self.user.password):
            raise forms.ValidationError("This is not your current password.")
        return self.cleaned_data["current"]


class OverlapForm(forms.Form):
    """How long the old password of a Billing user counts beside a new one."""

    hours = forms.IntegerField(
        label="The old password still opens the door for (hours)", min_value=0, max_value=HOURS, required=False,
        help_text=f"0 to {HOURS}. 0 ends it at once, and every visit under it.",
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), f"Enter a whole number from 0 to {HOURS}."),
        widget=forms.TextInput({"class": "w4", "inputmode": "numeric", "autocomplete": "off"}),
    )

    def __init__(self, data=None, *, initial=None):
        super().__init__(data, initial={"hours": 0, **(initial or {})})

    @property
    def overlap(self):
        return timedelta(hours=self.cleaned_data.get("hours") or 0)


class KeyPasswordForm(OverlapForm):
    """A password that somebody else will use: best generated, and shown once. A person's old one ends at once."""

    password = new_password("Password")

    def __init__(self, data=None, *, account, generated=None, hours=None):
        super().__init__(data, initial={"password": generated, **({"hours": hours} if hours else {})})
        if not (account.is_billing and account.is_active):
            del self.fields["hours"]
        self.shows_password = bool(generated or (data and data.get("generated")))
        if self.shows_password:
            self.fields["password"].widget = GeneratedInput()


class ActivationForm(forms.Form):
    code = forms.CharField(
        label="Code", max_length=40, help_text="From the mail.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "class": "w20"}),
    )
    password = new_password("Password")


class ForgottenPasswordForm(forms.Form):
    user_id = forms.CharField(
        label="User ID", max_length=64, widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True})
    )
