"""When a user was active, and of which type, is kept as it changes; for those of before it is read from the record."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import DatabaseError, connections, transaction
from django.utils import timezone

from countersign.audit import record
from countersign.audit.actors import Actor, system
from countersign.instances import binding, revocations
from countersign.instances.models import RevocationKind
from countersign.people import accounts, restored
from countersign.people.models import ActiveTime, User, UserType
from countersign.people.permissions import offered

PRIYA = Actor(person="Priya Raman")
before = import_module("countersign.people.migrations.0003_active_times_from_the_record")


@pytest.fixture
def practice(cast):
    cast.administrator(cast.good_therapy)
    with binding.bind(cast.good_therapy) as instance:
        yield instance


def rita(cast, type=UserType.REGULAR):
    with binding.elsewhere():
        return cast.user(cast.good_therapy, "rita", type, name="Rita Rest")


def changed(found, **more):
    stored = {"name": found.name, "email": "", "type": found.type, "groups": [], "permissions": []}
    return accounts.change(found, by=PRIYA, grantable=offered("practice"), **{**stored, **more})


def times(found):
    return [(one.type, bool(one.ended_at), one.began_by, one.ended_by) for one in found.active_times.all()]


def test_the_whole_life_of_a_user_is_kept(cast, practice):
    found = rita(cast, UserType.RESTRICTED)
    changed(found, type="regular")
    changed(found, name="Rita Restless")  # no other type, no other time
    accounts.inactivate(found, by=PRIYA)
    accounts.inactivate(found, by=PRIYA)
    changed(found, type="restricted")  # an inactive user has no active time, of whatever type
    accounts.reactivate(found, by=PRIYA, grantable=None)

    assert times(found) == [
        ("restricted", True, "Countersign", "Priya Raman"), ("regular", True, "Priya Raman", "Priya Raman"),
        ("restricted", False, "Priya Raman", ""),
    ]
    first, second, _ = found.active_times.all()
    assert first.ended_at == second.began_at


def test_it_is_kept_in_the_transaction_of_the_change(cast, practice, monkeypatch):
    found = rita(cast)
    monkeypatch.setattr(record, "write", lambda *args, **kwargs: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        accounts.inactivate(found, by=PRIYA)

    assert times(found) == [("regular", False, "Countersign", "")]


def test_what_counts_is_what_is_stored_and_not_the_user_in_hand(cast, practice):
    stale = rita(cast)
    accounts.inactivate(User.objects.get(id=stale.id), by=PRIYA)

    changed(stale, name="Rita Renamed")

    assert times(stale) == [("regular", True, "Countersign", "Priya Raman")]


def test_a_clock_that_was_set_back_ends_nothing_before_it_began(cast, practice, monkeypatch):
    found, now = rita(cast), timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now - timedelta(hours=1))

    accounts.inactivate(found, by=PRIYA)

    (one,) = found.active_times.all()
    assert one.ended_at == one.began_at


def test_whoever_stays_out_after_a_restore_is_not_active_any_more(cast, practice):
    found = rita(cast)
    revocations.note(RevocationKind.USER, found.id, by="Priya Raman")

    with transaction.atomic():
        restored.shut_out(restored.revived())

    assert times(found) == [("regular", True, "Countersign", "Countersign")]


@pytest.mark.parametrize("values", [{}, {"ended_at": datetime(2020, 1, 1, tzinfo=UTC)}])
def test_the_database_refuses_a_second_lasting_time_and_one_that_ends_before_it_begins(cast, practice, values):
    found = rita(cast)

    with pytest.raises(DatabaseError), transaction.atomic():
        ActiveTime.objects.create(user=found, type="regular", began_at=timezone.now(), began_by="x", **values)


def read_again():
    """What the migration makes of the users who are there."""
    ActiveTime.objects.all().delete()
    before.read_the_record(apps, SimpleNamespace(connection=SimpleNamespace(alias=connections["default"].alias)))


def test_of_users_from_before_the_record_tells_it(cast, practice):
    found = rita(cast, UserType.RESTRICTED)
    changed(found, type="regular")
    accounts.inactivate(found, by=PRIYA)
    changed(found, type="restricted")
    accounts.reactivate(found, by=PRIYA, grantable=None)
    kept = times(found)

    read_again()

    assert times(found) == kept
    assert ActiveTime.objects.filter(user__user_id="admin").count() == 1


@pytest.mark.parametrize(("columns", "wanted"), [
    ({}, [("regular", False)]),
    ({"inactivated_at": datetime(2026, 3, 4, tzinfo=UTC), "inactivated_by": "Priya"}, [("regular", True)]),
    ({"inactivated_at": datetime(2020, 3, 4, tzinfo=UTC), "inactivated_by": "Priya"}, [("regular", True)]),
])
def test_of_a_user_of_whom_the_record_says_nothing_today_is_what_is_known(cast, practice, columns, wanted):
    made = datetime(2026, 1, 2, tzinfo=UTC)
    User.objects.bulk_create([User(
        user_id="old", look="old", name="Olga Old", type="regular", password="!", created_at=made, created_by="x",
        **columns,
    )])

    read_again()

    assert [(one.type, bool(one.ended_at)) for one in User.objects.get(user_id="old").active_times.all()] == wanted
    assert User.objects.get(user_id="old").active_times.first().began_at == made


def test_what_was_changed_around_the_record_counts_from_the_last_that_is_known(cast, practice):
    found = rita(cast)
    accounts.inactivate(found, by=PRIYA)
    record.write(system(), "page.opened")
    User.objects.filter(id=found.id).update(inactivated_at=None, type="restricted")

    read_again()

    assert times(found) == [
        ("regular", True, "Countersign", "Priya Raman"), ("restricted", False, "Countersign", ""),
    ]
