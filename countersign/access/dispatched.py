"""What a billing company tells the practice, and the practice the company (settings.DISPATCHES)."""

from countersign.access import asking, support, visits
from countersign.access.models import Visit
from countersign.access.models_asking import AccessRequest
from countersign.audit import record
from countersign.audit.actors import THIRD_PARTY, Actor, system
from countersign.identity.dispatches import Refused
from countersign.identity.federation import line
from countersign.instances import binding, hosts
from countersign.people.models import User, UserType


def entry_refused(received):
    """The company kept one of its own people from entering: who, with which key and why."""
    person = _person(received)
    because = line(received.body.get("because"), 200)
    record.write(person, "entry.refused", object=person.billing_user, result=record.REFUSED, reason=because)


def person_left(received):
    """Somebody left the company: whatever of theirs is still open here ends, and the notice is on the record.

    45 CFR 164.308(a)(3)(ii)(C), and the day within which the other side is to be told (90 FR 898, proposed).
    """
    person = _person(received)
    home = system(f"{received.sender.name} (home)")
    for visit in Visit.objects.in_time().filter(iss=received.issuer, sub=person.sub):
        visits.end(visit, by=home, reason="ended at home: the user was inactivated")
    support.person_left(iss=received.issuer, sub=person.sub, by=home)
    record.write(home, "person.left", object=_named(person), changes=_moment("Left at", received))


def person_returned(received):
    person = _person(received)
    record.write(
        system(f"{received.sender.name} (home)"), "person.returned", object=_named(person),
        changes=_moment("Returned at", received),
    )


def _named(person):
    return f"{person.person} ({person.user_id})" if person.user_id else person.person


def _moment(label, received):
    return {label: f"{received.written_at:%Y-%m-%dT%H:%M:%SZ}"}


def visit_shut(received):
    """At the company: a practice put one of its people out, because the Billing user opens nothing any more."""
    person = User.objects.filter(id=received.uuid("sub", otherwise="it names nobody")).first()
    if person is None:
        raise Refused("it names nobody")
    because = line(received.body.get("because"), 200)
    key = line(received.body.get("billing_user"), 64)
    who = Actor(person=person.name, iss=hosts.root(binding.bound()), sub=str(person.id), user_id=person.user_id)
    record.write(
        who, "entry.shut", object=f"{received.sender.name} ({key})", result=record.REFUSED, reason=because
    )


def _person(received):
    """Whom a dispatch is about, as the record names somebody of that company. Raises Refused when it names nobody."""
    name, sub = line(received.body.get("person"), 200), line(received.body.get("sub"), 100)
    if not name or not sub:
        raise Refused("it names nobody")
    return Actor(
        person=name, source=THIRD_PARTY, iss=received.issuer, sub=sub, user_id=line(received.body.get("user_id"), 64),
        company=received.sender.name, billing_user=line(received.body.get("billing_user"), 64),
    )


def access_asked(received):
    """Somebody of the company asks that a Billing user may do more for some hours. It is for the practice to answer."""
    body, person = received.body, _person(received)
    key = User.objects.filter(
        type=UserType.BILLING, user_id=person.billing_user, billing_company=received.sender.id, inactivated_at=None
    ).first()
    if key is None:
        raise Refused("no such Billing user is active here")
    permission, why, hours = str(body.get("permission", "")), line(body.get("why"), 300), body.get("hours")
    if permission not in asking.may_be_asked():
        raise Refused("no Billing user can be given this permission here")
    if permission in key.holds(kind=binding.bound().kind) | asking.granted(key.id, key.billing_company):
        raise Refused("the Billing user holds this permission already")
    if not why:
        raise Refused("it does not say why")
    if type(hours) is not int or not 1 <= hours <= asking.LONGEST_HOURS:
        raise Refused("it does not say for how many hours, from 1 to 720")
    if asking.waiting().filter(key=key, permission=permission).exists():
        raise Refused("this was asked for already and is not answered yet")
    mark = received.uuid("id", otherwise="it names nobody")
    if AccessRequest.objects.filter(company_id=received.sender.id, mark=mark).exists():
        raise Refused("this was asked for already")
    made = AccessRequest.objects.create(
        mark=mark, key=key, company_id=received.sender.id, company=received.sender.name, permission=permission,
        hours=hours, why=why, asked_by=person.person, sub=person.sub,
    )
    record.write(person, "access.asked", object=made, reason=why)
