"""Verbs on Support's access: answer what was asked, end what was approved, and let the person in who was meant.

An approval is for one person and one request. It ends by itself at its time, and can be ended at once; it never comes
back, and nothing makes it last longer or show more: who needs that asks again (docs/decisions/support-access.md).
"""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.access import approved, visits
from countersign.access.models_support import SupportAnswer, SupportEnding, SupportRequest
from countersign.audit import record
from countersign.audit.actors import system
from countersign.identity import dispatches
from countersign.instances import hosts
from countersign.people.models import FOR_SUPPORT, NO_PASSWORD, User, UserType
from countersign.people.permissions import known

SHORTEST, LONGEST = 15, 24 * 60  # minutes
LAPSES_AFTER = timedelta(hours=72)
DECIDED = "support.decided"
ANSWERED = "It was answered already."
LAPSED = "It was asked more than 72 hours ago. If they still need it, they ask again."
NOT_HELD = "You cannot let anybody see what you may not see yourself. Untick it, or ask somebody who may."
LONGER = "No longer than what was asked for, and 15 minutes at least."
NO_MORE = "No more than what was asked for."
NOT_LIVE = "Nothing of this is approved any more."
RESTORED = "the practice's system was restored from a backup"


def waiting():
    """What is not answered yet and has not lapsed, the oldest first."""
    return SupportRequest.objects.filter(answer=None, asked_at__gt=timezone.now() - LAPSES_AFTER).order_by("asked_at")


def live():
    """What is approved, and neither ended nor over."""
    return SupportAnswer.objects.filter(key__isnull=False, ending=None, expires_at__gt=timezone.now())


def has_lapsed(request):
    return request.asked_at <= timezone.now() - LAPSES_AFTER


def approve(request, *, by, grantable, minutes, permissions, reason=""):
    """Let this one person in, once, for so long and to see no more than this. Raises ValidationError keyed by field.

    grantable: the permissions that `by` holds.
    """
    wanted = known(permissions)
    if not SHORTEST <= minutes <= request.minutes:
        raise ValidationError({"minutes": LONGER})
    if not wanted:
        raise ValidationError({"permissions": "Tick what they may see, or refuse."})
    if wanted - known(request.permissions) & approved.LOOKS:
        raise ValidationError({"permissions": NO_MORE})
    if wanted - grantable:
        raise ValidationError({"permissions": NOT_HELD})
    expires_at = timezone.now() + timedelta(minutes=minutes)
    return _answer(request, by=by, permissions=sorted(wanted), expires_at=expires_at, reason=reason)


def refuse(request, *, by, reason):
    """Raises ValidationError keyed by field."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why, in a few words."})
    return _answer(request, by=by, permissions=[], expires_at=None, reason=reason)


def _answer(request, *, by, permissions, expires_at, reason):
    if has_lapsed(request):
        raise ValidationError(LAPSED)
    try:
        with transaction.atomic():
            key = _key(request, permissions, by) if expires_at else None
            made = SupportAnswer.objects.create(
                request=request, key=key, permissions=permissions, expires_at=expires_at, answered_by=by.person,
                reason=reason,
            )
            changes = {"until": moment(expires_at), "may see": made.looks_at} if expires_at else {}
            record.write(
                by, "support.approved" if expires_at else "support.denied", object=request, reason=reason,
                changes=changes,
            )
            _tell(request, "approved" if expires_at else "refused", made, because=reason)
    except IntegrityError:  # somebody else answered it meanwhile
        raise ValidationError(ANSWERED) from None
    return made


def _key(request, permissions, by):
    """What stands behind the visit: no password, and no group; of no use when the approval is over."""
    key = User(
        user_id=f"{FOR_SUPPORT}{request.mark.hex[:12]}", name=f"Support: {request.asked_by}"[:120],
        type=UserType.BILLING, password=NO_PASSWORD, permissions=permissions, created_by=by.person,
        billing_company=hosts.hosted(request.iss).id,
    )
    key.save(force_insert=True)
    return key


def end(request, *, by, reason):
    """*End it now*: whoever is in is out. Raises ValidationError when nothing is approved, or not any more."""
    with transaction.atomic():
        answer = live().filter(request=request).first()
        if answer is None:
            raise ValidationError(NOT_LIVE)
        key = User.objects.select_for_update().get(id=answer.key_id)
        if SupportEnding.objects.filter(answer=answer).exists():  # by somebody else, while we waited
            raise ValidationError(NOT_LIVE)
        _end(answer, key, by=by, reason=reason)
        _tell(request, "ended", answer, because=reason)


def _end(answer, key, *, by, reason, action="support.ended"):
    SupportEnding.objects.create(answer=answer, ended_by=by.person, reason=reason)
    User.objects.filter(id=key.id, inactivated_at=None).update(
        inactivated_at=timezone.now(), inactivated_by=by.person
    )
    visits.shut_out(key, by=by, because=f"the approval is over: {reason}")
    record.write(by, action, object=answer.request, reason=reason)


def person_left(*, iss, sub, by):
    """Called when a home says that somebody left: what was approved for them is over."""
    for answer in live().filter(request__iss=iss, request__sub=sub).select_related("request"):
        end(answer.request, by=by, reason="the person left Support")


def close_over():
    """Write down what ran out of time, once (settings.DAILY); it opened nothing since."""
    over = SupportAnswer.objects.filter(key__isnull=False, ending=None, expires_at__lte=timezone.now())
    for answer in over.select_related("request"):
        with transaction.atomic():
            key = User.objects.select_for_update().get(id=answer.key_id)
            if not SupportEnding.objects.filter(answer=answer).exists():
                _end(answer, key, by=system(), reason="its time is over", action="support.over")


def after_restore():
    """Nothing that was approved comes back to life, and nothing that was asked is waiting. Returns {what: [which]}."""
    done = []
    for answer in SupportAnswer.objects.filter(key__isnull=False, ending=None).select_related("request"):
        key = User.objects.select_for_update().get(id=answer.key_id)
        _end(answer, key, by=system(), reason=RESTORED)
        done.append(str(answer.request))
    for request in SupportRequest.objects.filter(answer=None):
        SupportAnswer.objects.create(request=request, answered_by=system().person, reason=RESTORED)
        record.write(system(), "support.denied", object=request, reason=RESTORED)
        done.append(str(request))
    return {"Support's access ended": done}


def _tell(request, state, answer, *, because):
    body = {
        "id": str(request.mark), "state": state, "because": because, "key": answer.key.user_id if answer.key else "",
        "permissions": answer.permissions, "expires_at": answer.expires_at and answer.expires_at.isoformat(),
    }
    dispatches.send(request.iss, DECIDED, body, name="Support")


def moment(at):
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
