"""Practice and company hold each other's checkpoints: kept only when they continue, cosigned, and for each alone."""

import contextlib
import threading

import pytest
from django.db import connections

from countersign.audit import checkpoints, merkle, record, signing, tree, witness
from countersign.audit.actors import system
from countersign.audit.models import Checkpoint, Cosignature, Event, HeldCheckpoint
from countersign.identity import tokens, witnesses
from countersign.identity.federation import FederationError
from countersign.instances import binding, hosts
from countersign.instances.models import LatestCheckpoint
from tests.conftest import KIND
from tests.installation import as_owner

pytestmark = pytest.mark.everybody


def exchange(cast):
    with binding.bind(cast.good_therapy):
        witnesses.exchange(hosts.root(cast.acme), name="ACME Billing", occasion="a visit began")


def write(instance, count=1):
    with binding.bind(instance):
        for number in range(count):
            record.write(system(), "page.opened", object=f"/{number}/")


def held(cast, at, of):
    with binding.bind(at):
        return list(HeldCheckpoint.objects.filter(party=hosts.root(of)))


def tampered(instance, statement, values=()):
    """Change the record as its owner could, past the triggers."""
    if KIND == "sqlite":
        as_owner(instance, "DROP TRIGGER event_no_update", "DROP TRIGGER event_no_delete", (statement, values))
    else:
        as_owner(instance, "ALTER TABLE audit_event DISABLE TRIGGER USER", (statement, values))


def test_both_sides_hold_each_others_checkpoint_after_an_exchange(cast):
    exchange(cast)

    ours, theirs = held(cast, cast.acme, cast.good_therapy), held(cast, cast.good_therapy, cast.acme)
    assert [(one.agrees, one.name) for one in ours] == [(True, "Good Therapy, Inc.")]
    assert [(one.agrees, one.name) for one in theirs] == [(True, "ACME Billing")]
    with binding.bind(cast.good_therapy):
        made, kept = Checkpoint.objects.get(), Cosignature.objects.get(name="ACME Billing")
        assert signing.read(ours[0].note, made.key).size == made.size
        assert signing.read_cosignature(made.note, kept.line, kept.key) == kept.kept_at


def test_a_visit_exchanges_checkpoints_when_it_begins_and_when_it_ends(cast):
    cast.jane()
    cast.key()
    browser = cast.visit()
    witnesses.settle()
    began = held(cast, cast.acme, cast.good_therapy)
    cast.go(browser, "/clients/")
    browser.post(f"{hosts.root(cast.good_therapy)}/leave/", {})
    witnesses.settle()

    ended = held(cast, cast.acme, cast.good_therapy)
    assert len(began) >= 1 and len(ended) > len(began)
    assert all(one.agrees for one in ended) and ended[-1].size > began[-1].size
    assert held(cast, cast.good_therapy, cast.acme)
    with binding.bind(cast.good_therapy):
        assert set(Checkpoint.objects.values_list("occasion", flat=True)) == {"a visit began", "a visit ended"}


def test_support_keeps_the_newest_of_every_instance_and_cosigns_it(cast):
    exchange(cast)
    write(cast.good_therapy)
    exchange(cast)

    with binding.bind(cast.good_therapy):
        newest = Checkpoint.objects.order_by("-id").first()
        kept = LatestCheckpoint.objects.get(instance=cast.good_therapy)
        assert (kept.size, kept.root, kept.seq) == (newest.size, newest.root, newest.seq)
        line = newest.cosignatures.get(name="Support")
        assert signing.read_cosignature(newest.note, line.line, line.key)


@pytest.mark.parametrize("statement", [
    "UPDATE audit_event SET person = 'Somebody Else' WHERE seq = (SELECT min(seq) FROM audit_event)",
    "DELETE FROM audit_event WHERE seq = (SELECT min(seq) FROM audit_event)",
])
def test_a_record_that_was_changed_is_found_by_whoever_holds_its_checkpoint(cast, statement):
    write(cast.good_therapy, 5)
    exchange(cast)
    tampered(cast.good_therapy, statement)
    write(cast.good_therapy, 5)

    exchange(cast)

    ours = held(cast, cast.acme, cast.good_therapy)
    assert [one.agrees for one in ours] == [True, False]
    assert [e.result for e in cast.events(cast.acme, action="witness.contradicted")] == ["failed"]
    found = {e.object for e in cast.events(cast.good_therapy, action="record.contradicted")}
    assert "the checkpoint that ACME Billing holds" in found
    assert cast.events(cast.support, action="record.contradicted")


def test_a_record_that_became_shorter_is_found(cast):
    write(cast.good_therapy, 5)
    exchange(cast)
    tampered(cast.good_therapy, "DELETE FROM audit_event WHERE seq > (SELECT min(seq) FROM audit_event)")

    exchange(cast)

    assert [one.agrees for one in held(cast, cast.acme, cast.good_therapy)] == [True, False]


def test_an_unchanged_record_gives_no_alarm_however_often_it_is_shown(cast):
    for count in (0, 1, 300, 0, 5):
        write(cast.good_therapy, count)
        exchange(cast)

    assert all(one.agrees for one in held(cast, cast.acme, cast.good_therapy))
    assert len(held(cast, cast.acme, cast.good_therapy)) == 4  # the fourth time nothing was new
    for instance in (cast.acme, cast.good_therapy, cast.support):
        assert cast.events(instance, action__endswith=".contradicted") == []


def test_a_proof_that_begins_elsewhere_is_asked_for_again(cast):
    write(cast.good_therapy, 4)
    exchange(cast)
    write(cast.good_therapy)
    with binding.bind(cast.good_therapy):
        made = checkpoints.take("test")
        proof = [step.hex() for step in tree.Tree(made.seq).consistency(1, made.size)]
    with binding.bind(cast.acme), pytest.raises(witness.Behind) as behind:
        witnesses.keep(
            {"checkpoint": made.note, "key": made.key, "proof": " ".join(proof)},
            party=hosts.root(cast.good_therapy), name="Good Therapy, Inc.", old=1,
        )
    assert behind.value.size == held(cast, cast.acme, cast.good_therapy)[-1].size


@pytest.mark.parametrize("form", [
    {}, {"checkpoint": "x", "key": "y", "proof": "zz"}, {"checkpoint": 1, "key": None, "proof": []},
    {"checkpoint": "a" * 9000, "key": "k", "proof": ""}, {"checkpoint": "x", "key": "k+1+", "proof": "00 " * 500},
])
def test_what_is_no_checkpoint_is_refused(cast, form):
    with binding.bind(cast.acme), pytest.raises(FederationError):
        witnesses.keep(form, party="http://x", name="x", old=0)
    assert held(cast, cast.acme, cast.good_therapy) == []


def test_nobody_brings_a_checkpoint_in_anothers_name(cast):
    client = cast.client(cast.acme)
    with binding.bind(cast.good_therapy):
        made = checkpoints.take("test")
    form = {"checkpoint": made.note, "key": made.key, "proof": "", "old": 0, "held": 0}

    assert client.post("/checkpoints/", form).status_code == 401
    assert client.post("/checkpoints/held/", {}).status_code == 401
    assert held(cast, cast.acme, cast.good_therapy) == []


def test_each_instance_is_told_what_is_held_of_itself_and_of_nobody_else(cast):
    exchange(cast)
    with binding.bind(cast.elm_street):
        others, _ = witnesses.held_elsewhere(hosts.root(cast.acme))
    with binding.bind(cast.good_therapy):
        mine, more = witnesses.held_elsewhere(hosts.root(cast.acme))

    assert others == [] and not more
    assert [one["note"] for one in mine] == [held(cast, cast.acme, cast.good_therapy)[0].note]


def test_numbers_that_are_none_are_refused(cast):
    for old in ("", "-1", "1e3", "9" * 30, "٣"):
        with binding.bind(cast.good_therapy):
            form = tokens.assertion(audience=hosts.root(cast.acme))
        response = cast.client(cast.acme).post("/checkpoints/", {**form, "old": old, "held": 0})
        assert response.status_code == 400, old


def test_a_new_key_is_taken_and_written_down(cast, monkeypatch):
    exchange(cast)
    write(cast.good_therapy)
    real = signing.derive
    monkeypatch.setattr(signing, "derive", lambda purpose: real(f"after the secret was lost: {purpose}"))
    exchange(cast)

    assert [one.agrees for one in held(cast, cast.acme, cast.good_therapy)] == [True, True]
    assert [e.object for e in cast.events(cast.acme, action="witness.key.changed")] == ["Good Therapy, Inc."]


def test_a_home_that_does_not_answer_leaves_the_visit_alone(cast, monkeypatch):
    cast.jane()
    cast.key()
    monkeypatch.setattr(witnesses.federation, "call", refuse_checkpoints(witnesses.federation.call))
    browser = cast.visit()
    witnesses.settle()

    assert cast.go(browser, "/clients/").status_code == 200
    with binding.bind(cast.good_therapy):
        assert Checkpoint.objects.count() == 1 and Event.objects.filter(action__contains="contradicted").count() == 0


def refuse_checkpoints(call):
    def answer(method, address, *, data=None):
        if address.endswith("/checkpoints/"):
            raise FederationError("no answer")
        return call(method, address, data=data)

    return answer


def late(cast):
    """A checkpoint of Good Therapy that was taken, and is delivered only after a newer one was."""
    with binding.bind(cast.good_therapy):
        older = checkpoints.take("the first of two at once")
    write(cast.good_therapy, 3)
    exchange(cast)
    return older


def test_a_checkpoint_that_comes_late_accuses_nobody_at_support(cast):
    """Two visits begin at once: what was taken first may be given away last. The record did not become shorter."""
    older = late(cast)
    newest = LatestCheckpoint.objects.get(instance=cast.good_therapy).size

    with binding.bind(cast.good_therapy):
        checkpoints.give_to_support(older, tree.Tree(older.seq))

    assert LatestCheckpoint.objects.get(instance=cast.good_therapy).size == newest > older.size
    for instance in (cast.good_therapy, cast.support):
        assert cast.events(instance, action="record.contradicted") == []


def test_a_checkpoint_that_comes_late_accuses_nobody_at_the_company(cast, monkeypatch):
    older = late(cast)
    taken = [older]
    take = checkpoints.take
    monkeypatch.setattr(checkpoints, "take", lambda occasion: taken.pop() if taken else take(occasion))

    exchange(cast)

    assert not taken
    assert held(cast, cast.acme, cast.good_therapy)[-1].agrees
    for instance in (cast.good_therapy, cast.acme):
        assert cast.events(instance, action__endswith=".contradicted") == []


def test_of_two_that_come_at_once_and_contradict_each_other_only_one_is_cosigned(cast, monkeypatch):
    """A party with two records shows one to each of two connections at the same moment."""
    write(cast.good_therapy, 3)
    exchange(cast)
    party = hosts.root(cast.good_therapy)
    with binding.bind(cast.good_therapy):
        whole, key = checkpoints.take("one"), signing.public_key()
        brought = [_grown_by(whole, bytes([number]) * 32) for number in (1, 2)]
    assert held(cast, cast.acme, cast.good_therapy)[-1].size == whole.size
    together, continues = threading.Barrier(2), witness._continues

    def slowly(*args):
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(timeout=1)
        return continues(*args)

    monkeypatch.setattr(witness, "_continues", slowly)
    outcomes = []

    def bring(note, steps):
        try:
            with binding.bind(cast.acme):
                witness.accept(note, key=key, party=party, name="x", old=whole.size, proof=steps)
            outcomes.append("cosigned")
        except (witness.Behind, witness.Contradicts) as refusal:
            outcomes.append(type(refusal).__name__)
        finally:
            connections["control"].close()

    threads = [threading.Thread(target=bring, args=one) for one in brought]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["Behind", "cosigned"]


def _grown_by(whole, leaf):
    """(note, proof) of the record with one more leaf: of its own, and in perfect order."""
    today = tree.Tree(whole.seq)

    def subtree(start, end):
        if end <= whole.size:
            return today.subtree(start, end)
        if end - start == 1:
            return leaf
        middle = start + merkle.split(end - start)
        return merkle.node_hash(subtree(start, middle), subtree(middle, end))

    frontier = merkle.frontier_of(whole.size, today.subtree)
    frontier.append(leaf)
    note = signing.sign(signing.Reached(signing.origin(), whole.size + 1, frontier.root(), whole.at))
    return note, merkle.consistency_proof(whole.size, whole.size + 1, subtree)
