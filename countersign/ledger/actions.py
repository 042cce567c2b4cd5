"""Verbs on services that the client paid in full: mark, show to third parties, hide again. Each with its event."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.audit import record
from countersign.ledger.models import Opening, SelfPay


class Already(Exception):
    """Somebody else did the same before."""


@transaction.atomic
def mark(service, *, by, reason):
    """From the next request on no Billing user sees the service. Raises Already."""
    try:
        with transaction.atomic():
            SelfPay(service=service, reason=reason, marked_by=by.person).save(force_insert=True)
    except IntegrityError:
        raise Already from None
    record.write(by, "self-pay.marked", object=service, client=service.client, reason=reason)


@transaction.atomic
def show(self_pay, *, by, reason):
    """Billing users who see the client see the service. Raises Already when it is open."""
    try:
        with transaction.atomic():
            Opening.objects.create(self_pay=self_pay, reason=reason, opened_by=by.person)
    except IntegrityError:
        raise Already from None
    service = self_pay.service
    record.write(by, "self-pay.shown", object=service, client=service.client, reason=reason)


@transaction.atomic
def hide(self_pay, *, by):
    """Raises Already when it is not open."""
    found = Opening.objects.filter(self_pay=self_pay, closed_at=None)
    if not found.update(closed_at=timezone.now(), closed_by=by.person):
        raise Already
    record.write(by, "self-pay.hidden", object=self_pay.service, client=self_pay.service.client)
