"""When and how the record is looked at: after a request and beside it, once by whoever comes first."""

import logging
import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from countersign.audit import record, tree
from countersign.audit.actors import THIRD_PARTY, Actor, system
from countersign.audit.models import Event
from countersign.instances import binding, hosts
from countersign.watch import background, looking
from countersign.watch.models import Alert, Known, Position
from tests.watch.record import NOON, alerts, came, jane, kinds, look, opened, raised, write

SOMEBODY = Actor(person="Jane Doe", source=THIRD_PARTY, iss="https://a", sub="jane", company="ACME", visit="v1")


def position(instance):
    with binding.bind(instance):
        return Position.objects.get().seq


def test_a_real_visit_raises_its_alert_a_moment_later(cast):
    cast.jane()
    cast.key()
    cast.visit()
    assert kinds(cast.good_therapy) == []

    background.settle()

    (alert,) = alerts(cast.good_therapy)
    assert alert.kind == "new person" and alert.sentence.startswith("Jane Doe of ACME Billing signed in for the first")
    with binding.bind(cast.good_therapy):
        assert Event.objects.get(seq=alert.seq).action == "visit.began"
    assert kinds(cast.acme) == [] and kinds(cast.elm_street) == []


def test_an_export_on_the_screen_raises_its_alert(cast):
    cast.jane()
    cast.key(permissions=["export_clients"])
    browser = cast.visit()
    background.settle()

    client = browser.at(hosts.root(cast.good_therapy).partition("://")[2])
    assert b"".join(client.get("/clients/export/").streaming_content)
    background.settle()

    assert sorted(kinds(cast.good_therapy)) == ["export", "new person"]


def test_an_answer_that_is_forged_raises_the_alarm(cast):
    cast.jane()
    cast.key()
    browser = cast.first_part()
    assert cast.go(browser, "/sign-in/second-part/?state=x&iss=https://evil.example&code=x").status_code == 403

    background.settle()

    assert kinds(cast.good_therapy) == ["forged"]


def test_a_request_only_wakes_and_does_not_look(cast):
    background.settle()
    before = position(cast.good_therapy)
    cast.client(cast.good_therapy).post("/sign-in/", {"user_id": "x", "password": "y"})
    assert position(cast.good_therapy) == before and cast.good_therapy.id in background._waiting

    background.settle()

    assert position(cast.good_therapy) > before and cast.good_therapy.id not in background._waiting


def test_the_thread_looks_by_itself_when_its_time_has_come(cast, monkeypatch):
    background.settle()
    monkeypatch.setattr(settings, "WATCH_SECONDS", 0)
    looked = threading.Event()
    monkeypatch.setattr(background, "_look_at", lambda instance: looked.set())

    cast.client(cast.good_therapy).post("/sign-in/", {"user_id": "x", "password": "y"})

    assert looked.wait(60)


def test_a_request_that_wrote_nothing_wakes_nobody(cast):
    background.settle()
    cast.client(cast.good_therapy).get("/sign-in/")
    cast.client(cast.good_therapy).get("/healthz")

    assert not background._waiting


def test_of_two_looks_at_once_one_counts(cast):
    """Two processes: both have read the same events and judged them before either has written."""
    practice = cast.good_therapy
    look(practice)
    write(practice, came(), *(opened(number) for number in range(100)), jane(action="clients.exported"))
    meet, errors = threading.Barrier(2, timeout=20), []
    judge = looking.rules.judge

    def together(events, rules):
        judged = judge(events, rules)
        if not meet.broken:
            try:
                meet.wait()
            except threading.BrokenBarrierError:
                pass
            meet.abort()
        return judged

    def one():
        try:
            look(practice)
        except Exception as error:
            errors.append(error)
        finally:
            connections["control"].close()  # this thread's own

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking.rules, "judge", together)
        threads = [threading.Thread(target=one) for _ in range(2)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]

    assert not errors
    assert sorted(kinds(practice)) == ["export", "new person", "rate"]
    assert len(cast.events(practice, action="alert.raised")) == 3


def test_alerts_and_the_place_reached_are_one_transaction(cast, monkeypatch):
    practice = cast.good_therapy
    look(practice)
    before = position(practice)
    write(practice, came(), jane(action="clients.exported"))
    monkeypatch.setattr(record, "write", lambda *args, **more: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        look(practice)
    with binding.bind(practice):
        assert (position_now(), Alert.objects.count(), Known.objects.filter(sub="jane-1").count()) == (before, 0, 0)
    monkeypatch.undo()

    look(practice)

    assert kinds(practice) == ["new person", "export"]


def position_now():
    return Position.objects.get().seq


def test_many_events_are_looked_at_in_rounds(cast, monkeypatch):
    monkeypatch.setattr(looking, "ROUND", 7)
    assert raised(cast.good_therapy, came(), *(opened(number) for number in range(61))) == ["new person", "rate"]
    assert position(cast.good_therapy) >= 62


def test_a_look_that_fails_says_so_and_the_next_one_makes_it_good(cast, monkeypatch, caplog):
    practice = cast.good_therapy
    look(practice)
    write(practice, came())
    with caplog.at_level(logging.ERROR), monkeypatch.context() as patch:
        patch.setattr(looking.rules, "judge", lambda *args: 1 / 0)
        background.wake(practice)
        background.settle()
    assert "could not be looked at" in caplog.text and kinds(practice) == []

    background.wake(practice)
    background.settle()

    assert kinds(practice) == ["new person"]


def test_an_event_that_commits_late_with_a_lower_number_is_not_missed(cast):
    """On PostgreSQL numbers are given before the commit; SQLite has one writer at a time."""
    practice = cast.good_therapy
    look(practice)
    began, go_on = threading.Event(), threading.Event()

    def slow():
        with binding.bind(practice), transaction.atomic():
            record.write(SOMEBODY, "clients.exported")
            began.set()
            go_on.wait(60)
        connections["control"].close()

    with binding.bind(practice):
        vendor = transaction.get_connection().vendor
    thread = threading.Thread(target=slow)
    thread.start()
    began.wait(60)
    if vendor == "postgresql":
        with binding.bind(practice), transaction.atomic():
            record.write(system(), "clients.listed")
        look(practice)
        assert kinds(practice) == []
    go_on.set()
    thread.join()

    look(practice)

    assert kinds(practice) == ["export"]


def test_whoever_writes_without_a_pause_cannot_hide(cast, monkeypatch):
    practice = cast.good_therapy
    look(practice)

    def unsettled():
        raise tree.Unsettled

    monkeypatch.setattr(tree, "settled_seq", unsettled)
    write(practice, jane(action="clients.exported"), at=timezone.now() - timedelta(seconds=61))
    write(practice, jane(action="clients.exported"), at=timezone.now() - timedelta(seconds=20))

    look(practice)

    assert kinds(practice) == ["export"]


def test_the_daily_command_looks_too(cast):
    assert "countersign.watch.looking.look" in settings.DAILY


def test_a_look_asks_few_questions_however_many_events_there_are(cast):
    practice = cast.good_therapy
    look(practice)

    def asked(count):
        write(practice, *(opened(number) for number in range(count)), at=NOON + timedelta(hours=2) * count)
        with binding.bind(practice), CaptureQueriesContext(connections["default"]) as captured:
            looking.look()
        return len(captured)

    assert asked(2) == asked(50)
