"""Taking a checkpoint: what this instance signs about its own record."""

import base64

from django.utils import timezone

from countersign.audit import signing, tree
from countersign.audit.models import Checkpoint


def take(occasion):
    """The newest Checkpoint of the bound instance, signed now unless nothing has happened since the last one.

    Outside of any transaction: what another transaction is about to commit could not be told. When the record is
    written to without a pause it is the last one taken. Raises tree.Unsettled when there is none.
    """
    newest = Checkpoint.objects.order_by("-id").first()
    try:
        today = tree.grow()
    except tree.Unsettled:
        if newest is None:
            raise
        return newest
    if newest is not None and newest.seq == today.until:
        return newest
    reached = signing.Reached(signing.origin(), today.size, today.root(), timezone.now().replace(microsecond=0))
    made = Checkpoint.objects.create(
        size=reached.size, seq=today.until, root=reached.root.hex(), at=reached.at, occasion=occasion,
        note=signing.sign(reached), key=signing.public_key(),
    )
    return made


def cosigned(checkpoint):
    """Its note with the lines of all who hold it."""
    return checkpoint.note + "".join(f"{kept.line}\n" for kept in checkpoint.cosignatures.all())


def base64_of(root):
    return base64.b64encode(bytes.fromhex(root)).decode()
