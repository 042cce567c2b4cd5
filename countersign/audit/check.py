"""Comparing the record of today with every checkpoint ever signed for it, ours and those that others hold.

Every event is hashed anew; nothing that was computed before is believed. What does not agree is either explained by a
restart that stands on the record (a restored backup) or is evidence that the record was changed.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from countersign.audit import merkle, reading, signing, tree
from countersign.audit.models import Checkpoint, Cosignature, Event, Tile
from countersign.instances import binding
from countersign.instances.models import LatestCheckpoint

AGREES, EXPLAINED, CONTRADICTS = "agrees", "explained", "contradicts"


@dataclass(frozen=True)
class Known:
    """One checkpoint, and who holds it. note and key as signed."""

    holder: str
    note: str
    key: str
    kept_at: datetime | None = None


@dataclass(frozen=True)
class Finding:
    holder: str
    state: str
    words: str
    size: int = 0
    at: datetime | None = None


@dataclass
class Report:
    """What a check found. size: events today; silent: holders who could not be asked.

    whole: False when an event cannot be read; then size is how far it could be.
    """

    size: int
    root: str
    findings: list[Finding]
    silent: list[str] = field(default_factory=list)
    whole: bool = True

    @property
    def wrong(self):
        return [one for one in self.findings if one.state == CONTRADICTS]

    @property
    def explained(self):
        return [one for one in self.findings if one.state == EXPLAINED]

    def by_holder(self):
        """[(holder, how many agree, the newest that agrees or None, [those that do not])], in order of holder."""
        found = {}
        for one in self.findings:
            found.setdefault(one.holder, []).append(one)
        lines = []
        for holder, ones in found.items():
            good = [one for one in ones if one.state == AGREES]
            newest = max(good, key=lambda one: one.size, default=None)
            lines.append((holder, len(good), newest, [one for one in ones if one.state != AGREES]))
        return lines

    @property
    def unseen(self):
        """How many events nobody else has vouched for yet: what happened to them no check can tell."""
        others = (one.size for one in self.findings if one.state == AGREES and not one.holder.startswith(OURS))
        return self.size - max(others, default=0)


OURS, SUPPORT = "Kept here", "Support"


def run(elsewhere=(), *, silent=()):
    """Check the bound instance's record; returns a Report. elsewhere: Known ones that others brought or were asked for.

    Raises tree.Unsettled when the record is being written to without a pause.
    """
    known = [*_ours(), *_support(), *elsewhere]
    kept = {index: (root, seq) for index, root, seq in Tile.objects.values_list("index", "root", "seq").iterator()}
    until = tree.settled_seq()  # after these: what is added meanwhile is not missed in what was read before
    read, findings = [], []
    keys = {signing.public_key(), *Checkpoint.objects.values_list("key", flat=True).distinct()}
    for one in known:
        try:
            if one.key not in keys:  # whoever holds it may also have made it
                raise signing.NoteRefused("it is signed with a key that this record never had")
            read.append((one, signing.read(one.note, one.key)))
        except signing.NoteRefused as refusal:
            findings.append(Finding(one.holder, CONTRADICTS, f"is no checkpoint of this record: {refusal}"))
    size, roots, faults, whole = _recompute(until, {reached.size for _, reached in read}, kept)
    findings += [Finding(OURS, CONTRADICTS, words) for words in faults]
    restarts = _restarts()
    for one, reached in read:
        findings.append(_compare(one, reached, size, roots, restarts, whole))
    return Report(size, roots[size].hex(), findings, list(silent), whole)


def _recompute(until, sizes, kept):
    """(size, {size: root}, what is wrong with the events, whether this is all of them).

    One pass over all events, in constant memory, and no further than to one that cannot be read. kept: the tiles, as
    {index: (root, seq of the last event)}; those that are found are taken out.
    """
    frontier = merkle.Frontier()
    wanted, roots, faults = sorted(sizes), {0: frontier.root()}, []
    events = reading.lines(0, until)
    while True:
        try:
            tile = list(islice(events, tree.TILE))
        except reading.Unreadable as unreadable:
            return frontier.size, roots, [*faults, str(unreadable)], False
        if not tile:
            break
        leaves = [merkle.leaf_hash(line) for _, line in tile]
        reached = frontier.size + len(leaves)
        inside = wanted[bisect_right(wanted, frontier.size):bisect_left(wanted, reached)]
        roots |= {size: _root(frontier, leaves[:size - frontier.size]) for size in inside}
        if len(leaves) == tree.TILE:
            index, root = frontier.size // tree.TILE, merkle.root_of_full(leaves)
            if index in kept and kept.pop(index) != (root.hex(), tile[-1][0]):
                words = "are not what they were when they were first hashed"
                faults.append(f"the events {frontier.size + 1:,} to {reached:,} {words}")
            frontier.append(root, tree.TILE)
        else:
            for leaf in leaves:
                frontier.append(leaf)
        roots[reached] = frontier.root()
    if kept:
        faults.append(f"{len(kept) * tree.TILE:,} events that were hashed before are not there any more")
    beside = Event.objects.filter(seq__lte=until).count() - frontier.size
    if beside:  # numbers below 1, or one number twice: shown in the lists, and no leaf of any tree
        events = "1 event stands" if beside == 1 else f"{beside:,} events stand"
        faults.append(f"{events} beside the record: never written by Countersign")
    return frontier.size, roots, faults, True


def _root(frontier, leaves):
    """The root when only these leaves follow."""
    further = merkle.Frontier(frontier.size, frontier.hashes)
    for leaf in leaves:
        further.append(leaf)
    return further.root()


def _compare(one, reached, size, roots, restarts, whole):
    words = f"{reached.size:,} events at {reached.at:%m/%d/%Y %H:%M} UTC"
    if reached.origin != signing.origin():
        return Finding(one.holder, CONTRADICTS, f"{words}: of another record", reached.size, reached.at)
    if reached.size <= size and roots[reached.size] == reached.root:
        return Finding(one.holder, AGREES, f"{words}: the record still begins so", reached.size, reached.at)
    for index, event in restarts:
        if index < reached.size and reached.at <= event.at:
            lost = f"{words}: lost when the record was restarted at {index:,} events by {event.person} ({event.reason})"
            return Finding(one.holder, EXPLAINED, lost, reached.size, reached.at)
    if reached.size > size:
        gone = f"{words}: the record {'has only' if whole else 'can be read only as far as'} {size:,} today"
        return Finding(one.holder, CONTRADICTS, gone, reached.size, reached.at)
    return Finding(
        one.holder, CONTRADICTS, f"{words}: something among these events was changed, added or taken away since",
        reached.size, reached.at,
    )


def _ours():
    for one in Checkpoint.objects.filter(size__gt=0).iterator():
        yield Known(OURS, one.note, one.key, one.at)
    for one in Cosignature.objects.filter(checkpoint__size__gt=0).select_related("checkpoint").iterator():
        yield Known(f"Kept here, countersigned by {one.name}", one.checkpoint.note, one.checkpoint.key, one.kept_at)


def _support():
    kept = LatestCheckpoint.objects.filter(instance=binding.bound()).first()
    if kept is not None and kept.size:
        yield Known(SUPPORT, kept.note, kept.key, kept.at)


def _restarts():
    """[(how many events stood before it, the event), ...]: each restart that the record tells of."""
    return [
        (Event.objects.filter(seq__lt=event.seq).count(), event)
        for event in Event.objects.filter(action="record.restarted").order_by("seq")
    ]
