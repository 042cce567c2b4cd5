"""`countersign charges freeze MONTH` and the daily run, as an operator uses them."""

import pytest

from countersign.__main__ import run
from countersign.metering.models import Statement
from tests.metering.lives import Life, priced

pytestmark = pytest.mark.everybody


@pytest.fixture
def life(clock, cast):
    life = Life(cast, clock)
    life.born()
    clock.to(2026, 12, 2)
    return life


def test_a_month_is_frozen_once_and_each_statement_is_named(life, capsys):
    priced(life.cast, "39.00")

    assert run(["charges", "freeze", "2026-10"]) == 0
    first = capsys.readouterr().out
    assert run(["charges", "freeze", "2026-10"]) == 0

    assert "good-therapy: 1 users, 39.00\n" in first
    assert first.endswith("10/2026: 4 statements made now, 39.00 in all; 0 could not be made.\n")
    assert capsys.readouterr().out == "10/2026: 0 statements made now, 0.00 in all; 0 could not be made.\n"
    (event,) = life.cast.events(life.cast.support, action="charges.frozen")
    assert event.person.endswith(", command line")


def test_what_has_no_price_is_named_and_the_exit_code_says_so(life, capsys):
    priced(life.cast, "39.00", instance=life.instance)

    assert run(["charges", "freeze", "2026-10"]) == 1

    assert "elm-street: none: no price plan counts for this month: set one in the console\n" in capsys.readouterr().out
    assert Statement.objects.get().instance == life.instance


@pytest.mark.parametrize(("month", "code", "said"), [
    ("2026-12", 1, "12/2026 is not over yet."), ("2031-01", 1, "01/2031 is not over yet."),
    ("10/2026", 2, "“10/2026” is no month. Write it like 2026-10."), ("2026-13", 2, "is no month"),
])
def test_a_month_that_is_none_or_not_over_is_one_clear_sentence(life, capsys, month, code, said):
    assert run(["charges", "freeze", month]) == code

    assert said in capsys.readouterr().err


def test_the_daily_run_freezes_too_and_shut_instances_with_the_others(life, capsys):
    priced(life.cast, "39.00", (2026, 10))
    life.closed("archived", 2026, 11, 15)
    life.clock.to(2026, 12, 2)

    assert run(["daily"]) == 0, capsys.readouterr().out

    assert [one.month_on.month for one in Statement.objects.filter(instance=life.instance)] == [11, 10]
