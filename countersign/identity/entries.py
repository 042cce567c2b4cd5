"""The sign-ins this home has given to practices: beginning, ending, and whether one still stands."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.audit import record
from countersign.audit.actors import Actor
from countersign.identity import dispatches, federation, notices
from countersign.identity.models import Entry
from countersign.instances import binding, hosts


def key_named(parameters):
    """The Billing user that a practice says was given to it, as a User ID; "" when it says nothing usable."""
    return federation.line(parameters.get("billing_user", ""), 64)


def why_not(user, party, billing_user):
    """Why this person may not enter the practice with this key at this moment, or "" when they may.

    The rooms above say so (settings.ENTRY_CHECKS): asked before the answer, at the code, and as long as they are in.
    """
    for path in settings.ENTRY_CHECKS:
        because = import_string(path)(user, party, billing_user)
        if because:
            return because
    return ""


def why_not_typed(user, party, billing_user):
    """Why this person must not come by typing the key's password at the practice, or "" (settings.TYPED_CHECKS)."""
    for path in settings.TYPED_CHECKS:
        because = import_string(path)(user, party, billing_user)
        if because:
            return because
    return ""


def claims(user):
    """What the rooms above let a practice know of this person (settings.ENTRY_CLAIMS): {claim: text}, none empty."""
    told = {claim: import_string(path)(user) for claim, path in settings.ENTRY_CLAIMS.items()}
    return {claim: text for claim, text in told.items() if text}


def refused(actor, *, user, party, billing_user, because):
    """Somebody of this home was kept from entering: on this record, and on the practice's."""
    with transaction.atomic():
        record.write(actor, "identity.refused", object=str(party), result=record.REFUSED, reason=because)
        dispatches.send(party.client_id, "entry.refused", {
            "sub": str(user.id), "person": user.name, "user_id": user.user_id, "billing_user": billing_user,
            "because": because,
        }, name=party.name)


def begin(code):
    """Write down that the person of this code enters the practice; returns the Entry."""
    entry = Entry.objects.create(party=code.party, user=code.user, billing_user=code.billing_user)
    record.write(person(code.user, code), "identity.entered", object=code.party)
    return entry


def person(user, where):
    """The actor for somebody of this home who acts at a practice; where: the code, which says from where."""
    return Actor(
        person=user.name, iss=hosts.root(binding.bound()), sub=str(user.id), user_id=user.user_id,
        factors=where.factors, address=where.address, browser=where.browser,
    )


def end(entries, *, because):
    """End these entries (a queryset) and tell the practices, once the change is committed."""
    if entries.update(ended_at=timezone.now(), ended_because=because):
        notices.send_soon()


def signed_out(user, *, because):
    """Called by `people` (settings.SIGN_OUT_NOTICES) when somebody's sessions end for good."""
    if not user.is_billing:
        end(Entry.objects.filter(user=user, ended_at=None), because=because)


def replayed(code):
    """A code came a second time: whoever came first may be a thief, so nobody stays in (RFC 6749 section 4.1.2)."""
    with transaction.atomic():
        record.write(
            person(code.user, code), "identity.code.replayed", object=code.party, result=record.REFUSED,
            reason="the code was used before; what it opened was ended",
        )
        end(Entry.objects.filter(id=code.entry_id, ended_at=None), because="the code was presented twice")


def standing(party, sid):
    """(whether the entry stands, why not): asked by the practice when it has heard nothing for a minute."""
    try:
        entry = Entry.objects.select_related("user").filter(id=sid, party=party).first()
    except ValidationError:  # no UUID
        entry = None
    if entry is None:
        return False, "unknown at the home"
    if entry.ended_at is not None:
        return False, entry.ended_because
    if not entry.user.is_active:
        return False, "the user was inactivated"
    because = why_not(entry.user, party, entry.billing_user)
    if because:
        end(Entry.objects.filter(id=entry.id, ended_at=None), because=because)
        return False, because
    return True, ""
