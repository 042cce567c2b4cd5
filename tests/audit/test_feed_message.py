"""The form of a message in the feed: RFC 5424, read back by a strict reader, whatever is in an event."""

import json
import re
import unicodedata
import uuid
from datetime import UTC, datetime

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from countersign.audit import canonical, feed_message, merkle

INSTANCE = str(uuid.UUID(int=7))
HEADER = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,6}Z) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48})"
    r" (?P<proc>[!-~]{1,128}) (?P<msgid>[!-~]{1,32}) \[(?P<sdid>[!#-<>-\\^-~]{1,32})"
)
PARAMETER = re.compile(r' ([!#-<>-\\^-~]{1,32})="((?:[^"\\\]]|\\["\\\]])*)"')
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
HOSTILE = 'a"]\\ \x1b[31m\n\r\x00\x7f\x85\u2028\u202e\ufeff\U000e0041=<1>2 [x'


def row(**fields):
    values = {column: "" for column in canonical.COLUMNS}
    values.update(seq=1, at=datetime(2026, 11, 23, 13, 30, tzinfo=UTC), source="ours", person="Priya Raman",
                  action="page.opened", result="ok", changes={})
    return tuple({**values, **fields}[column] for column in canonical.COLUMNS)


def made(**fields):
    return feed_message.maker(INSTANCE, "good-therapy.example.org")(row(**fields))


def read(message):
    """(header, structured data, text) by the grammar of RFC 5424 6; fails on anything else."""
    text = message.decode()
    header = HEADER.match(text)
    assert header, text
    place, parameters = header.end(), {}
    while found := PARAMETER.match(text, place):
        parameters[found[1]] = re.sub(r'\\(["\\\]])', r"\1", found[2])
        place = found.end()
    assert text[place:place + 3] == "] \ufeff", text[place - 20:]
    return header.groupdict(), parameters, text[place + 3:]


def acts(character):
    return unicodedata.category(character) in {"Cc", "Cf", "Zl", "Zp"}


def test_a_message_says_who_did_what_and_carries_the_whole_event():
    message = made(seq=41, company="ACME Billing", action="client.opened", result="refused", client_id="c1")

    header, parameters, text = read(message)
    assert header == {
        "pri": "108", "at": "2026-11-23T13:30:00.000000Z", "host": "good-therapy.example.org", "app": "countersign",
        "proc": "-", "msgid": "client.opened", "sdid": "countersign@32473",
    }
    line = canonical.liner(INSTANCE)(row(seq=41, company="ACME Billing", action="client.opened", result="refused",
                                         client_id="c1"))
    assert text.encode() == line
    assert parameters == {
        "instance": INSTANCE, "seq": "41", "action": "client.opened", "result": "refused", "person": "Priya Raman",
        "source": "ours", "company": "ACME Billing", "clientId": "c1", "leaf": merkle.leaf_hash(line).hex(),
    }


@pytest.mark.parametrize(("result", "priority"), [("ok", 110), ("refused", 108), ("failed", 107), ("odd", 109)])
def test_the_facility_is_log_audit_and_the_severity_says_the_result(result, priority):
    assert read(made(result=result))[0]["pri"] == str(priority)


@given(st.fixed_dictionaries({name: TEXT for name in ("person", "company", "object", "reason", "billing_user")}),
       st.dictionaries(TEXT, TEXT, max_size=3))
@example({"person": HOSTILE, "company": HOSTILE, "object": HOSTILE, "reason": HOSTILE, "billing_user": HOSTILE},
         {HOSTILE: HOSTILE})
def test_whatever_is_in_an_event_the_message_is_well_formed_neutral_and_says_the_same(fields, changes):
    fields["person"] = fields["person"].replace("\ufffd", "?") or "unknown"
    message = made(**fields, changes=changes)

    _header, parameters, text = read(message)
    assert len(message) <= feed_message.LIMIT
    assert not any(acts(c) for c in message.decode().replace("\ufeff", "", 1))
    assert list(map(acts, parameters["person"])) == [False] * len(parameters["person"])
    expected = "".join("\ufffd" if acts(c) else c for c in fields["person"])
    assert expected.startswith(parameters["person"]) and parameters["person"][:20] == expected[:20]
    if "leftOut" not in parameters:
        said = json.loads(text)
        assert {name: said.get(name, "") for name in fields} == fields and said.get("changes", {}) == changes
        assert parameters["leaf"] == merkle.leaf_hash(rfc8785.dumps(said)).hex()


@given(st.lists(st.binary(max_size=feed_message.LIMIT), max_size=30))
def test_frames_read_back_as_they_went_in_and_no_batch_is_longer_than_a_tls_record(messages):
    batches = list(feed_message.batches(enumerate(messages, 1)))

    assert all(len(octets) <= feed_message.RECORD for _, _, octets in batches)
    assert sum(count for _, count, _ in batches) == len(messages)
    assert [last for last, _, _ in batches][-1:] == ([len(messages)] if messages else [])
    stream, found = b"".join(octets for _, _, octets in batches), []
    while stream:
        length, _, stream = stream.partition(b" ")
        found.append(stream[:int(length)])
        stream = stream[int(length):]
    assert found == messages


def test_an_event_that_is_too_long_says_what_is_left_out_and_keeps_the_hash_of_all_of_it():
    changes = {"note": "x" * 9000}
    message = made(changes=changes, object="a client")

    _, parameters, text = read(message)
    assert len(message) < 2000 and parameters["leftOut"] == "changes"
    whole = canonical.liner(INSTANCE)(row(changes=changes, object="a client"))
    assert parameters["leaf"] == merkle.leaf_hash(whole).hex()
    assert json.loads(text)["object"] == "a client" and "changes" not in json.loads(text)


@pytest.mark.parametrize("character", ["x", '"', "\u202e", "\U000e0041", "é"])
def test_with_every_column_full_it_still_fits(character):
    from countersign.audit.models import Event

    full = {f.column: character * f.max_length for f in Event._meta.concrete_fields if f.max_length}

    message = made(**full, changes={character: character * 9000})
    assert len(message) <= feed_message.LIMIT
    assert read(message)[1]["seq"] == "1"


def test_the_same_event_is_the_same_message_octet_for_octet():
    assert made(person="Jane Doe") == made(person="Jane Doe") != made(person="June Doe")
