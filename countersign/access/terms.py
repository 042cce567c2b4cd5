"""Verbs on the terms of third-party access: suspend and lift, extend, whether an agreement is needed, what is told."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.access import standing, telling, visits, waiting
from countersign.access.models import Requirement, Suspension, Term, WaitingRule
from countersign.audit import record
from countersign.instances import revocations
from countersign.instances.models import RevocationKind
from countersign.people import accounts, rotation
from countersign.people.models import User, UserType

LONGEST = timedelta(days=365)
ALREADY = "It is suspended already."


def suspend(company, *, by, reason, key=None):
    """*Suspend now*: the Billing user, or everything of the company, opens nothing from the next request on.

    company: its Instance. Whoever is in is out. Raises ValidationError when it is suspended already.
    """
    with transaction.atomic():
        keys = _locked(company, key)
        try:
            with transaction.atomic():
                made = Suspension.objects.create(
                    company_id=company.id, company=company.name, key=key, suspended_by=by.person, reason=reason
                )
        except IntegrityError:
            raise ValidationError(ALREADY) from None
        for one in keys:
            rotation.end(one, by=by, because="suspended")
        ended = sum(visits.shut_out(one, by=by, because=standing.why_not(one)) for one in keys)
        record.write(
            by, "access.suspended", object=record.Named(company.id, str(made)), reason=reason,
            changes={"Visits ended": ended} if ended else {},
        )
        revocations.note(RevocationKind.SUSPENDED, subject_of(made), by=by.person)
        telling.tell(*keys)
    return made


def lift(suspension, *, by, reason, grantable=None):
    """The Billing user, or the company, opens again what its terms allow. Whoever was put out signs in anew.

    grantable: what `by` holds: nobody gives back what they could not give (as accounts.reactivate). Raises
    ValidationError.
    """
    keys = User.objects.filter(type=UserType.BILLING, billing_company=suspension.company_id)
    keys = list(keys.filter(id=suspension.key_id) if suspension.key_id else keys)
    for key in keys:
        if key.is_active:
            accounts.refuse_above(key, grantable=grantable)
    with transaction.atomic():
        rows = Suspension.objects.filter(id=suspension.id, lifted_at=None)
        if not rows.update(lifted_at=timezone.now(), lifted_by=by.person, lifted_because=reason):
            raise ValidationError("It was lifted already.")
        record.write(by, "access.resumed", object=suspension, reason=reason)
        revocations.take_back(RevocationKind.SUSPENDED, subject_of(suspension))
        telling.tell(*keys)


def subject_of(suspension):
    """How a suspension is called in the catalogue (instances/revocations.py)."""
    return f"key {suspension.key_id}" if suspension.key_id else f"company {suspension.company_id}"


def set_end(key, *, last_on, by, reason, grantable=None):
    """Say until when a Billing user opens anything. Raises ValidationError keyed by field.

    grantable: what `by` holds: only who could give what it holds makes it last longer.
    """
    today = timezone.localdate()
    if last_on < today:
        raise ValidationError({"last_on": "This day is over. To end it at once, suspend or inactivate it."})
    if last_on > today + LONGEST:
        raise ValidationError({"last_on": f"At most 365 days from today: {today + LONGEST:%m/%d/%Y}."})
    with transaction.atomic():
        (key,) = _locked(None, key)
        before = standing.last_on(key)
        if before == last_on:
            raise ValidationError({"last_on": "It ends on this day already."})
        if last_on > before:
            accounts.refuse_above(key, grantable=grantable)
        Term.objects.create(key=key, last_on=last_on, set_by=by.person, reason=reason)
        record.write(
            by, "access.end.set", object=key, changes={"last_on": [f"{before}", f"{last_on}"]}, reason=reason
        )
        revocations.note(RevocationKind.TERM, key.id, by=by.person, mark=f"{last_on}")
        telling.tell(key)


def require_agreement(needed, *, by, reason):
    """Say whether a Billing user of this practice needs an agreement in force. Raises ValidationError."""
    with transaction.atomic():
        before = standing.needs_agreement()
        if before == needed:
            raise ValidationError("It is so already.")
        Requirement.objects.create(agreement=needed, set_by=by.person, reason=reason)
        record.write(by, "agreement.requirement.changed", changes={"agreement": [before, needed]}, reason=reason)
        telling.tell(*User.objects.kept().filter(type=UserType.BILLING))


def tell_of_work(company, told, *, by):
    """Say whether a company (its Instance) is told how much work waits (waiting.py). Raises ValidationError."""
    with transaction.atomic():
        keys = _locked(company, None)
        if waiting.is_told(company.id) == told:
            raise ValidationError("It is so already.")
        made = WaitingRule.objects.create(company_id=company.id, company=company.name, told=told, set_by=by.person)
        action = "access.waiting.told" if told else "access.waiting.kept"
        record.write(by, action, object=record.Named(company.id, made.company))
        telling.tell(*keys)
    return made


def _locked(company, key):
    """The Billing users concerned, locked: a visit that is just beginning comes before or after, not in between."""
    keys = User.objects.select_for_update().filter(type=UserType.BILLING).order_by("id")
    return list(keys.filter(id=key.id) if key else keys.filter(billing_company=company.id))
