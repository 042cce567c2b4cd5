"""The record as a tree in the database: the same roots and proofs as over all its lines at once."""

import threading

import pytest
from django.db import connections, transaction

from countersign.audit import canonical, checkpoints, merkle, record, signing, tree
from countersign.audit.actors import system
from countersign.audit.models import Checkpoint, Event, Tile
from countersign.audit.reading import rows
from countersign.instances import binding


@pytest.fixture
def good_therapy(cast):
    with binding.bind(cast.good_therapy):
        yield cast.good_therapy


def write(count):
    with transaction.atomic():
        for number in range(count):
            record.write(system(), "page.opened", object=f"/page/{number}/", changes={"No.": number, "Ω": ["a", None]})


def all_leaves(instance):
    line = canonical.liner(instance.id)
    return [merkle.leaf_hash(line(row)) for row in rows(0, 2**60)]


@pytest.mark.parametrize("count", [0, 3, 256, 257, 700])
def test_the_root_is_that_of_all_lines_at_once(good_therapy, count):
    write(count)

    today = tree.grow()

    leaves = all_leaves(good_therapy)
    assert today.size == len(leaves) == Event.objects.count()
    assert today.root() == merkle.root_of(leaves)
    assert Tile.objects.count() == len(leaves) // tree.TILE


def test_it_grows_as_the_record_grows_and_older_roots_stay(good_therapy):
    write(300)
    first = tree.grow()
    size, root = first.size, first.root()
    write(600)
    second = tree.grow()

    assert second.size == size + 600
    assert second.root(size) == root
    merkle.check_consistency(size, root, second.size, second.root(), second.consistency(size, second.size))


def test_every_event_has_its_place_and_its_proof(good_therapy):
    write(530)
    today, leaves = tree.grow(), all_leaves(good_therapy)
    seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))

    for index in (0, 1, 255, 256, 511, 512, today.size - 1):
        assert today.index_of(seqs[index]) == index and today.seq_of(index) == seqs[index]
        merkle.check_inclusion(leaves[index], index, today.size, today.inclusion(index, today.size), today.root())
    with pytest.raises(KeyError):
        today.index_of(10**9)


def test_two_that_grow_it_at_once_make_the_same_tiles(good_therapy):
    write(2000)
    roots, waiting = [], threading.Barrier(3)

    def grow():
        waiting.wait()
        with binding.bind(good_therapy):
            roots.append(tree.grow().root())
        connections["control"].close()

    threads = [threading.Thread(target=grow) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert roots == [merkle.root_of(all_leaves(good_therapy))] * 3


def test_a_number_that_is_still_to_be_committed_is_waited_for(good_therapy):
    """PostgreSQL gives out numbers before it commits them: a later number may be seen first."""
    write(1)
    began, may_end = threading.Event(), threading.Event()

    def slow():
        with binding.bind(good_therapy), transaction.atomic():
            record.write(system(), "page.opened", object="/slow/")
            began.set()
            may_end.wait(20)
        connections["control"].close()

    thread = threading.Thread(target=slow)
    thread.start()
    began.wait(20)
    try:
        if connections["default"].vendor == "sqlite":
            may_end.set()  # nobody else could write meanwhile
            thread.join()
        else:
            write(1)
            with pytest.raises(tree.Unsettled):
                tree.settled_seq()
    finally:
        may_end.set()
        thread.join()
    assert tree.settled_seq() == Event.objects.order_by("seq").last().seq


def test_a_checkpoint_is_signed_and_nothing_new_needs_no_new_one(good_therapy):
    write(5)

    first = checkpoints.take("export")
    again = checkpoints.take("export")
    write(1)
    third = checkpoints.take("export")

    assert first == again and third.size == first.size + 1
    for made in (first, third):
        reached = signing.read(made.note, made.key)
        assert (reached.size, reached.root.hex(), reached.at) == (made.size, made.root, made.at)
        assert tree.Tree(made.seq).root().hex() == made.root
    assert Checkpoint.objects.count() == 2


def test_the_tree_of_another_instance_is_another_even_over_the_same_events(cast):
    roots = []
    for instance in (cast.good_therapy, cast.elm_street):
        line = canonical.liner(instance.id)
        with binding.bind(cast.good_therapy):
            roots.append(merkle.root_of(merkle.leaf_hash(line(row)) for row in rows(0, 2**60)))
    assert roots[0] != roots[1]


def test_the_moment_of_a_row_is_read_as_text_and_is_that_of_the_event(cast):
    """A datetime for each of a million rows takes as long as all the rest of a line."""
    with binding.bind(cast.good_therapy):
        record.write(system(), "page.opened", object="/")
        event = Event.objects.latest("seq")
        *_, row = rows(0, event.seq)

    moment = row[canonical.COLUMNS.index("at")]
    assert isinstance(moment, str) and len(moment) == 26
    assert canonical.instant(moment) == canonical.instant(event.at)
