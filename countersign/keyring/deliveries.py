"""Keys that practices have delivered: they wait, sealed, until somebody takes them into the ring."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from countersign.audit import record
from countersign.audit.actors import system
from countersign.instances import hosts
from countersign.keyring import ring, vault
from countersign.keyring.models import Delivery, Key

TAKEN = "Somebody has dealt with this delivery already."


def keep(practice, *, user_id, password, came_at):
    """Seal what a practice (Instance) has delivered. A delivery of the same key that still waits is destroyed."""
    issuer, now, by = hosts.root(practice), timezone.now(), system(f"{practice}")
    kid, sealed = vault.seal(password, issuer=issuer, user_id=user_id)
    with transaction.atomic():
        Delivery.objects.waiting().filter(issuer=issuer, user_id=user_id).update(
            **_over(now, by, "replaced by a newer one")
        )
        made = Delivery.objects.create(
            issuer=issuer, practice=practice.name, user_id=user_id, kid=kid, sealed=sealed, came_at=min(came_at, now)
        )
        record.write(by, "delivery.came", object=made)
    return made


def accept(delivery, *, by):
    """Take it into the ring: in place of the password that is there, or as a new key. Returns the Key.

    Raises ValidationError when somebody was faster, vault.WrongMaster.
    """
    with transaction.atomic():
        if not Delivery.objects.waiting().filter(id=delivery.id).update(**_over(timezone.now(), by, "accepted")):
            raise ValidationError(TAKEN)
        password = vault.unseal(
            delivery.kid, delivery.sealed, issuer=delivery.issuer, user_id=delivery.user_id
        )
        key = Key.objects.select_for_update().live().filter(issuer=delivery.issuer, user_id=delivery.user_id).first()
        if key is None:
            practice = hosts.hosted(delivery.issuer)
            return ring.add(practice, user_id=delivery.user_id, password=password, by=by, delivery=delivery)
        return ring.replace(key, password=password, by=by, delivery=delivery)


def _over(now, by, outcome):
    """What was delivered is destroyed, whatever became of it."""
    return {"ended_at": now, "ended_by": by.person, "outcome": outcome, "kid": "", "sealed": b""}
