"""A price plan, as Support types it."""

from decimal import Decimal

from django import forms
from django.core.exceptions import ValidationError

from countersign.instances.models import Instance
from countersign.metering import periods, words
from countersign.metering.models import PRICE
from countersign.people.forms_user import visible

MONTH = "Enter a month like 01/2027."
AMOUNT = "Enter an amount up to 999,999.99, with two decimals at most."
YEARS_AHEAD = 5


class MonthField(forms.Field):
    """A month typed as MM/YYYY; its value is the first day of it."""

    def __init__(self, **more):
        super().__init__(widget=forms.TextInput({"class": "w10", "autocomplete": "off", "maxlength": 7}), **more)

    def to_python(self, value):
        month = periods.typed(value or "")
        if value and month is None:
            raise ValidationError(MONTH)
        return month


class PlanForm(forms.Form):
    name = forms.CharField(label="Name", max_length=80, validators=[visible], help_text="As statements call it")
    price = forms.DecimalField(
        label="Price per user and month", min_value=Decimal(0), **PRICE,
        help_text="In US dollars, with two decimals, such as 39.00. 0 charges nothing.",
        widget=forms.TextInput({"class": "w10", "inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "min_value": "A price cannot be negative.", "invalid": "Enter an amount like 39.00.",
            "max_digits": AMOUNT, "max_whole_digits": AMOUNT, "max_decimal_places": AMOUNT,
        },
    )
    from_on = MonthField(
        label="From month", help_text="The first month it counts for, such as 01/2027",
        error_messages={"required": "Enter the first month, like 01/2027."},
    )
    instance = forms.CharField(
        label="Instance (optional)", required=False, max_length=41,
        help_text="Its address, the first part of the host name. Left empty, it counts for every instance without a "
        "plan of its own.",
        widget=forms.TextInput({"class": "w20 mono", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_from_on(self):
        month = self.cleaned_data["from_on"]
        last = periods.current("UTC").replace(year=periods.current("UTC").year + YEARS_AHEAD)
        if month > last:
            raise ValidationError(f"This is far in the future. Choose {words.month(last)} or earlier.")
        return month

    def clean_instance(self):
        slug = self.cleaned_data["instance"].strip().lower()
        if not slug:
            return None
        found = Instance.objects.filter(slug=slug).first()
        if found is None:
            raise ValidationError("There is no instance with this address.")
        return found
