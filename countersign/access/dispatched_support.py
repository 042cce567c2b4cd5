"""What Support tells an instance: that one of its people asks to come in, and what becomes of a billing company
(settings.DISPATCHES)."""

from zoneinfo import ZoneInfo

from django.utils import timezone

from countersign.access import approved, support
from countersign.access.models_support import SupportRequest
from countersign.audit import record
from countersign.audit.actors import SUPPORT, SYSTEM, Actor
from countersign.identity.dispatches import Refused
from countersign.identity.federation import line
from countersign.instances import binding
from countersign.instances.models import InstanceKind, ListingState
from countersign.people.models import User, UserType
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
    mark = received.uuid("id", otherwise="it has no name")
    if SupportRequest.objects.filter(mark=mark).exists():
        raise Refused("this was asked for already")
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


BECAME = {
    ListingState.SUSPENDED: "was suspended by Support as a billing company on {day}: nobody of it can come in",
    ListingState.DELISTED: "was taken off the list of billing companies by Support on {day}: nobody of it can come in",
    ListingState.LISTED: "is listed by Support as a billing company again since {day}: its people can come in again",
}


def listing_changed(received):
    """A dated notice, where the instance has a Billing user of this company; elsewhere it concerns nobody."""
    if received.sender.kind != InstanceKind.SUPPORT:
        raise Refused("only Support says this")
    name, state = line(received.body.get("name"), 120), received.body.get("state")
    if not name or state not in BECAME:
        raise Refused("it says nothing of a company")
    company_id = received.uuid("company", otherwise="it says nothing of a company")
    keys = User.objects.active().filter(type=UserType.BILLING, billing_company=company_id).order_by("user_id")
    found = list(keys.values_list("user_id", flat=True))
    if found:
        day = f"{timezone.localdate(received.written_at, ZoneInfo(binding.bound().time_zone)):%m/%d/%Y}"
        who = Actor(person="Support", source=SYSTEM, company=name)
        words = f"{name} {BECAME[state].format(day=day)}"
        record.write(
            who, "listing.noticed", object=record.Named(company_id, words), changes={"Billing users": found}
        )
