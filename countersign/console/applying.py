"""A billing company applies to be listed: its own side, with it bound, and Support's. Support answers by a step of the
listing (actions.change_listing), which stands on both records."""

from django.core.exceptions import ValidationError
from django.db import transaction

from countersign.audit import record
from countersign.audit.actors import THIRD_PARTY, Actor
from countersign.console import catalogue
from countersign.identity import dispatches
from countersign.identity.dispatches import Refused
from countersign.identity.federation import line
from countersign.identity.models import Dispatch
from countersign.instances import binding, hosts, listings
from countersign.instances.models import Instance, InstanceKind, ListingState

KIND = "listing.applied"
ON_ITS_WAY = "An application is on its way to Support already."
LONGEST = 300  # letters, of what a company says of itself
CONTACT = 120


def may_apply(instance):
    """Whether an application is the next step of this instance."""
    return ListingState.APPLIED in dict(catalogue.listing_steps(instance))


def is_on_its_way():
    """Whether Support has not taken yet what was sent."""
    return Dispatch.objects.waiting().filter(kind=KIND).exists()


def apply(*, by, statement, contact):
    """Send Support the application of the bound instance. Raises ValidationError when there is nothing to apply for."""
    here, support = binding.bound(), Instance.objects.filter(kind=InstanceKind.SUPPORT).first()
    if support is None or not may_apply(here):
        raise ValidationError("There is nothing to apply for at the moment.")
    if is_on_its_way():
        raise ValidationError(ON_ITS_WAY)
    with transaction.atomic():
        record.write(by, "listing.applied", object=here, reason=statement, changes={"contact": contact})
        dispatches.send(hosts.root(support), KIND, {
            "person": by.person, "sub": by.sub, "user_id": by.user_id, "statement": statement, "contact": contact,
        }, name=support.name)


def applied(received):
    """At Support (settings.DISPATCHES): the listing stands as applied for, and its people are told to look."""
    if binding.bound().kind != InstanceKind.SUPPORT:
        raise Refused("only Support lists billing companies")
    body, company = received.body, received.sender
    statement, contact = line(body.get("statement"), LONGEST), line(body.get("contact"), CONTACT)
    who, sub = line(body.get("person"), 200), line(body.get("sub"), 100)
    if not (statement and contact and who and sub):
        raise Refused("it does not say who applies, with what")
    actor = Actor(
        person=who, source=THIRD_PARTY, iss=received.issuer, sub=sub, user_id=line(body.get("user_id"), 64),
        company=company.name,
    )
    try:
        with transaction.atomic(using="control"):
            listings.change(
                company, state=ListingState.APPLIED, by=f"{who}, {company.name}"[:200],
                reason=f"{statement} (contact: {contact})",
            )
            record.write(actor, "listing.applied", object=company, reason=statement, changes={"contact": contact})
    except ValidationError as error:
        raise Refused(error.messages[0]) from None
