"""The record of the bound instance as a Merkle tree: event number i, in the order of `seq`, is leaf i.

Complete runs of 256 events are kept as one hash (Tile), so a root of a million events reads 4,000 hashes and at most
255 events. Tiles are made when a checkpoint is taken, never while a request waits for its event.
"""

import time
from functools import cached_property

from django.db import connections, transaction

from countersign.audit import merkle, reading
from countersign.audit.models import Checkpoint, Tile
from countersign.audit.record import WRITERS

TILE = 256
WAIT_SECONDS = 2


class Unsettled(Exception):
    """Somebody has been writing for so long that the end of the record could not be told."""


def settled_seq():
    """The highest `seq` up to which every event is there and none can still appear; 0 for an empty record.

    On PostgreSQL a transaction may commit a lower number after a higher one was seen, so this waits, outside any
    transaction, for a moment without writers. Raises Unsettled after two seconds.
    """
    connection = connections["default"]
    if connection.vendor == "sqlite":
        return _highest(connection)
    if connection.in_atomic_block:
        raise transaction.TransactionManagementError("A checkpoint is taken outside of any transaction.")
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        # Asked for, never queued for: whoever queues for it would make all later writers wait.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [WRITERS])
            if cursor.fetchone()[0]:
                return _highest(connection)
        if time.monotonic() > deadline:
            raise Unsettled("The record is being written to without a pause.")
        time.sleep(0.002)


def _highest(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(seq) FROM audit_event")
        return cursor.fetchone()[0] or 0


def leaves(after, until):
    """(seq, leaf hash) of the events with after < seq ≤ until, in order."""
    return ((seq, merkle.leaf_hash(line)) for seq, line in reading.lines(after, until))


def grow():
    """Bring the tiles up to date; returns the Tree of today. Raises Unsettled."""
    until = settled_seq()
    last = Tile.objects.order_by("-index").first()
    index, after, frontier, made = (last.index + 1, last.seq, merkle.Frontier(), []) if last else (
        0, 0, merkle.Frontier(), [])
    for seq, leaf in leaves(after, until):
        frontier.append(leaf)
        if frontier.size == TILE:
            made.append(Tile(index=index, root=frontier.root().hex(), seq=seq))
            index, frontier = index + 1, merkle.Frontier()
        if len(made) == 64:
            made = _keep(made)
    _keep(made)
    return Tree(until)


def _keep(tiles):
    # Two that do this at once compute the same: whoever comes second has nothing to add.
    Tile.objects.bulk_create(tiles, ignore_conflicts=True)
    return []


class Tree:
    """The tree over the events up to `until`: as tiles and events stand in the database now."""

    def __init__(self, until):
        self.until = until
        self._leaves = {}

    @cached_property
    def tiles(self):
        """[(root, last seq), ...]"""
        found = Tile.objects.filter(seq__lte=self.until).order_by("index").values_list("root", "seq")
        return [(bytes.fromhex(root), seq) for root, seq in found]

    @cached_property
    def size(self):
        return TILE * len(self.tiles) + len(self.tile(len(self.tiles)))

    def root(self, size=None):
        return merkle.frontier_of(self.size if size is None else size, self.subtree).root()

    def subtree(self, start, end):
        """The hash over the leaves start ≤ i < end, a subtree of this tree. Raises ValueError beyond its end."""
        if end > self.size:
            raise ValueError(f"There are {self.size} events, not {end}.")
        if start % TILE == 0 and end - start == TILE:
            return self.tiles[start // TILE][0]
        if end - start == 1:
            return self.tile(start // TILE)[start % TILE][1]
        middle = start + merkle.split(end - start)
        return merkle.node_hash(self.subtree(start, middle), self.subtree(middle, end))

    def tile(self, index):
        """[(seq, leaf hash), ...] of the events in one tile; the last one may be incomplete."""
        if index not in self._leaves:
            if len(self._leaves) > 16:
                self._leaves.clear()
            after = self.tiles[index - 1][1] if index else 0
            until = self.tiles[index][1] if index < len(self.tiles) else self.until
            self._leaves[index] = list(leaves(after, until))
        return self._leaves[index]

    def index_of(self, seq):
        """Which leaf the event is. Raises KeyError when it is not in this tree."""
        index = sum(1 for _, last in self.tiles if last < seq)
        for place, (found, _) in enumerate(self.tile(index)):
            if found == seq:
                return index * TILE + place
        raise KeyError(seq)

    def seq_of(self, index):
        """The `seq` of leaf `index`."""
        return self.tile(index // TILE)[index % TILE][0]

    def before(self, index):
        """The `seq` after which leaf `index` follows: of the leaf before it, or 0."""
        return self.seq_of(index - 1) if index else 0

    def inclusion(self, index, size):
        return merkle.inclusion_proof(index, size, self.subtree)

    def consistency(self, old, size):
        return merkle.consistency_proof(old, size, self.subtree)


def reached():
    """The Tree that the newest checkpoint stands on, or None before the first."""
    newest = Checkpoint.objects.order_by("-id").first()
    return newest and Tree(newest.seq)
