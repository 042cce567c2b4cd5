"""`{% load ui %}`: icons, the written form of money and time, and the inputs of `ui/_field.html`."""

from datetime import date, datetime

from django import template
from django.forms import Field
from django.forms.boundfield import BoundWidget
from django.forms.widgets import ChoiceWidget, Select
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html

from countersign.ui.browsers import browser

register = template.Library()
register.filter("browser", browser)

NOTHING = "\N{EN DASH}"
BARE = {"checkbox", "radio", "file", "hidden", "range"}  # inputs that are not boxes to write in


@register.simple_tag
def icon(name):
    """An icon of the sprite, hidden from screen readers: the words beside it carry the meaning."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"/></svg>', static("ui/icons.svg"), name)


@register.filter
def money(amount):
    """Decimal("1234.5") -> "1,234.50"; None -> an en dash."""
    return NOTHING if amount in (None, "") else f"{amount:,.2f}"


@register.filter
def day(when):
    """A date, or the day of a moment in the current zone, as MM/DD/YYYY."""
    return _written(when, lambda local: f"{local:%m/%d/%Y}")


@register.filter
def moment(when):
    """An aware datetime as MM/DD/YYYY h:mm AM in the current zone."""
    return _written(when, lambda local: f"{local:%m/%d/%Y} {clock(local)}")


def clock(local):
    """The time of day as h:mm AM. Django's own date format would take ten times as long, 500 times on a page."""
    return f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'}"


def _written(when, write):
    if when in (None, ""):
        return NOTHING
    if isinstance(when, datetime) and timezone.is_aware(when):
        when = timezone.localtime(when)
    return write(when) if isinstance(when, date) else when


@register.filter
def control(field):
    """The bound field's widget, drawn as one of our inputs; a width (`w4`, `w10`, `w20`) comes from its own class."""
    widget = field.field.widget
    if getattr(widget, "input_type", "") in BARE or getattr(widget, "widgets", None):
        return field.as_widget()
    own = widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"input {own}".strip()})


@register.filter
def choice_groups(field):
    """[(heading or None, [choice, ...]), ...] of a checkbox or radio group; empty for every other widget.

    A choice is a `BoundWidget` whose `.hint` is that of `ui.forms.Choice`; its input is described by it.
    """
    widget = field.field.widget
    if not isinstance(widget, ChoiceWidget) or isinstance(widget, Select):
        return []
    attrs = field.build_widget_attrs({"id": widget.attrs.get("id") or field.auto_id})
    groups = widget.optgroups(field.html_name, widget.format_value(field.value()), attrs)
    return [(heading, [_choice(field, option) for option in options]) for heading, options, _ in groups]


@register.filter
def said(field):
    """What is wrong with a bound field, in words that name it: in a summary, "This field is required." says nothing."""
    errors = field.errors.as_data() if field.errors else []
    required = str(Field.default_error_messages["required"])
    return [
        _missing(field) if error.code == "required" and message == required else message
        for error in errors
        for message in error.messages
    ]


def _missing(field):
    label = str(field.label)
    name = label if label[1:2].isupper() else label[:1].lower() + label[1:]
    widget = field.field.widget
    if getattr(widget, "input_type", "") == "checkbox" and not field.use_fieldset:
        return f"Tick \N{LEFT DOUBLE QUOTATION MARK}{label}\N{RIGHT DOUBLE QUOTATION MARK}"
    return f"Choose {name}" if isinstance(widget, ChoiceWidget) else f"Enter {name}"


def _choice(field, option):
    choice = BoundWidget(field.field.widget, option, field.form.renderer)
    choice.hint = getattr(option["label"], "hint", "")
    if choice.hint:
        option["attrs"]["aria-describedby"] = f"{option['attrs']['id']}_hint"
    return choice
