"""Somebody leaves, or comes back: every practice they ever entered is told, and the proof of it is kept."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from countersign.identity import dispatches
from countersign.identity.models import Departure, Entry, RelyingParty


@dataclass(frozen=True)
class Told:
    """One practice and what it knows: when it took the notice, or why not yet; whether a visit may still be open.

    Without its answer no visit outlives the practice's own question: a minute, or two if this home is silent too.
    """

    name: str
    address: str
    entered_at: datetime
    taken_at: datetime | None
    fault: str
    refused: bool
    signed_out: bool


def left(user, *, by):
    """Called by `people` (settings.LEAVER_NOTICES), within the transaction that inactivates the user."""
    if user.is_billing:
        return
    departure = Departure.objects.create(user=user, left_by=by.person)
    departure.notices.set(_tell(user, "person.left"))


def returned(user, *, by):
    """Called by `people` (settings.RETURNER_NOTICES)."""
    gone = Departure.objects.filter(user=user, returned_at=None)
    if gone.update(returned_at=timezone.now(), returned_by=by.person):
        _tell(user, "person.returned")


def _tell(user, kind):
    body = {"sub": str(user.id), "person": user.name, "user_id": user.user_id}
    return [
        dispatches.send(party.client_id, kind, body, name=party.name)
        for party in RelyingParty.objects.filter(id__in=Entry.objects.filter(user=user).values("party"))
    ]


def told(departure):
    """[Told, ...], those not yet reached first: three queries, however many practices."""
    known = {one.issuer: one for one in departure.notices.all()}
    found = {}
    for entry in Entry.objects.filter(user=departure.user_id).select_related("party"):
        # A sign-in that ran out of time at the practice needs no message: see identity/notices.py.
        late = (timezone.now() - entry.entered_at).total_seconds() > settings.ABSOLUTE_SECONDS
        open_ = entry.ended_at is None or (entry.told_at is None and not late)
        latest, was_open = found.get(entry.party, (entry.entered_at, False))
        found[entry.party] = max(latest, entry.entered_at), was_open or open_
    rows = [_row(party, known.get(party.client_id), *entered) for party, entered in found.items()]
    return sorted(rows, key=lambda one: (one.taken_at is not None, one.name))


def _row(party, notice, entered_at, still_open):
    taken = notice and notice.taken_at
    return Told(
        name=party.name, address=party.client_id, entered_at=entered_at, taken_at=taken,
        fault=notice.fault if notice else "", refused=bool(notice and notice.refused_at),
        # Whoever took the notice has ended what was open (access/dispatched.py).
        signed_out=bool(taken) or not still_open,
    )
