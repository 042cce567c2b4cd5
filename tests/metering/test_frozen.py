"""What is frozen stays frozen: by the verbs, by the model, and by the control database itself, on both databases."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connections, transaction

from countersign.audit import guards
from countersign.audit.actors import system
from countersign.audit.models import RecordIsAppendOnly
from countersign.commands import check
from countersign.instances import binding
from countersign.instances.models import Instance
from countersign.metering import plans, statements
from countersign.metering.models import PricePlan, Statement
from tests.conftest import KIND
from tests.installation import as_owner
from tests.metering.lives import MORGAN, Life, priced

pytestmark = pytest.mark.everybody

OCTOBER, NOVEMBER, DECEMBER = date(2026, 10, 1), date(2026, 11, 1), date(2026, 12, 1)
TABLES = ("metering_statement", "metering_priceplan")
STATEMENTS = {
    "update": "UPDATE {table} SET price = price", "delete": "DELETE FROM {table}",
    **({"replace": "REPLACE INTO {table} SELECT * FROM {table}"} if KIND == "sqlite" else
       {"truncate": "TRUNCATE {table} CASCADE"}),
}


@pytest.fixture
def life(clock, cast):
    """Rowan is Regular since August, the price is 39.00, and it is December."""
    life = Life(cast, clock)
    priced(cast, "39.00")
    life.born()
    clock.to(2026, 12, 2)
    return life


@pytest.fixture
def frozen(life):
    return statements.freeze(life.instance, OCTOBER, by=system())[0]


def test_the_model_refuses_every_change(frozen):
    for model in (Statement, PricePlan):
        row = model.objects.first()
        for change in (
            row.save, row.delete, model.objects.all().delete, lambda m=model: m.objects.update(price=0),
            lambda m=model, r=row: m.objects.bulk_update([r], ["price"]),
        ):
            with pytest.raises(RecordIsAppendOnly):
                change()

    assert statements.kept(frozen.instance, OCTOBER).total == Decimal("39.00")


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("name", STATEMENTS)
def test_the_database_refuses_every_change(frozen, name, table):
    with connections["control"].cursor() as cursor, pytest.raises(DatabaseError, match="never changes"):
        with transaction.atomic(using="control"):
            cursor.execute(STATEMENTS[name].format(table=table))

    assert statements.kept(frozen.instance, OCTOBER).total == Decimal("39.00")
    assert guards.faults_of_the_catalogue() == []


@pytest.mark.parametrize("table", TABLES)
def test_a_guard_that_is_gone_is_named_by_countersign_check(frozen, table):
    """Planted: without its trigger the change goes through, and the check says so."""
    trigger = f"{table}_no_update" if KIND == "sqlite" else f"{table}_no_change ON {table}"
    with connections["control"].cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger}")
        cursor.execute(f"UPDATE {table} SET price = 1")

    assert [fault for fault in check.of_catalogue() if table in fault]


def test_freezing_again_changes_nothing_whatever_became_of_the_people_since(life, frozen):
    life.born(2026, 12, 3, name="Sage")

    again, is_new = statements.freeze(life.instance, OCTOBER, by=MORGAN)

    assert (again.id, is_new, again.frozen_by) == (frozen.id, False, "Countersign")
    assert [event.object for event in life.cast.events(life.instance, action="charges.frozen")] == [
        "Good Therapy, Inc., 10/2026"
    ]


def test_a_later_name_stays_out_of_what_was_frozen(life, frozen):
    life.user(lambda user, by: type(user).objects.filter(id=user.id).update(name="Rowan Married"), 2026, 12, 3)

    assert [line.name for line in statements.kept(frozen.instance, OCTOBER).lines] == ["Rowan"]


def test_of_several_that_freeze_at_once_one_does(life):
    together = threading.Barrier(4)

    def freeze(_):
        together.wait()
        try:
            return statements.freeze(life.instance, OCTOBER, by=system())
        finally:
            connections["control"].close()

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(freeze, range(4)))

    assert sorted(is_new for _, is_new in found) == [False, False, False, True]
    assert len({statement.id for statement, _ in found}) == Statement.objects.count() == 1
    assert len(life.cast.events(life.instance, action="charges.frozen")) == 1


@pytest.mark.parametrize(("month", "why"), [
    (DECEMBER, statements.NOT_OVER), (date(2027, 5, 1), statements.NOT_OVER), (date(2025, 12, 1), statements.NO_PLAN),
])
def test_a_month_that_is_not_over_or_has_no_price_is_refused(life, month, why):
    with pytest.raises(statements.NotYet, match=why):
        statements.freeze(life.instance, month, by=system())

    assert not Statement.objects.exists()


def test_an_instance_of_another_version_is_left_for_later(life):
    Instance.objects.filter(id=life.instance.id).update(schema="0" * 16)
    life.instance.refresh_from_db()

    with pytest.raises(statements.NotYet, match="another version"):
        statements.freeze(life.instance, OCTOBER, by=system())


def test_what_cannot_be_recorded_is_not_frozen_and_stops_nobody_else(life):
    as_owner(life.instance, "ALTER TABLE audit_event RENAME TO audit_gone")

    with binding.bind(life.cast.support), pytest.raises(statements.NotAllFrozen, match="good-therapy, 10/2026"):
        statements.daily()

    assert not Statement.objects.filter(instance=life.instance).exists()
    assert Statement.objects.filter(instance=life.cast.elm_street, month_on=OCTOBER).exists()
    as_owner(life.instance, "ALTER TABLE audit_gone RENAME TO audit_event")
    with binding.bind(life.cast.support):
        statements.daily()
    assert statements.kept(life.instance, OCTOBER).users == 1


def test_the_daily_run_makes_every_month_that_is_over_once_and_says_so_on_the_records(life):
    with binding.bind(life.instance):
        assert statements.daily() == []  # Support's alone
    with binding.bind(life.cast.support):
        made = statements.daily()
        assert statements.daily() == []

    assert {(one.instance.slug, one.month_on.month) for one in made} == {
        (slug, month) for month in range(1, 12)
        for slug in ("acme-billing", "elm-street", "good-therapy", "rival-billing")
    }
    october = [event for event in life.cast.events(life.cast.support, action="charges.frozen") if "10/" in event.object]
    assert [(event.object, event.changes) for event in october] == [
        ("all instances, 10/2026", {"Statements": 4, "Total": "39.00"})
    ]
    (event,) = [e for e in life.cast.events(life.instance, action="charges.frozen") if e.object.endswith("10/2026")]
    assert event.changes == {"Users": 1, "Price": "39.00", "Total": "39.00"}


def test_without_any_price_plan_the_daily_run_does_nothing(clock, cast):
    with binding.bind(cast.support):
        assert statements.daily() == []


def priced_from(cast, month, instance=None):
    with binding.bind(cast.support):
        return plans.set(instance=instance, name="Later", price=Decimal("50"), from_on=month, by=MORGAN)


@pytest.mark.parametrize("own", [True, False])
def test_no_price_is_set_for_a_month_that_is_frozen(life, frozen, own):
    instance = life.instance if own else None

    for month in (OCTOBER, date(2026, 3, 1)):
        with pytest.raises(ValidationError, match="Choose 11/2026 or later") as refused:
            priced_from(life.cast, month, instance)
        assert list(refused.value.error_dict) == ["from_on"]

    priced_from(life.cast, NOVEMBER, instance)
    november, _ = statements.freeze(life.instance, NOVEMBER, by=system())
    assert (november.plan, november.price) == ("Later", Decimal("50.00"))


def test_the_frozen_month_of_one_instance_binds_no_other(life, frozen):
    assert priced_from(life.cast, OCTOBER, life.cast.elm_street)


def test_of_two_plans_for_the_same_month_the_one_set_last_counts_and_both_stay_readable(life):
    priced_from(life.cast, OCTOBER)
    with binding.bind(life.cast.support):
        plans.set(instance=None, name="Corrected", price=Decimal("45.50"), from_on=OCTOBER, by=MORGAN)

    assert statements.freeze(life.instance, OCTOBER, by=system())[0].total == Decimal("45.50")
    assert [plan.name for plan in PricePlan.objects.all()] == ["Corrected", "Later", "Standard"]


def test_nothing_of_a_client_is_kept_outside_of_the_instance(life, frozen):
    assert [set(line) for line in frozen.kept] == [
        {"user", "name", "user_id", "type", "why", "from_on", "amount"}
    ]
