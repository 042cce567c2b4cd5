"""Support's only way into an instance: ask, and enter as was approved (docs/decisions/support-access.md).

Support's side of it, with Support bound; the instance's side is access/support.py, and what counts is said there.
"""

from datetime import timedelta
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from countersign.access.support import LAPSES_AFTER
from countersign.audit import record
from countersign.audit.actors import system
from countersign.console.models import AccessAsked
from countersign.identity import clicks, dispatches, entries, federation, parties, tokens
from countersign.identity.dispatches import Refused
from countersign.identity.federation import FederationError, line
from countersign.instances import binding, hosts
from countersign.instances.models import InstanceKind, InstanceState
from countersign.people.permissions import Permission

LONGEST = timedelta(days=2)  # of what an instance may say
STATES = ("approved", "refused", "ended")
CLOSED = "Only an active instance can be entered."
TWICE = "You have asked this instance already, and it has not answered yet."
ANOTHERS = "This was asked for by somebody else"
NOT_ASKED = "nothing of this was asked for"
SILENT = "The instance does not answer. Try again in a moment."


class Kept(ValidationError):
    """The person does not come in; the message is for them."""


def ask(instance, user, *, by, minutes, permissions, why):
    """Ask an instance to let this person of Support in. Raises ValidationError."""
    if instance.state != InstanceState.ACTIVE or instance.kind == InstanceKind.SUPPORT:
        raise ValidationError(CLOSED)
    recent = AccessAsked.objects.filter(asked_at__gt=timezone.now() - LAPSES_AFTER, state="")
    if recent.filter(user=user, instance_id=instance.id).exists():
        raise ValidationError(TWICE)
    with transaction.atomic():
        made = AccessAsked.objects.create(
            instance_id=instance.id, instance=instance.name, issuer=hosts.root(instance), user=user, minutes=minutes,
            permissions=sorted(permissions), why=why, asked_by=by.person,
        )
        record.write(by, "support.asked", object=made, reason=why, changes={"wants to see": made.looks_at})
        dispatches.send(made.issuer, "support.asked", {
            "id": str(made.id), "person": user.name, "sub": str(user.id), "user_id": user.user_id, "why": why,
            "minutes": minutes, "permissions": made.permissions,
        }, name=instance.name)
    return made


def decided(received):
    """An instance answers, or ends what it had approved (settings.DISPATCHES). The last word counts."""
    body = received.body
    mark = received.uuid("id", otherwise=NOT_ASKED)
    found = AccessAsked.objects.filter(id=mark, issuer=received.issuer).first()
    if found is None:
        raise Refused(NOT_ASKED)
    if found.answered_at and found.answered_at > received.written_at:
        return  # overtaken by what was said later
    state, expires_at = body.get("state"), received.moment("expires_at")
    if expires_at and expires_at - timezone.now() >= LONGEST:
        expires_at = None
    key, because = line(body.get("key"), 64), line(body.get("because"), 200)
    if state not in STATES or (state == "approved" and not (expires_at and key)):
        raise Refused("it says neither yes nor no")
    given = body.get("permissions")
    told = {
        "state": state, "key": key, "expires_at": expires_at, "because": because,
        "approved": [one for one in given if isinstance(one, str)] if isinstance(given, list) else [],
        "answered_at": received.written_at, "answered_by": received.sender.name,
    }
    AccessAsked.objects.filter(id=found.id).update(**told)
    until = f", until {expires_at:%Y-%m-%dT%H:%M:%SZ}" if state == "approved" else ""
    record.write(
        system(f"{received.sender}"), "support.answered", object=found, reason=because,
        changes={"answer": f"{state}{until}"},
    )


def why_not(user, party, billing_user):
    """settings.ENTRY_CHECKS: at Support nobody answers for anything but what was approved for them."""
    if binding.bound().kind != InstanceKind.SUPPORT:
        return ""
    found = AccessAsked.objects.filter(issuer=party.client_id, key=billing_user).exclude(key="").first()
    if found is None:
        return f"{party.name} has not approved that you come in"
    if found.user_id != user.id:
        return ANOTHERS
    if found.state != "approved":
        return f"{party.name} has ended what it had approved"
    if not found.is_live:
        return "The time that was approved is over"
    if Permission.MANAGE_INSTANCES not in user.holds(kind=InstanceKind.SUPPORT):
        return "You may not manage instances any more"
    return ""


def begin(request, asked):
    """The address at the instance to which the browser is sent, with a ticket that only this person can use.

    Speaks with the instance, so no transaction may be open. Raises Kept with what the person reads.
    """
    user, party = request.user, parties.find(asked.issuer)
    if asked.user_id != user.id:
        raise _kept(request, asked, f"{ANOTHERS}.")
    if party is None:
        raise _kept(request, asked, CLOSED)
    because = why_not(user, party, asked.key) if asked.key else f"{asked.instance} has not approved that you come in"
    if because:
        entries.refused(request.actor, user=user, party=party, billing_user=asked.key, because=because)
        raise Kept(f"{because}.")
    ticket = _ticket(request, asked)
    with transaction.atomic():
        clicks.remember(request.session, client_id=asked.issuer, billing_user=asked.key)
        record.write(request.actor, "support.used", object=asked)
    return f"{asked.issuer}/sign-in/first-part/?{urlencode({'ticket': ticket})}"


def _ticket(request, asked):
    user = request.user
    try:
        status, answer = federation.call("POST", f"{asked.issuer}/sign-in/first-part/", data={
            "purpose": "support", "id": str(asked.id), "sub": str(user.id), "person": user.name,
            "user_id": user.user_id, **tokens.assertion(audience=asked.issuer),
        })
    except FederationError:
        raise _kept(request, asked, SILENT) from None
    ticket, because = answer.get("ticket"), line(answer.get("because"), 200)
    if status == 422 and because:
        raise _kept(request, asked, f"{asked.instance} does not let you in: {because}.")
    if status != 200 or not isinstance(ticket, str) or not ticket.isascii() or not 0 < len(ticket) <= 100:
        raise _kept(request, asked, SILENT)
    return ticket


def _kept(request, asked, because):
    """Write down that somebody was kept from entering, and return what to raise."""
    record.write(request.actor, "support.kept-out", object=asked, result=record.REFUSED, reason=because)
    return Kept(because)


def of_instance(instance):
    return AccessAsked.objects.filter(instance_id=instance.id).select_related("user")


def lapsed_before():
    """What was asked before this moment, and not answered, is not waiting any more."""
    return timezone.now() - LAPSES_AFTER
