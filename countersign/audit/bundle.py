"""The record as one file that verifies without us, and the receipt for one event. Read by countersign_verify.py.

Lines of JSON: what it holds; {"event": …, "leaf": …} for each event; a seal (Ed25519) over all lines before. A bundle
that begins later than the record carries the hashes of the complete subtrees before it: its root is still the record's.
"""

import base64
import hashlib

from django.utils import timezone

from countersign.audit import canonical, merkle, reading, signing, tree
from countersign.audit.models import Checkpoint, Cosignature
from countersign.instances import binding

VERSION = 1
KEPT = 10  # the newest checkpoints of each holder; of those before, the last of each month


def write(file, checkpoint, *, first=0):
    """Write the events from leaf `first` up to the Checkpoint into a binary file; returns how many.

    In constant memory. Raises ValueError when `first` lies beyond the checkpoint.
    """
    at = tree.Tree(checkpoint.seq)
    before = merkle.frontier_of(first, at.subtree).hashes
    out = _Sealed(file, "bundle")
    out.line(canonical.encode({
        **_head("bundle", checkpoint, at), "first": first, "before": [one.hex() for one in before],
    }))
    count = 0
    for _, line in reading.lines(at.before(first), checkpoint.seq):
        out.line(b'{"event":%b,"leaf":"%b"}' % (line, merkle.leaf_hash(line).hex().encode()))
        count += 1
    out.seal()
    return count


def receipt(file, seq, checkpoint):
    """Write the event with the proof that it is in the record.

    Raises tree.Unsettled when the checkpoint is from before the event, which it is when the record is written to
    without a pause (checkpoints.take); reading.Unreadable when it cannot be read, or is no leaf of the tree.
    """
    at = tree.Tree(checkpoint.seq)
    if seq > checkpoint.seq:
        raise tree.Unsettled("The checkpoint is from before this event.")
    try:
        index = at.index_of(seq)
    except KeyError:
        raise reading.Unreadable(f"event {seq:,} stands beside the record") from None
    _, line = next(reading.lines(seq - 1, seq))
    out = _Sealed(file, "receipt")
    out.line(canonical.encode({
        **_head("receipt", checkpoint, at), "index": index,
        "event": line.decode(),
        "proof": [one.hex() for one in at.inclusion(index, at.size)],
    }))
    out.seal()


def _head(kind, checkpoint, at):
    instance = binding.bound()
    return {
        "kind": kind, "version": VERSION, "instance": str(instance.id), "name": instance.name,
        "made_at": canonical.instant(timezone.now()), "key": checkpoint.key, "checkpoint": checkpoint.note,
        "size": checkpoint.size,
        "earlier": list(_earlier(checkpoint, at)), "witnesses": list(_witnesses(checkpoint, at)),
    }


def _earlier(checkpoint, at):
    """Our own checkpoints before this one: they tell where a fault lies."""
    ours = Checkpoint.objects.filter(size__lt=checkpoint.size, size__gt=0).order_by("-id")
    for one in _thinned(ours.iterator(), lambda one: one.at):
        yield _known(one, at)


def _witnesses(checkpoint, at):
    """What others said they have seen: for each of them the newest, and the last of each month."""
    kept = Cosignature.objects.filter(checkpoint__size__lte=checkpoint.size, checkpoint__size__gt=0)
    for holder in sorted(set(kept.values_list("holder", flat=True))):
        theirs = kept.filter(holder=holder).select_related("checkpoint").order_by("-id")
        for one in _thinned(theirs.iterator(), lambda one: one.kept_at):
            yield {**_known(one.checkpoint, at), "holder": one.name, "line": one.line, "holder_key": one.key}


def _known(one, at):
    proof = at.consistency(one.size, at.size)
    return {"note": one.note, "key": one.key, "proof": [step.hex() for step in proof]}


def _thinned(newest_first, when):
    months = set()
    for number, one in enumerate(newest_first):
        month = when(one).strftime("%Y-%m")
        if number < KEPT or month not in months:
            yield one
        months.add(month)


class _Sealed:
    """A file of lines, hashed as they are written."""

    def __init__(self, file, kind):
        self.file, self.kind, self.digest = file, kind, hashlib.sha256()

    def line(self, text):
        self.digest.update(text + b"\n")
        self.file.write(text + b"\n")

    def seal(self):
        signature = signing.seal(f"countersign {self.kind} {VERSION}\n{self.digest.hexdigest()}\n")
        self.file.write(b'{"seal":"%b"}\n' % base64.b64encode(signature))
