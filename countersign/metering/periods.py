"""The period of a charge: a calendar month in the instance's own time zone, named by its first day."""

import re
import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

from django.utils import timezone

FIRST_YEAR, LAST_YEAR = 2000, 2999


def read(text):
    """The month of an address or a command, "2026-10", or None."""
    found = re.fullmatch(r"([0-9]{4})-(0[1-9]|1[0-2])", text)
    return _month(found[1], found[2]) if found else None


def typed(text):
    """The month that a person typed, "10/2026" or "1/2027", or None."""
    found = re.fullmatch(r"(0?[1-9]|1[0-2])/([0-9]{4})", text.strip())
    return _month(found[2], found[1]) if found else None


def _month(year, month):
    return date(int(year), int(month), 1) if FIRST_YEAR <= int(year) <= LAST_YEAR else None


def of(moment, zone):
    """The month in which a moment lies at a place."""
    return moment.astimezone(zoneinfo.ZoneInfo(zone)).date().replace(day=1)


def current(zone):
    return of(timezone.now(), zone)


def after(month):
    return (month + timedelta(days=31)).replace(day=1)


def before(month):
    return (month - timedelta(days=1)).replace(day=1)


def span(month, zone):
    """(first moment, first moment of the next month), in UTC: where clocks change, a month is an hour longer or
    shorter, and between two times of one zone Python would count what the clocks show."""
    place = zoneinfo.ZoneInfo(zone)
    start, end = (datetime.combine(day, time.min, tzinfo=place).astimezone(UTC) for day in (month, after(month)))
    return start, end


def is_over(month, zone):
    return span(month, zone)[1] <= timezone.now()


def day(moment, zone):
    return moment.astimezone(zoneinfo.ZoneInfo(zone)).date()
