"""Verbs on disclosures and accountings, each with its event. Nothing is ever changed: a correction is a new row."""

from django.db import IntegrityError, transaction

from countersign.audit import record
from countersign.disclosures.models import Accounting, Delivery, Disclosure, Extension

TOLD = {
    "disclosed_on": "Date", "last_on": "Last date", "frequency": "How often", "recipient": "To whom",
    "address": "Address", "what": "What", "purpose": "Why", "basis": "Basis", "disclosed_by": "By whom",
    "suspended_until": "Not told until", "suspended_for": "Asked by", "suspended_orally": "By word of mouth",
    "in_error": "Recorded by mistake",
}


class TooLate(Exception):
    """Somebody else did the same before: corrected the row, gave the accounting or extended the time."""


def record_disclosure(client, *, by, **details):
    """Record a disclosure. details: fields of Disclosure, validated. Returns the row."""
    with transaction.atomic():
        row = Disclosure.objects.create(client=client, recorded_by=_name(by), **details)
        told = {label: value for label, value in described(row).items() if value}
        record.write(by, "disclosure.recorded", object=row, client=client, changes=told)
    return row


@transaction.atomic
def correct(old, *, by, reason, **details):
    """Put another row in the place of one that is wrong. Raises TooLate when that one was corrected already."""
    try:
        with transaction.atomic():
            row = Disclosure.objects.create(
                client=old.client, supersedes=old, correction_reason=reason, recorded_by=_name(by), **details
            )
    except IntegrityError:
        if Disclosure.objects.filter(supersedes=old).exists():
            raise TooLate from None
        raise
    before, after = described(old), described(row)
    changes = {label: [before[label], after[label]] for label in before if before[label] != after[label]}
    record.write(by, "disclosure.corrected", object=old, client=old.client, changes=changes, reason=reason)
    return row


def ask(client, *, by, asked_on, asked_by, since_on, until_on):
    """Record that an accounting was asked for. Returns the Accounting."""
    with transaction.atomic():
        asked = Accounting.objects.create(
            client=client, asked_on=asked_on, asked_by=asked_by, since_on=since_on, until_on=until_on,
            recorded_by=_name(by),
        )
        told = {"Asked by": asked_by, "From": _day(since_on), "To": _day(until_on)}
        record.write(by, "accounting.asked", object=asked, client=client, changes=told)
    return asked


@transaction.atomic
def extend(accounting, *, by, reason):
    """Take 30 days more, once. Raises TooLate."""
    try:
        with transaction.atomic():
            Extension.objects.create(accounting=accounting, reason=reason, recorded_by=_name(by))
    except IntegrityError:
        raise TooLate from None
    record.write(by, "accounting.extended", object=accounting, client=accounting.client, reason=reason)


@transaction.atomic
def give(accounting, *, by, given_on, way, lines):
    """Record that it was given, with what was in it. Raises TooLate when it was given before."""
    try:
        with transaction.atomic():
            Delivery.objects.create(
                accounting=accounting, given_on=given_on, way=way, lines=lines, recorded_by=_name(by)
            )
    except IntegrityError:
        raise TooLate from None
    told = {"Given on": _day(given_on), "How": way, "Disclosures": len(lines)}
    record.write(by, "accounting.given", object=accounting, client=accounting.client, changes=told)


def described(row):
    """The row's fields as the record keeps them: {label: text}."""
    found = {label: getattr(row, name) for name, label in TOLD.items()}
    found["Why"] = row.get_purpose_display()
    return {
        label: _day(value) if hasattr(value, "month") else "yes" if value is True else value or ""
        for label, value in found.items()
    }


def _name(by):
    return f"{by.person} of {by.company}" if by.company else by.person


def _day(day):
    return f"{day:%m/%d/%Y}"
