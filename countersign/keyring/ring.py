"""Verbs on the keys of the ring: add, replace, end; and opening one, which only the way in does."""

import uuid

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.audit import record
from countersign.identity import dispatches
from countersign.instances import hosts, revocations
from countersign.instances.models import RevocationKind
from countersign.keyring import assignments, vault
from countersign.keyring.models import Delivery, Key, MoreAsked

IN_THE_RING = "This key is in the ring already. Open it there to replace its password."


def add(practice, *, user_id, password, by, delivery=None):
    """Put a Billing user of a practice (an Instance) into the ring. Raises ValidationError when it is there already.

    delivery: the Delivery that it came by, which the event then names.
    """
    issuer = hosts.root(practice)
    kid, sealed = vault.seal(password, issuer=issuer, user_id=user_id)
    try:
        with transaction.atomic():
            key = Key.objects.create(
                issuer=issuer, practice=practice.name, user_id=user_id, kid=kid, sealed=sealed, put_by=by.person,
                added_by=by.person,
            )
            _write(by, "key.added", key, delivery, issuer=issuer)
    except IntegrityError:  # the database counts, whoever else adds it at this moment
        raise ValidationError({"user_id": IN_THE_RING}) from None
    return key


def replace(key, *, password, by, delivery=None):
    """Another password for a key of the ring; nothing stays of the one before. Raises ValidationError.

    delivery: the Delivery that it came by, which the event then names.
    """
    with transaction.atomic():
        key = Key.objects.select_for_update().get(id=key.id)
        if key.ended_at is not None:
            raise ValidationError("This key has ended. Add it again.")
        key.kid, key.sealed = vault.seal(password, issuer=key.issuer, user_id=key.user_id)
        key.put_at, key.put_by, key.trouble = timezone.now(), by.person, ""
        key.save(update_fields=["kid", "sealed", "put_at", "put_by", "trouble"])
        _write(by, "key.replaced", key, delivery)
    return key


def _write(by, action, key, delivery, **changes):
    if delivery is None:
        record.write(by, action, object=key, changes=changes)
    else:
        record.write(by, "delivery.accepted", object=delivery, changes={"key": action, **changes})


def end(key, *, by, reason):
    """Nobody enters with it any more, and its password is destroyed. Returns whether it had not ended before."""
    now = timezone.now()
    with transaction.atomic():
        ended = Key.objects.live().filter(id=key.id).update(
            ended_at=now, ended_by=by.person, ended_because=reason, kid="", sealed=b"", trouble=""
        )
        if ended:
            record.write(by, "key.ended", object=key, reason=reason)
            revocations.note(RevocationKind.RING_KEY, key.id, by=by.person)
            assignments.put_out(key, because="the company ended the key")
    return bool(ended)


def ask_for_more(key, *, permission, why, hours, by):
    """Ask the practice to let its Billing user do more, for some hours; it approves, shortens or refuses.

    by: the Actor of a person of this company, whom the practice reads by name.
    """
    with transaction.atomic():
        mark = uuid.uuid4()
        record.write(by, "key.more.asked", object=key, changes={"permission": permission, "why": why, "hours": hours})
        sent = dispatches.send(key.issuer, "access.asked", {
            "id": str(mark), "billing_user": key.user_id, "permission": permission, "why": why, "hours": hours,
            "sub": by.sub, "person": by.person, "user_id": by.user_id,
        }, name=key.practice)
        return MoreAsked.objects.create(
            mark=mark, key=key, dispatch=sent, permission=permission, why=why, hours=hours, asked_by=by.person
        )


def note_trouble(key, trouble, *, by):
    """What the practice said when it refused the key."""
    with transaction.atomic():
        Key.objects.live().filter(id=key.id).update(trouble=trouble)
        record.write(
            by, "key.refused", object=key, result=record.REFUSED, reason=trouble,
            changes={"trouble": [key.trouble, trouble]} if key.trouble != trouble else None,
        )


def password_of(key):
    """Raises vault.WrongMaster."""
    return vault.unseal(key.kid, key.sealed, issuer=key.issuer, user_id=key.user_id)


def reseal(*, by):
    """Seal every key and waiting delivery of the bound instance anew under the current master key; all or none.

    Returns how many. Raises vault.WrongMaster when one cannot be opened: then nothing was changed.
    """
    with transaction.atomic():
        new = {"kid": vault.current()}
        found = [
            *Key.objects.select_for_update().live().exclude(**new),
            *Delivery.objects.select_for_update().waiting().exclude(**new),
        ]
        for key in found:
            key.kid, key.sealed = vault.seal(password_of(key), issuer=key.issuer, user_id=key.user_id)
            key.save(update_fields=["kid", "sealed"])
        if found:
            record.write(by, "key-ring.resealed", changes={"keys": len(found), "master key": vault.current()})
    return len(found)
