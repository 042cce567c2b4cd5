"""Dispatches: after the commit or not at all, once however often they come, in order, and only from their sender."""

import json
import uuid

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from countersign.identity import dispatches
from countersign.identity.models import Dispatch, TakenDispatch
from countersign.instances import binding, catalogue, hosts
from countersign.instances.models import InstanceState
from tests.identity import forge

came = []


def taker(received):
    """What takes them here (settings.DISPATCHES)."""
    if received.body.get("refuse"):
        raise dispatches.Refused("it is not wanted")
    if received.body.get("fail"):
        raise RuntimeError("the taker is out of order")
    came.append((received.sender.slug, received.body["n"]))


@pytest.fixture(autouse=True)
def taken(monkeypatch):
    monkeypatch.setattr(settings, "DISPATCHES", {"test.told": f"{__name__}.taker"})
    came.clear()
    return came


def send(cast, *bodies):
    with binding.bind(cast.acme), transaction.atomic():
        for body in bodies:
            dispatches.send(hosts.root(cast.good_therapy), "test.told", body, name="Good Therapy, Inc.")


def outcome(cast):
    """[(n, "taken", "refused" or "waiting", fault)] at the sender."""
    dispatches.settle()
    with binding.bind(cast.acme):
        return [
            (one.body["n"], "taken" if one.taken_at else "refused" if one.refused_at else "waiting", one.fault)
            for one in Dispatch.objects.all()
        ]


def test_it_comes_after_the_commit_in_order_and_once(cast, taken):
    with binding.bind(cast.acme), transaction.atomic():
        for n in (1, 2, 3):
            dispatches.send(hosts.root(cast.good_therapy), "test.told", {"n": n}, name="Good Therapy, Inc.")
        dispatches.settle(0.1)
        assert taken == []

    assert outcome(cast) == [(1, "taken", ""), (2, "taken", ""), (3, "taken", "")]
    assert taken == [("acme-billing", 1), ("acme-billing", 2), ("acme-billing", 3)]


def test_what_is_undone_tells_nobody(cast, taken):
    with binding.bind(cast.acme), transaction.atomic():
        dispatches.send(hosts.root(cast.good_therapy), "test.told", {"n": 1}, name="Good Therapy, Inc.")
        transaction.set_rollback(True)

    assert outcome(cast) == [] and taken == []


def test_a_refusal_is_final_and_says_why(cast, taken):
    send(cast, {"n": 1, "refuse": True}, {"n": 2})

    assert outcome(cast) == [(1, "refused", "it is not wanted"), (2, "taken", "")]
    with binding.bind(cast.good_therapy):
        assert TakenDispatch.objects.count() == 1


def test_a_kind_that_nobody_takes_is_refused_and_recorded(cast, monkeypatch):
    monkeypatch.setattr(settings, "DISPATCHES", {})
    send(cast, {"n": 1})

    assert outcome(cast) == [(1, "refused", "nothing of this kind is taken here")]
    (event,) = cast.events(cast.good_therapy, action="dispatch.refused")
    assert event.object == "test.told" and event.result == "refused"


def test_who_is_out_of_order_is_tried_again_in_order_and_nobody_else_waits(cast, wire, taken):
    host = hosts.root(cast.good_therapy).partition("://")[2]
    wire.refuse(host, "/dispatches/")
    send(cast, {"n": 1})
    send(cast, {"n": 2})
    with binding.bind(cast.acme):
        dispatches.send(hosts.root(cast.elm_street), "test.told", {"n": 3}, name="Elm Street Counseling")
    assert outcome(cast) == [(1, "waiting", "answered 500"), (2, "waiting", ""), (3, "taken", "")]
    wire.stands_in.clear()

    with binding.bind(cast.acme):
        dispatches.send_soon()

    assert [state for _, state, _ in outcome(cast)] == ["taken"] * 3
    assert taken == [("acme-billing", 3), ("acme-billing", 1), ("acme-billing", 2)]


def test_it_is_tried_again_by_itself(cast, wire, taken, monkeypatch):
    monkeypatch.setattr(dispatches, "AGAIN_SECONDS", (0,))
    host, tries = hosts.root(cast.good_therapy).partition("://")[2], []

    def out_of_order_twice(environ, start_response):
        if environ["PATH_INFO"] == "/dispatches/" and len(tries) < 2:
            tries.append(1)
            start_response("500 Out of order", [])
            return [b"{}"]
        return wire.application(environ, start_response)

    wire.stands_in[host] = out_of_order_twice
    send(cast, {"n": 1})
    for _ in range(500):  # until it has come; the test's own limit of time ends it otherwise
        if taken:
            break
        dispatches.wait(list(dispatches._under_way), timeout=0.1)
        timer = dispatches._timers.get(cast.acme.id)
        if timer:
            timer.join()

    assert taken == [("acme-billing", 1)]
    assert outcome(cast) == [(1, "taken", "")]


def test_a_taker_that_fails_has_taken_nothing(cast, wire, taken):
    send(cast, {"n": 1, "fail": True})

    assert outcome(cast) == [(1, "waiting", "answered 500, not JSON")]
    with binding.bind(cast.good_therapy):
        assert TakenDispatch.objects.count() == 0


def test_what_comes_a_second_time_counts_once(cast, taken):
    mark = str(uuid.uuid4())

    assert [post(cast, mark=mark)[0] for _ in range(3)] == [200] * 3
    assert taken == [("acme-billing", 1)]


def post(cast, sender=None, *, key=None, mark=None, body='{"n": 1}', written_at=None, **changes):
    sender = sender or cast.acme
    form = {
        "id": mark or str(uuid.uuid4()), "kind": "test.told", "body": body,
        "written_at": written_at or timezone.now().isoformat(),
        **forge.assertion(sender, cast.good_therapy, key=key), **changes,
    }
    response = cast.client(cast.good_therapy).post("/dispatches/", {k: v for k, v in form.items() if v is not None})
    return response.status_code, json.loads(response.content)


def test_nobody_speaks_in_anothers_name(cast, taken):
    forged = forge.assertion(cast.acme, cast.good_therapy, key=forge.stranger(kid=forge.key_of(cast.acme).kid))
    elsewhere = forge.assertion(cast.acme, cast.elm_street)
    own = forge.assertion(cast.good_therapy, cast.good_therapy)

    assert post(cast, **forged)[0] == 401
    assert post(cast, **elsewhere)[0] == 401
    assert post(cast, **own)[0] == 401
    assert post(cast, client_assertion=None)[0] == 401
    once = forge.assertion(cast.acme, cast.good_therapy)
    assert [post(cast, **once)[0] for _ in range(2)] == [200, 401]  # an assertion counts once
    catalogue.change_state(cast.rival, state=InstanceState.SUSPENDED, by="the test", reason="x")
    assert post(cast, cast.rival)[0] == 401
    assert taken == [("acme-billing", 1)]


@pytest.mark.parametrize("changes", [
    {"body": "[]"}, {"body": "{"}, {"body": "[" * 10_000}, {"mark": "1"}, {"written_at": "yesterday"},
    {"written_at": "2026-01-01T00:00:00"}, {"body": '{"n": "' + "x" * 40_000 + '"}'},
], ids=str)
def test_what_is_malformed_is_refused_for_good(cast, taken, changes):
    assert post(cast, **changes) == (422, {"error": "refused", "because": "it is malformed"})
    assert taken == []


def test_more_than_fits_is_not_even_written(cast):
    with pytest.raises(ValueError, match="more than a dispatch may hold"):
        send(cast, {"n": "x" * 40_000})

    assert outcome(cast) == []


# What is lost or counted twice is noticed: both sides are compared


def unlike(cast):
    """Sentences about what ACME sent and Good Therapy has taken, where they do not say the same."""
    dispatches.settle()
    with binding.bind(cast.acme):
        sent = list(Dispatch.objects.order_by("id"))
    with binding.bind(cast.good_therapy):
        marks = set(TakenDispatch.objects.filter(issuer=hosts.root(cast.acme)).values_list("mark", flat=True))
    numbers = [n for _, n in came]
    for one in sent:
        if bool(one.taken_at) != (one.mark in marks):
            yield f"{one.body['n']} is {'taken' if one.taken_at else 'not taken'} at one side only"
        if numbers.count(one.body["n"]) != bool(one.taken_at):
            yield f"{one.body['n']} came {numbers.count(one.body['n'])} times"
    if numbers != sorted(numbers):
        yield f"they came in another order: {numbers}"


def send_while_answers_are_lost(cast, wire, monkeypatch):
    """Three dispatches, one after the other; the second is taken, but the answer to it does not arrive."""
    monkeypatch.setattr(dispatches, "AGAIN_SECONDS", (3600,))  # it is tried again with the next one, and not before
    host, asked = hosts.root(cast.good_therapy).partition("://")[2], []

    def without_an_answer(environ, start_response):
        if environ["PATH_INFO"] != "/dispatches/":
            return wire.application(environ, start_response)
        asked.append(1)
        if len(asked) != 2:
            return wire.application(environ, start_response)
        b"".join(wire.application(environ, lambda status, headers: None))
        start_response("502 Lost on its way", [])
        return [b"{}"]

    wire.stands_in[host] = without_an_answer
    for n in (1, 2, 3):
        send(cast, {"n": n})
        dispatches.settle()
    assert len(asked) == 4


def test_what_was_taken_and_never_answered_comes_again_and_counts_once(cast, wire, monkeypatch):
    send_while_answers_are_lost(cast, wire, monkeypatch)

    assert list(unlike(cast)) == []
    assert [n for _, n in came] == [1, 2, 3]


def test_without_its_mark_it_counts_twice_and_that_is_noticed(cast, wire, monkeypatch):
    read = dispatches._read
    monkeypatch.setattr(dispatches, "_read", lambda form: (uuid.uuid4(), *read(form)[1:]))
    send_while_answers_are_lost(cast, wire, monkeypatch)

    assert "2 came 2 times" in list(unlike(cast))


def test_what_is_ticked_off_without_an_answer_is_lost_and_that_is_noticed(cast, wire, monkeypatch):
    def careless(one):
        dispatches.Dispatch.objects.filter(id=one.id).update(taken_at=timezone.now())
        return True

    told = dispatches._told
    monkeypatch.setattr(dispatches, "_told", lambda one: careless(one) if one.body["n"] == 2 else told(one))
    send(cast, {"n": 1}, {"n": 2}, {"n": 3})

    assert list(unlike(cast)) == ["2 is taken at one side only", "2 came 0 times"]
