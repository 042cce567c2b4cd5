"""What a billing company tells the practice (settings.DISPATCHES)."""

from countersign.audit import record
from countersign.audit.actors import THIRD_PARTY, Actor
from countersign.identity.dispatches import Refused
from countersign.identity.federation import line


def entry_refused(received):
    """The company kept one of its own people from entering: who, with which key and why."""
    person = _person(received)
    because = line(received.body.get("because"), 200)
    record.write(person, "entry.refused", object=person.billing_user, result=record.REFUSED, reason=because)


def _person(received):
    """Whom a dispatch is about, as the record names somebody of that company. Raises Refused when it names nobody."""
    name, sub = line(received.body.get("person"), 200), line(received.body.get("sub"), 100)
    if not name or not sub:
        raise Refused("it names nobody")
    return Actor(
        person=name, source=THIRD_PARTY, iss=received.issuer, sub=sub, user_id=line(received.body.get("user_id"), 64),
        company=received.sender.name, billing_user=line(received.body.get("billing_user"), 64),
    )
