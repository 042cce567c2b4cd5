"""Why somebody is charged for, what a month is called, and from when a user costs: for people to read."""

from django.db.models import Q

from countersign.instances import binding
from countersign.instances.models import InstanceKind
from countersign.metering import periods, plans
from countersign.people.models import CHARGED, UserType

SHOWN = 4  # steps of one person in one month; somebody who goes in and out more often is charged for all the same
OF_AN_INSTANCE = {"active": "reopened", "suspended": "suspended", "archived": "archived"}


def month(day):
    return f"{day:%m/%Y}"


def day(when):
    return f"{when:%m/%d/%Y}"


def signed_in(when):
    return f"Signed in on {day(when)}"


def changes(steps, zone, *, running):
    """steps: [(what, type, when), ...] of one person in one month, in order."""
    if not steps:
        return "Active since before the month" if running else "Active all month"
    said = []
    for what, type, when in steps[:SHOWN]:
        into = f" to {UserType(type).label}" if what in ("raised", "lowered") else ""
        said.append(f"{what}{into} on {day(periods.day(when, zone))}")
    more = len(steps) - SHOWN
    text = "; ".join(said) + (f"; and {more} more" if more > 0 else "")
    return text[:1].upper() + text[1:]


def closed(changes, month, zone):
    """When the instance itself was closed and reopened within a month: its history, oldest first, as one sentence."""
    start, end = periods.span(month, zone)
    said = [
        f"{OF_AN_INSTANCE[one.state]} on {day(periods.day(one.changed_at, zone))}"
        for one in changes[1:] if start <= one.changed_at < end
    ]
    more = len(said) - SHOWN
    text = ", ".join(said[:SHOWN]) + (f", and {more} more" if more > 0 else "")
    return f"The account was {text}." if said else ""


def from_when(user):
    """What it means to be charged for from now on, for User Details (settings.CHARGED_FROM). "" where nobody is."""
    here = binding.bound()
    if here.kind == InstanceKind.SUPPORT:
        return ""
    first = periods.current(here.time_zone)
    if not user.is_active:
        return "Inactive users are not charged for: raised, it costs from the month in which they are active again."
    start, _ = periods.span(first, here.time_zone)
    earlier = user.active_times.filter(type__in=CHARGED).filter(Q(ended_at=None) | Q(ended_at__gt=start))
    if earlier.exists():
        return f"They were charged for in {month(first)} already, so this month costs nothing more."
    plan = plans.of(here.id, first)
    price = f", at {plan.price:,.2f} a month" if plan else ""
    return f"Raised now, a user is charged for from {month(first)} on: that month in full{price}."
