"""Messages to practices: after the commit or not at all, and nobody waits for one that never answers."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from countersign.audit.actors import system
from countersign.identity import entries, notices
from countersign.identity.models import Entry
from countersign.instances import binding, hosts
from countersign.people import accounts
from tests.identity.asking import Asking


def entered(cast, *, times=1):
    jane = cast.jane()
    for _ in range(times):
        asking = Asking(cast)
        asking.redeem(asking.code())
    return jane


def told(cast):
    notices.settle()
    with binding.bind(cast.acme):
        return sorted((entry.ended_because, entry.told_at is not None) for entry in Entry.objects.all())


def test_nothing_is_sent_before_the_commit_and_everything_after(cast, wire):
    jane = entered(cast)
    wire.asked.clear()

    with binding.bind(cast.acme), transaction.atomic():
        accounts.inactivate(jane, by=system())
        notices.settle(0.2)
        before = list(wire.asked)

    assert before == []
    assert told(cast) == [("the user was inactivated", True)]
    assert wire.paths("good-therapy").count("/sign-out/back-channel/") == 1


def test_nothing_is_sent_when_the_change_is_undone(cast, wire):
    jane = entered(cast)
    wire.asked.clear()

    with binding.bind(cast.acme), transaction.atomic():
        accounts.inactivate(jane, by=system())
        transaction.set_rollback(True)

    assert told(cast) == [("", False)]
    assert wire.asked == []


def test_a_practice_that_answers_with_an_error_is_not_counted_as_told_and_is_asked_again(cast, wire):
    jane = entered(cast)
    host = hosts.root(cast.good_therapy).partition("://")[2]
    wire.refuse(host, "/sign-out/back-channel/")
    with binding.bind(cast.acme):
        accounts.inactivate(jane, by=system())
    assert told(cast) == [("the user was inactivated", False)]
    wire.stands_in.clear()

    with binding.bind(cast.acme):
        notices.send_soon()

    assert told(cast) == [("the user was inactivated", True)]


def test_what_ended_long_ago_or_ran_out_by_itself_is_not_sent(cast, wire):
    entered(cast, times=3)
    now = timezone.now()
    with binding.bind(cast.acme):
        first, second, _ = Entry.objects.order_by("entered_at")
        Entry.objects.filter(id=first.id).update(entered_at=now - timedelta(hours=13))
        Entry.objects.filter(id=second.id).update(ended_at=now - timedelta(minutes=5), ended_because="long ago")
        wire.asked.clear()
        entries.end(Entry.objects.filter(ended_at=None), because="signed out")

    assert told(cast) == [("long ago", False), ("signed out", False), ("signed out", True)]
    assert wire.paths("good-therapy").count("/sign-out/back-channel/") == 1
