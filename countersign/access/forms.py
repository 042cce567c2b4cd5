"""Forms about the terms of third-party access."""

from datetime import timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from countersign.access import agreements, standing
from countersign.access.models import Outcome
from countersign.access.reviews import NOT_HELD, NOTHING_CHOSEN
from countersign.people.forms_user import visible
from countersign.ui.forms import Choice, DayInput

SHORT = {"max_length": 150, "validators": [visible]}


def day_field(label, hint=""):
    return forms.DateField(
        label=label, input_formats=["%m/%d/%Y", "%Y-%m-%d"], help_text=hint or "MM/DD/YYYY", widget=DayInput(),
        error_messages={"invalid": "Enter a day as MM/DD/YYYY"},
    )


class TermsForm(forms.Form):
    def blame(self, error):
        """Put what a verb refused beside the field it is about."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for name, errors in error.error_dict.items():
            self.add_error(name if name in self.fields else None, [m for one in errors for m in one.messages])


class AgreementForm(TermsForm):
    practice = forms.CharField(
        label="Name of the practice", max_length=200, validators=[visible], help_text="As it stands in the agreement",
    )
    party = forms.CharField(
        label="Name of the company", max_length=200, validators=[visible], help_text="As it stands in the agreement",
    )
    signed_on = day_field("Signed on")
    from_on = day_field("In force from")
    until_on = day_field("In force until", "MM/DD/YYYY, the last day. After it, nobody of the company comes in")
    paper = forms.FileField(
        label="The signed agreement", help_text="A PDF of 10 MB at most",
        widget=forms.ClearableFileInput({"accept": "application/pdf"}),
        error_messages={"required": "Choose the signed agreement as a PDF file.", "empty": agreements.NO_PDF},
    )

    def clean_paper(self):
        upload = self.cleaned_data["paper"]
        self.file_name = upload.name
        return agreements.pdf_in(upload)

    def clean(self):
        data = super().clean()
        if all(data.get(name) for name in ("signed_on", "from_on", "until_on")):
            try:
                agreements.refuse_dates(**{name: data[name] for name in ("signed_on", "from_on", "until_on")})
            except ValidationError as error:
                self.blame(error)
        return data

    def typed(self):
        """What agreements.put_on_record takes, from a valid form."""
        given = {name: value for name, value in self.cleaned_data.items() if name != "paper"}
        return {**given, "content": self.cleaned_data["paper"], "file_name": self.file_name}


class EndingForm(TermsForm):
    reason = forms.CharField(label="Why it ends", widget=forms.TextInput({"class": "w20"}), **SHORT)


class EndForm(TermsForm):
    """Until when a Billing user opens anything."""

    last_on = day_field("Last day")
    reason = forms.CharField(label="Why", widget=forms.TextInput({"class": "w20"}), **SHORT)

    def __init__(self, *args, key, **kwargs):
        super().__init__(*args, **kwargs)
        latest = timezone.localdate() + timedelta(days=standing.DAYS)
        self.fields["last_on"].help_text = f"MM/DD/YYYY, {latest:%m/%d/%Y} at the latest"
        self.fields["last_on"].initial = latest


class ReviewForm(TermsForm):
    """What comes of a review. seen: the Evidence it is about."""

    outcome = forms.ChoiceField(label="What comes of it", choices=Outcome.choices, widget=forms.RadioSelect)
    remove = forms.MultipleChoiceField(
        label="Remove these", required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Only for “Take permissions away”. It counts from the next request.",
        error_messages={"invalid_choice": NOT_HELD},
    )
    remark = forms.CharField(
        label="What you looked at and why you decide so", max_length=300, validators=[visible],
    )

    def __init__(self, *args, seen, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["remove"].choices = [
            (str(line.permission), Choice(line.permission.label, hint=_times(line))) for line in seen.lines
        ]

    def clean(self):
        data = super().clean()
        if data.get("remove") and data.get("outcome") in (Outcome.KEPT, Outcome.ENDED):
            self.add_error("outcome", "Something is ticked below. Choose “Take permissions away”, or untick it.")
        if data.get("outcome") == Outcome.REDUCED and not data.get("remove") and "remove" not in self.errors:
            self.add_error("remove", NOTHING_CHOSEN)
        return data


def _times(line):
    if line.times:
        return f"Used {line.times} time{'' if line.times == 1 else 's'}"
    return "Never used" if line.has_a_page else "Never used: no page of this version asks for it"


class RequirementForm(TermsForm):
    agreement = forms.ChoiceField(
        label="A Billing user needs an agreement in force", widget=forms.RadioSelect,
        choices=[("yes", "Yes: without one it opens nothing"), ("no", "No: it opens what its permissions allow")],
    )
    reason = forms.CharField(label="Why", widget=forms.TextInput({"class": "w20"}), **SHORT)


class AnswerForm(TermsForm):
    """The answer to what a company asked for."""

    outcome = forms.ChoiceField(
        label="Your answer", widget=forms.RadioSelect, choices=[("grant", "Approve"), ("refuse", "Refuse")],
    )
    hours = forms.IntegerField(
        label="For how many hours (to approve)", required=False, min_value=1,
        widget=forms.TextInput({"class": "w4", "inputmode": "numeric", "autocomplete": "off"}),
        error_messages=dict.fromkeys(("invalid", "min_value"), "Enter a whole number of hours, 1 or more."),
    )
    reason = forms.CharField(
        label="Why (needed to refuse; the company reads it)", required=False, widget=forms.TextInput({"class": "w20"}),
        **SHORT,
    )

    def __init__(self, *args, asked, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hours"].initial = asked.hours
        self.fields["hours"].help_text = f"{asked.hours} were asked for; fewer shorten it"

    def clean(self):
        data = super().clean()
        if data.get("outcome") == "grant" and data.get("hours") is None and "hours" not in self.errors:
            self.add_error("hours", "Enter for how many hours.")
        return data

    def decided(self):
        """What asking.answer takes, from a valid form."""
        data = self.cleaned_data
        return {"hours": data["hours"] if data["outcome"] == "grant" else None, "reason": data["reason"]}
