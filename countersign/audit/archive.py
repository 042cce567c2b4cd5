"""Closed years of the record as signed files, each a bundle that verifies by itself.

The events stay where they are as well: the database refuses to delete one, and 45 CFR 164.316(b)(2)(i) asks for six
years at the least. An archive is the copy that outlives the database, the host and us.
"""

import os
from datetime import UTC, datetime

from countersign.audit import bundle, signing, tree
from countersign.audit.models import Checkpoint, Event
from countersign.instances import binding


class NothingThere(Exception):
    """The year has no events, or is not over."""


def year(folder, number, *, now, verify):
    """Write the events of one closed year (UTC) to a new file in `folder`; returns (path, how many).

    verify: a function that reads the file back and raises when it does not agree; what it refuses is not kept.
    Raises NothingThere, FileExistsError, OSError.
    """
    if number >= now.year:
        raise NothingThere(f"{number} is not over.")
    today = tree.grow()
    first, end = _count(number, today), _count(number + 1, today)
    if first == end:
        raise NothingThere(f"{number} has no events.")
    reached = signing.Reached(signing.origin(), end, today.root(end), now.replace(microsecond=0))
    closed = Checkpoint(
        size=end, seq=today.seq_of(end - 1), root=reached.root.hex(), at=reached.at, occasion=f"the year {number}",
        note=signing.sign(reached), key=signing.public_key(),
    )
    path = folder / f"record-{binding.bound().slug}-{number}.jsonl"
    # Whole or not at all, and never over something that is there.
    half = path.with_suffix(".half")
    if path.exists():
        raise FileExistsError(path)
    with open(half, "w+b") as file:
        count = bundle.write(file, closed, first=first)
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        verify(file)
    half.rename(path)
    return path, count


def years(*, now):
    """The closed years that have events, oldest first."""
    oldest = Event.objects.order_by("at").values_list("at", flat=True).first()
    return [] if oldest is None else list(range(oldest.astimezone(UTC).year, now.year))


def _count(number, today):
    """How many events there were when the year began: all up to the last that is older, whatever their clocks said
    in between, so that one year ends where the next begins."""
    before = Event.objects.filter(at__lt=datetime(number, 1, 1, tzinfo=UTC), seq__lte=today.until).order_by("-seq")
    last = before.values_list("seq", flat=True).first()
    return today.index_of(last) + 1 if last else 0
