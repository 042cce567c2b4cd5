"""What is asked of somebody who reviews a statement."""

from django import forms

from countersign.oversight.models import Finding
from countersign.ui.forms import Choice

HINTS = {
    Finding.NOTHING: "People, times and work are as expected",
    Finding.SOMETHING: "Say what, and what you did about it",
}


class ReviewForm(forms.Form):
    finding = forms.ChoiceField(
        label="What did you find?",
        choices=[(finding.value, Choice(finding.label, hint=hint)) for finding, hint in HINTS.items()],
        widget=forms.RadioSelect, error_messages={"required": "Choose what you found"},
    )
    text = forms.CharField(
        label="In your words", max_length=4000, widget=forms.Textarea({"rows": 4}),
        help_text="What you looked at and what you found. It stays with your name and cannot be changed.",
        error_messages={"required": "Write what you looked at and what you found"},
    )


class RemarkForm(forms.Form):
    text = forms.CharField(
        label="Later remark", max_length=4000, widget=forms.Textarea({"rows": 3}),
        help_text="What came to light after the sign-off. It is added below it, with your name.",
    )
