"""Holding other instances' checkpoints, so that none of them can quietly change its record.

Whoever brings a checkpoint proves that it continues the one held before (RFC 9162 2.1.4); then it is kept and cosigned.
One that does not is kept too, as evidence, and stands on our own record.
"""

from django.db import connections, transaction
from django.utils import timezone

from countersign.audit import merkle, record, signing
from countersign.audit.actors import system
from countersign.audit.models import HeldCheckpoint


class Behind(Exception):
    """The proof begins elsewhere: what we hold is `size` events long."""

    def __init__(self, size):
        super().__init__(f"what is held here has {size} events")
        self.size = size


class Contradicts(Exception):
    """It does not continue what we hold. Both are kept."""


def newest(party):
    return HeldCheckpoint.objects.filter(party=party).order_by("-id").first()


def accept(note, *, key, party, name, old, proof):
    """Keep a checkpoint that `party` signed; returns (our line, our key). old: the size that the proof begins with.

    Raises signing.NoteRefused, Behind, Contradicts.
    """
    reached = signing.read(note, key)
    at = timezone.now()
    with transaction.atomic():
        _one_at_a_time(party)
        last = newest(party)
        held = last.size if last else 0
        if old != held:
            raise Behind(held)
        agrees = _continues(last, reached, proof)
        if last is not None and last.key != key:
            record.write(system(), "witness.key.changed", object=name, changes={"Key": [last.key, key]})
        if not agrees:
            record.write(
                system(), "witness.contradicted", object=name, result=record.FAILED,
                changes={"Held": last.note, "Brought": note},
            )
        line = signing.cosign(note, at=at) if agrees else ""
        if last is None or (last.size, last.root) != (reached.size, reached.root.hex()):
            HeldCheckpoint.objects.create(
                party=party, name=name, size=reached.size, root=reached.root.hex(), agrees=agrees, kept_at=at, key=key,
                note=f"{note}{line}\n" if line else note,
            )
    if not agrees:
        raise Contradicts(f"{name} brought a record that does not continue the one held here")
    return line, signing.public_key(signing.COSIGNATURE)


def _one_at_a_time(party):
    """Until the end of the transaction. A party with two records could show one to each of two connections, and both
    would continue what was held before (C2SP tlog-witness asks for the same). SQLite has one writer at a time."""
    connection = connections["default"]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [party])


def _continues(last, reached, proof):
    if last is None:
        return True
    if signing.parse(last.note).origin != reached.origin or reached.size < last.size:
        return False
    try:
        merkle.check_consistency(last.size, bytes.fromhex(last.root), reached.size, reached.root, proof)
    except merkle.ProofRefused:
        return False
    return True
