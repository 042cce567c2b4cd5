"""What is asked about a client."""

from django import forms
from django.utils import timezone

from countersign.clients.models import Client, ClientStatus
from countersign.ui.forms import DayInput

DAYS = ["%m/%d/%Y", "%Y-%m-%d"]
EARLIEST_YEAR = 1900


def day(label, **options):
    return forms.DateField(label=label, widget=DayInput(), input_formats=DAYS, **options)


class ClientForm(forms.ModelForm):
    """A new client is active; `EditForm` can also discharge."""

    born_on = day("Date of birth", help_text="MM/DD/YYYY")
    started_on = day("Started on", help_text="The day of the first session, MM/DD/YYYY")
    groups = (
        ("Client", ("first_name", "last_name", "born_on", "sex")),
        ("Address and contact", ("street", "town", "state", "postal_code", "phone", "email")),
        ("Care", ("started_on", "clinician")),
    )

    class Meta:
        model = Client
        fields = (
            "first_name", "last_name", "born_on", "sex", "street", "town", "state", "postal_code", "phone", "email",
            "started_on", "clinician",
        )
        widgets = {
            "state": forms.TextInput({"class": "w4", "autocomplete": "off"}),
            "postal_code": forms.TextInput({"class": "w10", "autocomplete": "off"}),
            "phone": forms.TextInput({"class": "w10", "type": "tel", "autocomplete": "off"}),
            **{
                name: forms.TextInput({"class": "w20", "autocomplete": "off"})
                for name in ("first_name", "last_name", "town")
            },
        }

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
        return {name: self.cleaned_data[name] for name in self._meta.fields}

    def fieldsets(self):
        return [(heading, [self[name] for name in names]) for heading, names in self.groups]


class EditForm(ClientForm):
    """version: of the client when the page was opened, so that a second tab is noticed."""

    discharged_on = day("Discharged on (optional)", required=False, help_text="For a discharged client, MM/DD/YYYY")
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    groups = (
        *ClientForm.groups[:2],
        ("Care", ("started_on", "clinician", "status", "discharged_on")),
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
            f"{self.fields[name].label.removesuffix(' (optional)')}: {getattr(current, name) or 'empty'}"
            for name, value in self.typed().items()
            if getattr(current, name) != value
        ]
        self.add_error(
            None,
            "Somebody else changed this client while you had the page open. "
            + (f"On record now, and different from what you typed: {'; '.join(theirs)}. " if theirs else "")
            + "If you save again, what you typed replaces it.",
        )
        self.data = {**self.data.dict(), "version": str(current.version)}
