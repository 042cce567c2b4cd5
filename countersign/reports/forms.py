"""The filters over the record: a GET form whose every field may be left out."""

from datetime import date
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from countersign.audit.actions import ACTIONS
from countersign.audit.models import Event
from countersign.reports import wording
from countersign.ui.forms import DayInput

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
LARGEST_SEQ = 2**63 - 1


def day_field(label):
    words = f"Enter a day for “{label}” as MM/DD/YYYY, between 2000 and 2099."
    return forms.DateField(
        label=label, required=False, input_formats=["%m/%d/%Y", "%Y-%m-%d"], error_messages={"invalid": words},
        validators=[MinValueValidator(FIRST_DAY, words), MaxValueValidator(LAST_DAY, words)],
        widget=DayInput({"placeholder": "MM/DD/YYYY", "size": 11}),
    )


def text_field(label, *, size):
    return forms.CharField(
        label=label, required=False, max_length=100,
        widget=forms.TextInput({"type": "search", "autocomplete": "off", "size": size}),
    )


def choice_field(label, any_of_them, choices):
    return forms.ChoiceField(
        label=label, required=False, choices=[("", any_of_them), *choices],
        error_messages={"invalid_choice": f"Choose {label.lower()} from the list."},
    )


class UserAuditFilters(forms.Form):
    """Cleaned: texts ("" for any), dates or None, and `before` as the event (seq, at) or None."""

    actions = wording.USER_AUDIT

    who = choice_field("Who", "Anyone", wording.WHO.items())
    person = text_field("Person or User ID", size=14)
    company = text_field("Company", size=12)
    billing_user = text_field("Billing user", size=12)
    action = forms.ChoiceField()
    result = choice_field("Result", "Any", wording.RESULTS.items())
    text = text_field("Words", size=16)
    since = day_field("From")
    until = day_field("To")
    before = forms.IntegerField(
        required=False, min_value=1, max_value=LARGEST_SEQ, widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), "This page of the list does not exist."),
    )
    field_order = [
        "who", "person", "company", "billing_user", "action", "client", "result", "text", "since", "until", "before",
    ]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["action"] = choice_field("What happened", "Anything", wording.choices(self.actions))
        self.order_fields(self.field_order)

    def clean_before(self):
        seq = self.cleaned_data["before"]
        event = Event.objects.filter(seq=seq).only("seq", "at").first() if seq else None
        if seq and event is None:
            raise ValidationError("This page of the list does not exist.")
        return event

    def clean(self):
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", "Enter a day for “To” that is not before “From”.")
        return self.cleaned_data

    def used(self):
        """{label: what was asked for}, as the record keeps it and the page repeats it."""
        shown = {}
        for name, value in self.cleaned_data.items():
            if value and name != "before":
                field = self.fields[name]
                words = _label(field, value) if name in ("who", "action", "result") else _written(value)
                shown[field.label] = words
        return shown


class GeneralLogFilters(UserAuditFilters):
    """Also by client: text of its name or number, or the id of exactly one."""

    actions = tuple(ACTIONS)

    client = text_field("Client or number", size=14)

    def clean_client(self):
        text = self.cleaned_data["client"]
        try:
            return UUID(text)
        except ValueError:
            return text


def _label(field, value):
    return next(
        (label for key, found in field.choices for choice, label in _flat(key, found) if choice == value), value
    )


def _flat(key, found):
    return found if isinstance(found, list) else [(key, found)]


def _written(value):
    return value.strftime("%m/%d/%Y") if isinstance(value, date) else str(value)
