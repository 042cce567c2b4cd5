"""What is asked of somebody who records a disclosure, a request for an accounting, and what became of it."""

from datetime import timedelta

from django import forms
from django.utils import timezone

from countersign.disclosures import law
from countersign.disclosures.models import MAY_SUSPEND, Disclosure
from countersign.ui.forms import DayInput

DAY_FORMATS = ["%m/%d/%Y", "%Y-%m-%d"]


def day_field(label, *, required=True, hint=""):
    return forms.DateField(
        label=label, required=required, input_formats=DAY_FORMATS, help_text=hint or "MM/DD/YYYY", widget=DayInput(),
        error_messages={"invalid": "Enter a day as MM/DD/YYYY"},
    )


def not_ahead(form, name):
    day = form.cleaned_data.get(name)
    if day and day > timezone.localdate():
        form.add_error(name, "This day has not come yet")


class DisclosureForm(forms.ModelForm):
    disclosed_on = day_field("Date of the disclosure")
    last_on = day_field(
        "Date of the last one (optional)", required=False,
        hint="MM/DD/YYYY. For several of the same kind to the same recipient",
    )
    suspended_until = day_field(
        "Do not tell the client until (optional)", required=False,
        hint="MM/DD/YYYY, the last such day. Only when an oversight agency or law enforcement states that telling them "
             "would impede its work (164.528(a)(2))",
    )

    class Meta:
        model = Disclosure
        fields = (
            "disclosed_on", "last_on", "frequency", "recipient", "address", "what", "purpose", "basis", "disclosed_by",
            "suspended_until", "suspended_for", "suspended_orally",
        )
        help_texts = {
            "frequency": "Such as “monthly” or “4 times”",
            "recipient": "The person or organization who received it",
            "what": "In a few words: which records, of which time",
            "basis": "Enough that the client understands why; name the order, law or request if there is one",
            "suspended_for": "Name and office; keep their statement",
            "suspended_orally": "Then 30 days at most, unless they put it in writing",
        }
        widgets = {"what": forms.Textarea({"rows": 3}), "basis": forms.Textarea({"rows": 3})}

    def __init__(self, *args, client, **kwargs):
        super().__init__(*args, **kwargs)
        self.client = client

    @property
    def fieldsets(self):
        return [
            ("What went out", [self[n] for n in ("disclosed_on", "recipient", "address", "what", "disclosed_by")]),
            ("Why", [self[n] for n in ("purpose", "basis")]),
            ("Several of the same kind", [self[n] for n in ("last_on", "frequency")]),
            ("Kept from the client for a while",
             [self[n] for n in ("suspended_until", "suspended_for", "suspended_orally")]),
        ]

    def clean(self):
        given = super().clean()
        first, last = given.get("disclosed_on"), given.get("last_on")
        not_ahead(self, "disclosed_on")
        not_ahead(self, "last_on")
        if first and first < law.COMPLIANCE_ON:
            self.add_error("disclosed_on", "What was disclosed before 04/14/2003 is not accounted for")
        if first and first < self.client.born_on:
            self.add_error("disclosed_on", "This is before the client was born")
        if first and last and last < first:
            self.add_error("last_on", "The last one cannot be before the first")
        if given.get("frequency") and not last:
            self.add_error("last_on", "Enter the date of the last one, or leave out how often")
        self.clean_suspension(given)
        return given

    def clean_suspension(self, given):
        until, first = given.get("suspended_until"), given.get("disclosed_on")
        if until is None:
            if given.get("suspended_for") or given.get("suspended_orally"):
                self.add_error("suspended_until", "Enter until when, or leave out who asked")
            return
        if given.get("purpose") and given["purpose"] not in MAY_SUSPEND:
            self.add_error("suspended_until", "Only a disclosure to an oversight agency or law enforcement can be kept "
                                              "from the client (164.528(a)(2))")
        if not given.get("suspended_for"):
            self.add_error("suspended_for", "Enter who asked for it")
        if first and until < first:
            self.add_error("suspended_until", "This is before the disclosure")
        if given.get("suspended_orally") and until > timezone.localdate() + timedelta(days=law.ORAL_DAYS):
            self.add_error("suspended_until", "Asked for by word of mouth it lasts 30 days at most")

    def typed(self):
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class CorrectionForm(DisclosureForm):
    in_error = forms.BooleanField(
        label="It should not have been recorded", required=False,
        help_text="It stays here, crossed out, and the client is not told of it",
    )
    reason = forms.CharField(
        label="Why it is corrected", max_length=500, widget=forms.Textarea({"rows": 2}),
        help_text="The row as it was stays on record",
    )

    @property
    def fieldsets(self):
        return [*super().fieldsets, ("The correction", [self["reason"], self["in_error"]])]

    def typed(self):
        return {**super().typed(), "in_error": self.cleaned_data["in_error"], "reason": self.cleaned_data["reason"]}


class AccountingForm(forms.Form):
    asked_on = day_field("Date they asked")
    asked_by = forms.CharField(
        label="Who asked", max_length=200, help_text="The client, or their personal representative by name",
        widget=forms.TextInput({"class": "w20"}),
    )
    since_on = day_field("From (optional)", required=False, hint="MM/DD/YYYY; empty for six years before they asked")
    until_on = day_field("To (optional)", required=False, hint="MM/DD/YYYY; empty for the day they asked")

    def clean(self):
        given = super().clean()
        asked = given.get("asked_on")
        not_ahead(self, "asked_on")
        if asked and asked < law.COMPLIANCE_ON:
            self.add_error("asked_on", "Nobody could ask before 04/14/2003")
        if not asked or self.errors:
            return given
        given["since_on"] = given.get("since_on") or law.earliest(asked)
        given["until_on"] = given.get("until_on") or asked
        if given["since_on"] < law.earliest(asked):
            self.add_error("since_on", f"A request of that day reaches back six years: {law.earliest(asked):%m/%d/%Y}")
        elif given["until_on"] > asked:
            self.add_error("until_on", "This is after they asked")
        elif given["since_on"] > given["until_on"]:
            self.add_error("until_on", "“To” cannot be before “From”")
        return given


class DeliveryForm(forms.Form):
    given_on = day_field("Date it was given")
    way = forms.CharField(
        label="How it was given", max_length=200, help_text="Such as “by mail to the address on file”",
        widget=forms.TextInput({"class": "w20"}),
    )

    def __init__(self, *args, accounting, **kwargs):
        super().__init__(*args, **kwargs)
        self.accounting = accounting

    def clean_given_on(self):
        given = self.cleaned_data["given_on"]
        if given > timezone.localdate():
            raise forms.ValidationError("This day has not come yet")
        if given < self.accounting.asked_on:
            raise forms.ValidationError("This is before it was asked for")
        return given


class ExtensionForm(forms.Form):
    reason = forms.CharField(
        label="Why it takes longer", max_length=500, widget=forms.Textarea({"rows": 2}),
        help_text="As you told the client in writing, with the day by which they will have it",
    )
