"""*Enter* on the launch pad: the company gives the first part from its ring, the person's own session is the second."""

from urllib.parse import urlencode

from django.db import transaction

from countersign.audit import record
from countersign.identity import clicks, entries, parties
from countersign.keyring import asking, ring, vault
from countersign.keyring.models import Key

CLOSED = "The key ring cannot be opened at the moment. Whoever manages it must look at it."
NOT_SERVED = "Your company does not serve this practice any more."


def begin(request, key):
    """The address at the practice to which the browser is sent, with a ticket that only this person can use.

    Speaks with the practice, so no transaction may be open. Raises asking.Refused with what the person reads.
    """
    user, party = request.user, parties.find(key.issuer)
    if party is None:
        raise _kept(request, key, NOT_SERVED)
    because = entries.why_not(user, party, key.user_id)
    if because:
        entries.refused(request.actor, user=user, party=party, billing_user=key.user_id, because=because)
        raise asking.Refused(f"{because}.")
    ticket = _ticket(request, key)
    with transaction.atomic():
        clicks.remember(request.session, client_id=key.issuer, billing_user=key.user_id)
        Key.objects.filter(id=key.id).exclude(trouble="").update(trouble="")
        record.write(request.actor, "key.used", object=key)
    return f"{key.issuer}/sign-in/first-part/?{urlencode({'ticket': ticket})}"


def _ticket(request, key):
    try:
        answer = asking.ask(
            key.issuer, user_id=key.user_id, password=ring.password_of(key), person=request.user, purpose=asking.ENTER
        )
    except vault.WrongMaster as wrong:
        record.write(request.actor, "key.refused", object=key, result=record.FAILED, reason=str(wrong))
        raise asking.Refused(CLOSED) from None
    except asking.Refused as refusal:
        if refusal.code in ("wrong", "inactive", "another company", "refused"):
            ring.note_trouble(key, refusal.message, by=request.actor)
        else:
            record.write(request.actor, "key.refused", object=key, result=record.REFUSED, reason=refusal.message)
        raise
    ticket = answer.get("ticket")
    if not isinstance(ticket, str) or not ticket.isascii() or not ticket.isprintable() or len(ticket) > 100:
        raise _kept(request, key, asking.SILENT)
    return ticket


def _kept(request, key, because):
    """Write down that somebody was kept from entering, and return what to raise."""
    record.write(request.actor, "key.refused", object=key, result=record.REFUSED, reason=because)
    return asking.Refused(because)
