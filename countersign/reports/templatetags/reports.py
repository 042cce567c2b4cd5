"""`{% load reports %}`: an event in words."""

from django import template
from django.utils import timezone

from countersign.audit.actions import sentence
from countersign.people.permissions import rule_in_words
from countersign.reports import wording
from countersign.ui.browsers import browser

register = template.Library()
register.filter("sentence", sentence)
register.filter("escaped", wording.escaped)
register.filter("browser", browser)
register.filter("rule", rule_in_words)


@register.filter
def who(event):
    return wording.WHO.get(event.source, event.source)


@register.filter
def who_tag(event):
    """The tag's class: violet for a third party and for nobody else."""
    return {"Third party": "guest", "Support": "info", "Not known": "warn"}.get(who(event), "")


@register.filter
def result(event):
    return wording.RESULTS.get(event.result, event.result)


@register.filter
def clock(when):
    """The time of day to the second, in the current zone."""
    local = timezone.localtime(when)
    return f"{local.hour % 12 or 12}:{local:%M:%S} {'AM' if local.hour < 12 else 'PM'}"


@register.filter
def year_month(when):
    """The month in the current zone, as an address has it: "2026-11"."""
    return f"{timezone.localtime(when):%Y-%m}"


@register.filter
def span(length):
    """A timedelta in words, in its two largest units: "1 h 03 min", "2 min 05 s", "0.4 s"."""
    seconds = max(length.total_seconds(), 0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


@register.filter
def exact(when):
    """The moment for a machine, UTC."""
    return f"{when:%Y-%m-%dT%H:%M:%S.%fZ}"


@register.filter
def values(changes):
    """[(name, old, new), ...] of an event's changes; old is None throughout where only values were kept."""
    pairs = all(isinstance(kept, list) and len(kept) == 2 for kept in changes.values())
    return [
        (name, _text(kept[0]), _text(kept[1])) if pairs else (name, None, _text(kept))
        for name, kept in changes.items()
    ]


def _text(value):
    if value in (None, "", [], {}):
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
