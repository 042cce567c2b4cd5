"""The accounting itself: what a client is told, as lines that page, paper and file have in common."""

from django.utils import timezone

from countersign.disclosures.models import Disclosure

COLUMNS = ("Date", "To whom", "Address", "What was disclosed", "Why")


def disclosures(client, *, since_on, until_on, on):
    """The disclosures of a client that an accounting of that time holds, oldest first.

    Left out: what was recorded by mistake, and what an agency asked to keep from the client until after `on`.
    """
    rows = Disclosure.objects.current().filter(
        client=client, in_error=False, disclosed_on__lte=until_on
    ).order_by("disclosed_on", "recorded_at", "id")
    return [row for row in rows if row.until_on >= since_on and not row.is_suspended(on)]


def lines(accounting):
    """[{date, recipient, address, what, why}, ...] in texts: as it was given, or as it stands today."""
    if hasattr(accounting, "delivery"):
        return accounting.delivery.lines
    found = disclosures(
        accounting.client, since_on=accounting.since_on, until_on=accounting.until_on, on=timezone.localdate()
    )
    return [line(row) for row in found]


def line(row):
    """164.528(b)(2): the date, who received it and where they are, what it was, and why."""
    return {
        "date": dates(row), "recipient": row.recipient, "address": row.address, "what": row.what,
        "why": f"{row.get_purpose_display()}: {row.basis}",
    }


def dates(row):
    """164.528(b)(3): of several, the first, how often or how many, and the last."""
    first = f"{row.disclosed_on:%m/%d/%Y}"
    if row.last_on is None:
        return first
    often = f", {row.frequency}" if row.frequency else ""
    return f"{first} to {row.last_on:%m/%d/%Y}{often}"


def cells(accounting):
    return [(one["date"], one["recipient"], one["address"], one["what"], one["why"]) for one in lines(accounting)]
