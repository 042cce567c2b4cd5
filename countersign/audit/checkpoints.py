"""Taking a checkpoint: what this instance signs about its own record, and Support keeps at once.

A record proves nothing against whoever owns its database. What counts is a checkpoint that somebody else holds: Support
the newest of every instance (in the catalogue), a billing company and a practice each other's (audit/witness.py).
"""

import base64

from django.db import transaction
from django.utils import timezone

from countersign.audit import record, signing, tree
from countersign.audit.actors import system
from countersign.audit.models import Checkpoint, Cosignature, Event
from countersign.instances import binding, hosts
from countersign.instances.models import Instance, InstanceKind, LatestCheckpoint


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
    give_to_support(made, today)
    return made


def give_to_support(made, today):
    """Support keeps it in place of the one before; if it does not continue that one, both sides write it down."""
    instance = binding.bound()
    kept = LatestCheckpoint.objects.filter(instance=instance).first()
    if kept is not None and kept.size > made.size:
        # Of two taken at once the newer was given first. Then the record of this moment reaches it; a record that
        # became shorter does not.
        today = tree.grow()
        if kept.size <= today.size and today.root(kept.size).hex() == kept.root:
            return
    if kept is not None and not continues(kept, made, today):
        _contradicted(instance, kept, made)
        return
    told = {name: getattr(made, name) for name in ("size", "seq", "root", "at", "note", "key")}
    LatestCheckpoint.objects.update_or_create(instance=instance, defaults=told)
    support = Instance.objects.filter(kind=InstanceKind.SUPPORT).first()
    if support is not None and support != instance:
        at = timezone.now()
        with binding.elsewhere(), binding.bind(support):
            line, key = signing.cosign(made.note, at=at), signing.public_key(signing.COSIGNATURE)
        Cosignature.objects.create(
            checkpoint=made, holder=hosts.root(support), name=support.name, line=line, key=key, kept_at=at
        )


def continues(kept, made, today):
    """Whether the record of `made` begins with what was kept. kept: anything with size and root."""
    return kept.size <= made.size and today.root(kept.size).hex() == kept.root


def _contradicted(instance, kept, made):
    what = f"the checkpoint of {kept.size} events that Support holds"
    if Event.objects.filter(action="record.contradicted", object=what).exists():
        return  # said once; every later checkpoint contradicts it too
    said = {"changes": {"Held": kept.note, "Signed now": made.note}, "result": record.FAILED}
    with transaction.atomic():
        record.write(system(), "record.contradicted", object=what, **said)
    support = Instance.objects.filter(kind=InstanceKind.SUPPORT).first()
    if support is not None and support != instance:
        with binding.elsewhere(), binding.bind(support), transaction.atomic():
            record.write(system(), "record.contradicted", object=f"the checkpoint held of {instance}", **said)


def cosigned(checkpoint):
    """Its note with the lines of all who hold it."""
    return checkpoint.note + "".join(f"{kept.line}\n" for kept in checkpoint.cosignatures.all())


def base64_of(root):
    """A root in hex as checkpoints show it."""
    return base64.b64encode(bytes.fromhex(root)).decode()
