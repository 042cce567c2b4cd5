"""RFC 8785: our lines against an independent implementation (the package rfc8785)."""

import json
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from countersign.audit import canonical
from countersign.audit.canonical import COLUMNS

texts = st.text(st.characters(codec="utf-8"), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=4), max_leaves=12,
)
INSTANCE = "0b5c4a53-3b0e-4d5e-9a43-111111111111"


@settings(max_examples=300, deadline=None)
@given(values)
def test_any_value_is_written_as_the_standard_says(value):
    assert canonical.encode(value) == rfc8785.dumps(value)


def test_keys_are_sorted_by_utf_16():
    keys = {"\U0001f600": 1, "\ufb33": 2, "z": 3}

    assert list(json.loads(canonical.encode(keys))) == ["z", "\U0001f600", "\ufb33"]
    assert canonical.encode(keys) == rfc8785.dumps(keys)


@settings(max_examples=200, deadline=None)
@given(texts, texts, st.dictionaries(texts, values, max_size=3), st.integers(1, 2**53 - 1), st.booleans())
def test_an_event_is_one_line_of_canonical_json_from_either_database(person, thing, changes, seq, sqlite):
    at = datetime(2026, 2, 28, 23, 59, 59, 60, tzinfo=UTC)
    event = dict.fromkeys(COLUMNS, "") | {
        "seq": seq, "at": at.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else at, "person": person, "object": thing,
        "changes": json.dumps(changes), "action": "client.opened",
    }

    line = canonical.liner(INSTANCE)([event[name] for name in COLUMNS])

    said = {"instance": INSTANCE, "seq": seq, "at": "2026-02-28T23:59:59.000060Z", "person": person, "object": thing,
            "changes": changes, "action": "client.opened"}
    assert line == rfc8785.dumps({name: value for name, value in said.items() if value})
    assert b"\n" not in line


@pytest.mark.parametrize(("given_", "written"), [
    ("2026-11-23 13:30:00", "2026-11-23T13:30:00.000000Z"),
    ("2026-11-23 13:30:00.000001", "2026-11-23T13:30:00.000001Z"),
    (datetime.fromisoformat("2026-11-23T08:30:00-05:00"), "2026-11-23T13:30:00.000000Z"),
])
def test_a_time_is_written_in_one_way_only(given_, written):
    assert canonical.instant(given_) == written


def test_a_fraction_is_not_on_the_record():
    with pytest.raises(TypeError, match="fractions"):
        canonical.liner(INSTANCE)([1.5 if name == "x" else "{\"amount\": 1.5}" if name == "changes" else
                                   1 if name == "seq" else "2026-11-23 13:30:00" if name == "at" else ""
                                   for name in COLUMNS])
