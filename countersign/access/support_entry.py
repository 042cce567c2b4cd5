"""The first part of a visit of Support, server to server, for the person who was meant: a ticket comes of it."""

import uuid

from countersign.access import first_parts, standing
from countersign.access.models_support import SupportRequest
from countersign.audit import record
from countersign.audit.actors import THIRD_PARTY, Actor
from countersign.identity.federation import FederationError, line
from countersign.instances import hosts
from countersign.instances.models import InstanceKind


class Refused(Exception):
    """Nobody comes in; the text says which rule it is, for Support and for the record."""


def read(sender, form, *, address):
    """(mark of the request, the person as the record names them). Raises FederationError when it names nobody."""
    person, sub = line(form.get("person"), 200), line(form.get("sub"), 100)
    try:
        mark = uuid.UUID(form.get("id", ""))
    except ValueError:
        mark = None
    if not person or not sub or mark is None:
        raise FederationError("it names nobody or no request")
    actor = Actor(
        person=person, source=THIRD_PARTY, iss=hosts.root(sender), sub=sub, company=sender.name,
        user_id=line(form.get("user_id"), 64), address=address,
    )
    return mark, actor


def give(sender, mark, actor):
    """A ticket for this person, when exactly this was approved for them and is not over. Raises Refused."""
    asked = SupportRequest.objects.select_related("answer__key").filter(mark=mark, iss=actor.iss).first()
    because = _why_not(sender, asked, actor)
    if because:
        record.write(
            actor, "sign-in.first-part.refused", object=asked or "nothing that was asked", result=record.REFUSED,
            reason=because,
        )
        raise Refused(because)
    return first_parts.ticket(asked.answer.key, sender, actor)


def _why_not(sender, asked, actor):
    if sender.kind != InstanceKind.SUPPORT:
        return "only Support comes in so"
    if asked is None:
        return "nothing of this was asked for"
    if asked.sub != actor.sub:
        return "it was asked for by another person"
    answer = getattr(asked, "answer", None)
    if answer is None:
        return "it is not answered yet"
    return standing.why_not(answer.key) if answer.key else "it was refused"
