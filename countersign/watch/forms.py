"""The form behind *Alert rules*."""

from django import forms

from countersign.ui.forms import Choice
from countersign.watch.models import DAYS


def number(label, hint, *, least, most):
    words = f"Enter a whole number from {least} to {most:,}."
    return forms.IntegerField(
        label=label, help_text=hint, min_value=least, max_value=most,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), words),
        widget=forms.TextInput({"class": "w4", "inputmode": "numeric", "autocomplete": "off"}),
    )


def clock(label, hint):
    return forms.TimeField(
        label=label, help_text=hint, input_formats=["%I:%M %p", "%I %p", "%I:%M%p", "%I%p", "%H:%M"],
        error_messages={"invalid": "Enter a time such as 8:00 AM."},
        widget=forms.TimeInput({"class": "w10", "autocomplete": "off"}, format="%-I:%M %p"),
    )


class RulesForm(forms.Form):
    """candidates: users who may be mailed."""

    clients_an_hour = number(
        "Clients opened in an hour", "Alert when one person opens more different clients than this within an hour.",
        least=1, most=10_000,
    )
    refusals_in_a_row = number(
        "Refusals in a row", "Alert when this many are refused in one visit, or at the sign-in from one address.",
        least=2, most=100,
    )
    agreed = forms.BooleanField(
        label="Alert outside agreed hours", required=False, help_text="If this is not ticked, any time is fine."
    )
    days = forms.TypedMultipleChoiceField(
        label="Agreed days", coerce=int, choices=list(enumerate(DAYS)), required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    begins = clock("From", "")
    ends = clock("To", "Earlier than “From” means on the next day.")
    ours = forms.BooleanField(
        label="Watch our own people too", required=False,
        help_text="Clients opened in an hour, exports and new networks also of your own staff.",
    )
    mail_to = forms.MultipleChoiceField(
        label="Mail alerts to", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Whoever may manage third-party access and has an e-mail address. A mail names the person, their "
        "company and the kind of alert, and never a client.",
    )

    def __init__(self, *args, candidates, zone, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["mail_to"].choices = [(str(user.id), Choice(user.name, hint=user.email)) for user in candidates]
        self.fields["begins"].help_text = f"In the zone {zone}."

    def clean(self):
        data = super().clean()
        if data.get("agreed") and not data.get("days") and "days" not in self.errors:
            self.add_error("days", "Tick at least one day, or do not tick “Alert outside agreed hours”.")
        if data.get("begins") and data.get("begins") == data.get("ends"):
            self.add_error("ends", "Enter another time than “From”.")
        return data
