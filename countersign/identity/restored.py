"""After a backup of a home was put in place: what it answered is void, and whom it stopped serving stays out."""

from dataclasses import dataclass

from django.utils import timezone

from countersign.audit import record
from countersign.audit.actors import system
from countersign.identity import keys
from countersign.identity.models import Code, Entry, RelyingParty, SigningKey
from countersign.instances import hosts, revocations
from countersign.instances.models import RevocationKind

BACK = "the home's system was restored from a backup"


@dataclass(frozen=True)
class Revived:
    """What would come back to life. parties: [(RelyingParty, Revocation)]; keys: [(SigningKey, Revocation)]."""

    parties: list
    keys: list

    def __bool__(self):
        return bool(self.parties or self.keys)


def revived():
    stopped, retired = revocations.standing(RevocationKind.PARTY), revocations.standing(RevocationKind.KEY)
    known = {party.client_id: party for party in RelyingParty.objects.filter(client_id__in=stopped)}
    # A practice that the backup does not know would be let in as a new one.
    parties = [known.get(client_id) or _unknown(client_id) for client_id in stopped]
    current = SigningKey.objects.filter(kid__in=retired, retired_at=None)
    return Revived(
        [(party, stopped[party.client_id]) for party in parties if party.ended_at is None],
        [(key, retired[key.kid]) for key in current],
    )


def _unknown(client_id):
    practice = hosts.hosted(client_id)
    return RelyingParty(
        client_id=client_id, name=practice.name if practice else client_id[:120], registered_by=system().person
    )


def shut_out(found):
    """Stop serving, and sign with a new key; one event for each."""
    for party, stopped in found.parties:
        party.ended_at, party.ended_by = stopped.revoked_at, stopped.revoked_by
        party.save()
        record.write(system(), "identity.party.ended", object=party, reason="stopped after the backup")
    for key, retired in found.keys:
        # At its own time: what was not published any more is not published again.
        key.retired_at, key.retired_by = retired.revoked_at, retired.revoked_by
        key.save(update_fields=["retired_at", "retired_by"])
    if found.keys:
        keys.rotate(by=system())


def end_open():
    """Codes and sign-ins at practices are over; the practices hear of it from their own poll. {what: how many}"""
    now = timezone.now()
    return {
        "codes": Code.objects.filter(used_at=None, expires_at__gt=now).update(expires_at=now),
        "sign-ins at practices": Entry.objects.filter(ended_at=None).update(ended_at=now, ended_because=BACK),
    }
