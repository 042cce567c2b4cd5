"""Lines made many at a time are the lines that canonical.liner makes one by one, whatever stands in the record."""

import json
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from django.db import OperationalError, connections
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from countersign.audit import canonical, check, checkpoints, reading, record, signing
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.instances import binding
from tests.audit import attacks
from tests.audit.test_canonical import values

# What separates, what JSON escapes, what only looks like it, and anything else that both databases take.
AWKWARD = ["", "\x1f", '"', "\\", "\\u001f", '","', "a\x1fb", "\x7f", "\u2028", "\ufeff", "\U0001f600", "null", "{}"]
texts = st.sampled_from(AWKWARD) | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
TEXTS = [name for name in canonical.COLUMNS if name not in reading.ALONE]
changes = st.dictionaries(texts, values, max_size=2)
events = st.fixed_dictionaries({name: texts for name in TEXTS} | {"changes": changes})


@pytest.fixture
def good_therapy(cast):
    with binding.bind(cast.good_therapy):
        yield cast.good_therapy


def insert(rows):
    """Events past the one way in, as somebody who has the database may write them; `person` must not be empty."""
    connection = connections["default"]
    names = [name for name in canonical.COLUMNS if name != "seq"]
    at = connection.ops.adapt_datetimefield_value(datetime(2026, 11, 28, 7, tzinfo=UTC))
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO audit_event ({', '.join(map(connection.ops.quote_name, names))}) "
            f"VALUES ({', '.join(['%s'] * len(names))})",
            [[row.get(name) or {"at": at, "person": "x"}.get(name, "") for name in names] for row in rows],
        )


def plain(**given_):
    return {"changes": "{}", **given_}


def both_ways(instance, after=0, until=2**60):
    """The lines one by one, having seen that many at a time are the same ones."""
    line = canonical.liner(instance.id)
    found = [(row[reading.SEQ], line(row)) for row in reading.rows(after, until)]
    assert list(reading.lines(after, until)) == found
    return found


def test_every_column_of_an_event_has_its_place():
    placed = Counter([*reading.ALONE, *reading.WHO, *reading.WHAT, *reading.WHOM])

    assert placed == Counter(canonical.COLUMNS)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(events, min_size=1, max_size=12))
def test_whatever_was_written_has_the_same_line_either_way(good_therapy, made):
    after = Event.objects.latest("seq").seq
    lengths = {field.column: field.max_length for field in Event._meta.concrete_fields if field.max_length}
    insert([
        {name: row[name][:lengths[name]] for name in TEXTS} | {"changes": json.dumps(_without_nul(row["changes"]))}
        for row in made
    ])

    assert len(both_ways(good_therapy, after)) == len(made)


def _without_nul(value):
    return json.loads(json.dumps(value).replace("\\u0000", ""))


def test_two_events_that_differ_in_where_the_separator_stands_have_different_lines(good_therapy):
    after = Event.objects.latest("seq").seq
    insert([plain(action="a\x1fb", result="c"), plain(action="a", result="b\x1fc"), plain(action="a", result="b")])

    lines = [json.loads(line) for _, line in both_ways(good_therapy, after)]

    assert [(line["action"], line["result"]) for line in lines] == [("a\x1fb", "c"), ("a", "b\x1fc"), ("a", "b")]


@pytest.mark.parametrize("chunk", [1, 2, 7, 8])
def test_chunks_begin_where_the_last_one_ended(good_therapy, monkeypatch, chunk):
    for number in range(8):
        record.write(system(), "page.opened", object=f"/{number}/")
    monkeypatch.setattr(reading, "CHUNK", chunk)
    whole = both_ways(good_therapy)

    assert len(whole) == Event.objects.count()
    assert all(one < other for (one, _), (other, _) in pairwise(whole))
    assert both_ways(good_therapy, whole[2][0], whole[-3][0]) == whole[3:-2]
    assert both_ways(good_therapy, 5, 5) == both_ways(good_therapy, whole[-1][0]) == []


def test_what_was_looked_up_is_forgotten_when_it_becomes_much(good_therapy, monkeypatch):
    monkeypatch.setattr(reading._Pieces, "MOST", 3)
    for number in range(20):
        record.write(system(), "page.opened", object=f"/{number % 7}/")

    assert len(both_ways(good_therapy)) == Event.objects.count()


def _unreadable(vendor):
    yield ("changes", '{"amount": 1.5}')
    yield ("changes", '{"amount": 1e-3}')
    yield ("changes", "[" * 990 + "]" * 990)
    if vendor == "postgresql":
        attacks.past_the_guards("ALTER TABLE audit_event ALTER COLUMN rule DROP NOT NULL")
        yield ("rule", None)
        yield from (("at", moment) for moment in ("infinity", "-infinity", "2026-11-28 07:00:00+00 BC"))
        return
    yield ("changes", '{"Fee": 1, "Fee": 2}')  # one reader takes the first, another the last
    yield ("person", b"Jane Doe")  # shown and searched it would be somebody else, as a text it is the same
    yield ("person", sqlite3.Binary(b"\xff"))
    # The same moment, or what would have been read as the same, and compared as texts another day.
    yield from (("at", moment) for moment in (
        "yesterday", "2026-11-28T07:00:00.000001", "20261128 070000.000001", "2026-11-29 06:00:00.000001+23:00",
        "2026-11-28 07:00:00.5", b"2026-11-28 07:00:00.000001", "2026-11-28 07:00:00.00001\"",
        "\u0662026-11-28 07:00:00.00000",
    ))


def test_an_event_that_no_line_can_be_made_of_is_named_and_breaks_nothing_down(good_therapy):
    for number in range(300):
        record.write(system(), "page.opened", object=f"/{number}/")
    kept = checkpoints.take("mail")
    seq = Event.objects.order_by("seq")[270].seq
    vendor = connections["default"].vendor
    for column, value in _unreadable(vendor):
        before = next(reading.rows(seq - 1, seq))[canonical.COLUMNS.index(column)]
        attacks.set_column(seq, column, value)

        with pytest.raises(reading.Unreadable, match=f"^event {seq} holds what is never written"):
            list(reading.lines(0, 2**60))
        words = [one.words for one in check.run().wrong]
        assert any(word.startswith(f"event {seq} holds") for word in words), words
        assert any(f"{kept.size:,} events at" in word and "can be read only as far as 256" in word for word in words)
        assert not check.run().whole

        attacks.set_column(seq, column, f"{before}+00" if (column, vendor) == ("at", "postgresql") else before)
    assert check.run().wrong == []


def test_bytes_that_are_no_text_are_somewhere_among_these(good_therapy):
    if connections["default"].vendor != "sqlite":
        pytest.skip("PostgreSQL holds no text that is none")
    record.write(system(), "page.opened", object="/")
    seq = Event.objects.latest("seq").seq
    attacks.set_column(seq, "object", "CAST(x'ff' AS TEXT)", raw=True)

    with pytest.raises(reading.Unreadable, match=r"^one of the events after "):
        list(reading.lines(seq - 1, seq))
    assert [one.words for one in check.run().wrong if "one of the events after 0" in one.words]


def test_a_database_that_does_not_answer_says_nothing_about_the_record(good_therapy, monkeypatch):
    def locked(*args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(reading, "_read", locked)

    with pytest.raises(OperationalError, match="locked"):
        list(reading.lines(0, 2**60))
    with pytest.raises(OperationalError, match="locked"):
        check.run()


def test_what_is_added_while_a_check_begins_accuses_nobody(good_therapy, monkeypatch):
    """Signatures of many checkpoints take their time, and visits go on."""
    checkpoints.take("mail")
    read = signing.read

    def slow(*args):
        monkeypatch.setattr(signing, "read", read)
        for number in range(300):
            record.write(system(), "page.opened", object=f"/{number}/")
        checkpoints.take("a visit ended")
        return read(*args)

    monkeypatch.setattr(signing, "read", slow)

    report = check.run()
    assert report.wrong == [] and report.whole
    assert check.run().wrong == []
