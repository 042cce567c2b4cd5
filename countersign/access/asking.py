"""A company asks for more, the practice answers, and what is granted ends by itself at its hour.

A grant counts in visits only (settings.VISIT_RIGHTS), always under the ceiling, and for the company that asked.
"""

import uuid
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from countersign.access.models_asking import AccessAnswer, AccessRequest, GrantEnding
from countersign.audit import record
from countersign.identity import dispatches
from countersign.instances import binding, hosts
from countersign.instances.models import Instance
from countersign.instances.prepared import Prepared
from countersign.people.models import User
from countersign.people.permissions import BILLING_CEILING, known, offered

LONGEST_HOURS = 30 * 24
DECIDED = "access.decided"
NEWEST = 50  # grants that are looked at: no more are live at once
NOT_HELD = "You cannot give what you do not hold. Ask somebody who holds it too."
ANSWERED = "It was answered already."
LONGER = "No longer than what was asked for."

_granted = Prepared(
    lambda key_id: AccessAnswer.objects.filter(key=key_id, ending=None, expires_at__isnull=False)
    .order_by("-expires_at").values_list("permission", "expires_at", "request__company_id")[:NEWEST],
    uuid.UUID(int=1),
)


def rights(visit, permissions):
    """What a visit may do at this moment (settings.VISIT_RIGHTS): what the Billing user holds, and what is granted."""
    until = visit.standing.granted_until
    if until is None or until <= timezone.now():  # hardly ever is anything granted: no query then
        return permissions
    return permissions | granted(visit.key_id, visit.company_id)


def granted(key_id, company_id, at=None):
    """The permissions that a company has been granted for a Billing user at a moment."""
    now = at or timezone.now()
    rows = _granted.rows(key_id)
    return known(permission for permission, expires_at, whose in rows if expires_at > now and whose == company_id)


def may_be_asked():
    """The permissions that a Billing user of this instance can ever hold."""
    return BILLING_CEILING & offered(binding.bound().kind)


def waiting():
    """What the practice has not answered yet, the oldest first."""
    return AccessRequest.objects.filter(answer=None, key__inactivated_at=None).select_related("key").order_by(
        "asked_at"
    )


def answer(request, *, by, grantable, hours=None, reason=""):
    """Grant it for some hours, or without any refuse it; the company is told. Raises ValidationError keyed by field.

    grantable: the permissions that `by` holds.
    """
    if hours is not None:
        if not 1 <= hours <= request.hours:
            raise ValidationError({"hours": LONGER})
        if not known([request.permission]) <= grantable & may_be_asked():
            raise ValidationError(NOT_HELD)
    elif not reason.strip():
        raise ValidationError({"reason": "Say why, in a few words."})
    with transaction.atomic():
        key = User.objects.select_for_update().get(id=request.key_id)
        if AccessAnswer.objects.filter(request=request).exists():
            raise ValidationError(ANSWERED)
        if hours is not None and not key.is_active:
            raise ValidationError("The Billing user is inactive.")
        expires_at = timezone.now() + timedelta(hours=hours) if hours else None
        made = AccessAnswer.objects.create(
            request=request, key=key, permission=request.permission, expires_at=expires_at,
            answered_by=by.person, reason=reason,
        )
        record.write(
            by, "access.granted" if hours else "access.denied", object=request, reason=reason,
            changes={"hours": [request.hours, hours], "until": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}"} if hours else {},
        )
        _tell(request, granted=bool(hours), expires_at=expires_at, because=reason)
    return made


def of_company(company_id):
    """Everything a company ever asked for, the newest first."""
    return AccessRequest.objects.filter(company_id=company_id).select_related("key", "answer")


def live_grants(company_id):
    """What a company is granted at the moment, and nobody took back."""
    return AccessAnswer.objects.filter(
        request__company_id=company_id, ending=None, expires_at__gt=timezone.now()
    ).select_related("request__key")


def take_back(request, *, by):
    """End what was granted before its time, from the next request on. Raises ValidationError when nothing is."""
    with transaction.atomic():
        User.objects.select_for_update().get(id=request.key_id)
        made = live_grants(request.company_id).filter(request=request).first()
        if made is None:
            raise ValidationError("Nothing of this is granted any more.")
        GrantEnding.objects.create(answer=made, ended_by=by.person)
        record.write(by, "access.grant.ended", object=request)
        _tell(request, granted=False, expires_at=None, because="it was taken back")


def _tell(request, *, granted, expires_at, because):
    company = Instance.objects.filter(id=request.company_id).first()
    if company is not None:
        body = {
            "id": str(request.mark), "billing_user": request.key.user_id, "permission": request.permission,
            "granted": granted, "expires_at": expires_at and expires_at.isoformat(), "because": because,
        }
        dispatches.send(hosts.root(company), DECIDED, body, name=company.name)
