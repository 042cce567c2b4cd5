"""The table of cases in docs/charges.md: each happens, and the statement is the one that stands there, to the cent."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.metering import periods, statements, words
from countersign.metering.models import Statement
from tests.metering.lives import LIVES, PRICES, Life, priced

DOCUMENT = Path(__file__).parents[2] / "docs" / "charges.md"
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (\d\d/\d{4}) \| ([^|]+) \| ([\d.]+|none) \|$", re.MULTILINE)


def table():
    """{case: (month, lines, total)} as the document has it."""
    return {case: (month, lines, total) for case, _, month, lines, total in ROW.findall(DOCUMENT.read_text())}


def told(statement):
    """A statement as the document writes it."""
    if statement is None:
        return "no statement", "none"
    lines = [
        f"{line.name}, {words.day(line.from_on)}, {line.why}, {line.amount:.2f}" for line in statement.lines
    ]
    return " / ".join(lines) or "nobody", f"{statement.total:.2f}"


def test_every_case_of_the_table_is_told_here_and_every_one_told_stands_there():
    assert list(table()) == list(LIVES)
    assert DOCUMENT.read_text().count("\n| ") == len(LIVES) + 1, "a row of the table is not read"


@pytest.mark.parametrize("case", LIVES)
def test_the_statement_is_the_one_that_the_document_states(clock, cast, case):
    month, *wanted = table()[case]
    price, since = PRICES.get(case, ("39.00", (2026, 1)))
    if case != "A plan of its own, and a later one":
        priced(cast, price, since)
    life = Life(cast, clock)
    LIVES[case](life)
    month = periods.typed(month)
    clock.to(*periods.after(periods.after(month)).timetuple()[:3])

    with binding.bind(cast.support):
        list(statements.freeze_all([month], by=system()))

    made = Statement.objects.filter(instance=life.instance, month_on=month).first()
    assert told(made) == tuple(wanted)
    if made:
        assert sum((line.amount for line in made.lines), Decimal(0)) == made.total == made.price * made.users


def test_a_row_that_says_another_amount_is_found(clock, cast):
    """Planted: the comparison reads the document and not itself."""
    life = Life(cast, clock)
    priced(cast, "39.01")
    life.born()
    clock.to(2026, 12, 1)
    made, _ = statements.freeze(life.instance, periods.typed("10/2026"), by=system())

    assert told(made) != table()["Active all month"][1:]
