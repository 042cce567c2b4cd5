"""The answer to Support."""

from django import forms

from countersign.access import support
from countersign.access.forms import SHORT, TermsForm
from countersign.access.models_support import in_words
from countersign.people.permissions import Permission, known
from countersign.ui.forms import Choice

TIMES = (15, 30, 60, 120, 240, 480, 1440)  # minutes


def times_up_to(minutes):
    """[(minutes, words)] of what may be chosen, the longest first."""
    offered = sorted({*(time for time in TIMES if time <= minutes), minutes}, reverse=True)
    return [(f"{time}", in_words(time)) for time in offered]


class SupportAnswerForm(TermsForm):
    outcome = forms.ChoiceField(
        label="Your answer", widget=forms.RadioSelect, choices=[("approve", "Approve"), ("refuse", "Refuse")],
    )
    minutes = forms.TypedChoiceField(
        label="For how long (to approve)", coerce=int, required=False, empty_value=0,
        help_text="From the moment you approve", error_messages={"invalid_choice": support.LONGER},
    )
    permissions = forms.MultipleChoiceField(
        label="They may see (to approve)", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="To look at only: nothing can be changed and no file taken away. No notes, no clients under an "
        "access tag, and no records under 42 CFR Part 2 or paid in full by the client.",
        error_messages={"invalid_choice": support.NO_MORE},
    )
    reason = forms.CharField(
        label="Why (needed to refuse; Support reads it)", required=False, widget=forms.TextInput({"class": "w20"}),
        **SHORT,
    )

    def __init__(self, *args, asked, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["minutes"].choices = times_up_to(asked.minutes)
        self.fields["minutes"].initial = f"{asked.minutes}"
        wanted = known(asked.permissions)
        self.fields["permissions"].choices = [
            (str(one), Choice(one.label, hint=one.words.description)) for one in Permission if one in wanted
        ]
        self.fields["permissions"].initial = asked.permissions

    def answer(self, asked, *, by, grantable):
        """What a valid form says. Raises ValidationError keyed by field."""
        data = self.cleaned_data
        if data["outcome"] == "refuse":
            return support.refuse(asked, by=by, reason=data["reason"])
        return support.approve(
            asked, by=by, grantable=grantable, minutes=data["minutes"], permissions=data["permissions"],
            reason=data["reason"],
        )
