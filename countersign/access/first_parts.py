"""The first part of a sign-in from a company's key ring: server to server, for one named person, judged as if typed.

What comes of it is a ticket: a reference (as in RFC 9126) that the person's browser brings within a minute.
"""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from countersign.access import stages
from countersign.access.models import Ticket
from countersign.audit import record
from countersign.audit.actors import THIRD_PARTY, Actor
from countersign.identity import sealing
from countersign.identity.federation import FederationError, line
from countersign.instances import clock, hosts, listings
from countersign.instances.models import Instance, InstanceKind
from countersign.instances.secrets import digest
from countersign.people import names, passwords, rotation, signin

PURPOSE = "first-part ticket"
# What the company is told. Before the password was right: that it was not, whatever else is true.
WRONG, INACTIVE, FOREIGN, THROTTLED = "wrong", "inactive", "another company", "throttled"
ANOTHER = "refused"  # and why


class Refused(Exception):
    """The company is told this one word, and why when the password was right; the record says more."""

    def __init__(self, word, because=""):
        super().__init__(word)
        self.because = because


@dataclass(frozen=True)
class Asked:
    """What a company of this installation, proved by its signature, asks for one of its people."""

    company: Instance
    user_id: str
    password: str
    sub: str
    actor: Actor


def read(company, form, *, address):
    """The Asked of a form. Raises FederationError when it is not sealed for us, or names nobody."""
    issuer = hosts.root(company)
    inside = sealing.opened(form.get("sealed", "")[:4000], issuer=issuer)
    typed, password, sub = (inside.get(name) for name in ("user_id", "password", "sub"))
    person = line(form.get("person"), 200)
    if not all(map(_is_text, (typed, password, sub))) or not person:
        raise FederationError("it names nobody or no key")
    user_id = line(names.fold(typed), 64)
    actor = Actor(
        person=person, source=THIRD_PARTY, iss=issuer, sub=line(sub, 100), company=company.name, billing_user=user_id,
        user_id=line(form.get("home_user_id"), 64), address=address,
    )
    return Asked(company, user_id, password, actor.sub, actor)


def _is_text(value):
    return isinstance(value, str) and 0 < len(value) <= 200 and not any("\ud800" <= c <= "\udfff" for c in value)


def judge(asked):
    """The Billing user that is asked for, when everything is right with it. Raises Refused."""
    if signin.too_many(asked.user_id, iss=asked.actor.iss):
        record.write(asked.actor, "sign-in.throttled", object=asked.user_id, result=record.REFUSED)
        raise Refused(THROTTLED)
    user = signin.named_by(asked.user_id)
    why = signin.why_not(user, asked.password)
    if why:
        raise _refused(asked, why, INACTIVE if why == signin.INACTIVE and user.is_billing else WRONG)
    if not user.is_billing:  # the password of a person is nothing that a company may know, and it learns nothing of it
        raise _refused(asked, "not a Billing user", WRONG)
    if user.billing_company != asked.company.id:
        raise _refused(asked, "the Billing user belongs to another company", FOREIGN)
    try:
        stages.still_bound(user, asked.company.id)
    except stages.Refused as refusal:  # whatever else must hold at the door
        raise _refused(asked, str(refusal), ANOTHER, because=str(refusal)) from None
    return user


def _refused(asked, why, told, *, because=""):
    record.write(
        asked.actor, "sign-in.first-part.refused", object=asked.user_id, result=record.REFUSED,
        reason=f"{why}, {_through(asked.company)}",
    )
    return Refused(told, because)


def _through(company):
    if company.kind == InstanceKind.SUPPORT:
        return "as was approved"
    return f"through the key ring of {company.name}"


def _how(user, company):
    """The same, and with which password where there are two."""
    return ", ".join(filter(None, [_through(company), rotation.given(user)]))


def checked(asked):
    """The company put the key into its ring, or looks whether it is still good."""
    user = judge(asked)
    record.write(
        asked.actor, "sign-in.first-part.checked", object=asked.user_id, reason=_how(user, asked.company)
    )


def give(asked):
    """A ticket for the person who is named; returns the text of it, which is kept nowhere."""
    user = judge(asked)
    return ticket(user, asked.company, asked.actor, password=user.given)


def ticket(key, company, actor, *, password=""):
    """The text of a ticket with which this person, and nobody else, brings the first part for this key.

    password: the stored one that was given, which must still count when the ticket is brought.
    """
    now, text = timezone.now(), secrets.token_urlsafe(32)
    with transaction.atomic():
        Ticket.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
        Ticket.objects.create(
            digest=digest(PURPOSE, text), key=key, company_id=company.id, iss=actor.iss, sub=actor.sub,
            person=actor.person, password_id=passwords.id_of(password),
            expires_at=now + timedelta(seconds=settings.TICKET_SECONDS),
        )
        record.write(
            actor, "sign-in.first-part.accepted", object=f"{key.user_id} ({company.name})", reason=_how(key, company),
        )
    return text


def find(text):
    """The ticket of this text, used or not, or None."""
    usable = text.isascii() and 0 < len(text) <= 100
    return Ticket.objects.select_related("key").filter(digest=digest(PURPOSE, text)).first() if usable else None


def bring(request, ticket):
    """Use the ticket up and send the browser to the company's own sign-in. Raises stages.Refused."""
    now = timezone.now()
    if not Ticket.objects.filter(digest=ticket.digest, used_at=None).update(used_at=now):
        raise stages.Refused("the ticket was used before")
    if ticket.expires_at <= now or clock.set_back(ticket.given_at, now):
        raise stages.Refused("the ticket is more than a minute old, or the Billing user was changed since")
    stages.still_bound(ticket.key, ticket.company_id, password_id=ticket.password_id)
    company = Instance.objects.get(id=ticket.company_id)
    with transaction.atomic():
        response = stages.remember(
            request, ticket.key, company, sub=ticket.sub, password_id=ticket.password_id
        )
        record.write(
            Actor(person=ticket.person, source=THIRD_PARTY, iss=ticket.iss, sub=ticket.sub, company=company.name,
                  billing_user=ticket.key.user_id, address=request.address, browser=request.actor.browser),
            "sign-in.first-part.brought", object=f"{ticket.key.user_id} ({company.name})", reason=_through(company),
        )
    return response


def is_listed(company):
    return listings.is_listed(company.id)
