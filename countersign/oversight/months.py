"""Calendar months in the practice's time zone, named by their first day."""

import re
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

FIRST_YEAR = "2000"


def read(text):
    """The month of an address, "2026-10", or None."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    if not found or found[1] < FIRST_YEAR:
        return None
    month = date(int(found[1]), int(found[2]), 1)
    return month if month <= current() else None


def current():
    return timezone.localdate().replace(day=1)


def of(moment):
    """The month in which a moment lies, in the current zone."""
    return timezone.localtime(moment).date().replace(day=1)


def after(month):
    return (month + timedelta(days=31)).replace(day=1)


def span(month):
    """(first moment, first moment of the next month), in UTC: between two times of one zone Python would subtract what
    the clocks show, and a month in which they change is an hour longer or shorter."""
    zone = timezone.get_current_timezone()
    start, end = (datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC) for day in (month, after(month)))
    return start, end


def is_complete(month):
    """Whether nothing of it can still come: no visit lasts longer than 12 hours into the next month."""
    return timezone.now() >= span(month)[1] + timedelta(seconds=settings.ABSOLUTE_SECONDS)
