"""What Support tells an instance: that one of its people asks to come in (settings.DISPATCHES)."""

import uuid

from countersign.access import approved, support
from countersign.access.models_support import SupportRequest
from countersign.audit import record
from countersign.audit.actors import SUPPORT, Actor
from countersign.identity.dispatches import Refused
from countersign.identity.federation import line
from countersign.instances.models import InstanceKind
from countersign.people.permissions import known

MOST_WAITING = 20


def asked(received):
    """Somebody of Support asks to come in. It is for the instance to answer, and gives nothing by itself."""
    body = received.body
    if received.sender.kind != InstanceKind.SUPPORT:
        raise Refused("only Support asks for this")
    name, sub, why = line(body.get("person"), 200), line(body.get("sub"), 100), line(body.get("why"), 300)
    if not name or not sub:
        raise Refused("it names nobody")
    if not why:
        raise Refused("it does not say why")
    minutes = body.get("minutes")
    if type(minutes) is not int or not support.SHORTEST <= minutes <= support.LONGEST:
        raise Refused("it does not say for how long, from 15 minutes to 24 hours")
    wanted = _wanted(body.get("permissions"))
    if support.waiting().count() >= MOST_WAITING:
        raise Refused("too much is asked for already and not answered yet")
    mark = _mark(body.get("id"))
    made = SupportRequest.objects.create(
        mark=mark, asked_by=name, user_id=line(body.get("user_id"), 64), iss=received.issuer, sub=sub, minutes=minutes,
        permissions=sorted(wanted), why=why,
    )
    who = Actor(person=name, source=SUPPORT, iss=received.issuer, sub=sub, user_id=made.user_id)
    record.write(who, "support.asked", object=made, reason=why, changes={"wants to see": made.looks_at})


def _wanted(told):
    if not isinstance(told, list) or not told or not all(isinstance(one, str) for one in told):
        raise Refused("it does not say what is to be seen")
    wanted = known(told)
    if len(wanted) != len(told) or wanted - approved.LOOKS:
        raise Refused("Support can never be let see this")
    return wanted


def _mark(text):
    try:
        mark = uuid.UUID(text)
    except (AttributeError, TypeError, ValueError):
        raise Refused("it has no name") from None
    if SupportRequest.objects.filter(mark=mark).exists():
        raise Refused("this was asked for already")
    return mark
