"""Forms about the end of a relation."""

from django import forms

from countersign.access.forms import SHORT, TermsForm, day_field
from countersign.access.models_winding import How
from countersign.people.forms_user import visible


class WindingForm(TermsForm):
    services_until_on = day_field("Last day of service", "MM/DD/YYYY. The company sees no service after this day")
    workable_until_on = day_field("Last day of work", "MM/DD/YYYY. After it, nobody of the company comes in")
    reason = forms.CharField(label="Why", widget=forms.TextInput({"class": "w20"}), **SHORT)


class CertificateForm(TermsForm):
    how = forms.ChoiceField(label="What became of the data", choices=How.choices, widget=forms.RadioSelect)
    what = forms.CharField(
        label="Which data", max_length=2000, widget=forms.Textarea({"rows": 3}),
        help_text="Such as “claims and remittances of 2024 to 2026, backups included”",
    )
    certified_by = forms.CharField(
        label="Certified by", max_length=200, validators=[visible], help_text="Name and office of whoever signed it",
        widget=forms.TextInput({"class": "w20"}),
    )
    certified_on = day_field("Certified on")
