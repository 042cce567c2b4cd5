"""The record in other forms than a table: the lines that were hashed, the checkpoint at the end, the page's filters."""

import json
import tracemalloc
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from countersign.audit import canonical, merkle, signing, tree
from countersign.audit.models import Checkpoint, Event
from countersign.instances import binding
from countersign.reports import exports
from tests.reports.written import AUDIT, JANE, LOG, RIVERA, write

HOSTILE = '=1+1\t"} \\ {"checkpoint": "forged"} <b>{object} %s \u202e \U0001f600'


def lines(response):
    assert response.status_code == 200, response.content
    text = b"".join(response.streaming_content)
    assert text.endswith(b"\n")
    return text[:-1].split(b"\n")


def test_each_line_is_the_one_that_was_hashed_and_the_last_is_the_checkpoint(cast, priya):
    write(cast.good_therapy, {**JANE, **RIVERA, "action": "client.changed", "changes": {"phone": ["ü"]}}, *[JANE] * 3)

    *events, last = lines(priya.get(f"{LOG}export/?format=jsonl"))

    with binding.bind(cast.good_therapy):
        checkpoint = Checkpoint.objects.order_by("-id").first()
        at = tree.Tree(checkpoint.seq)
        for line in events:
            index = at.index_of(json.loads(line)["seq"])
            proof = at.inclusion(index, at.size)
            root = bytes.fromhex(checkpoint.root)
            merkle.check_inclusion(merkle.leaf_hash(line), index, checkpoint.size, proof, root)
        assert signing.read(json.loads(last)["checkpoint"], checkpoint.key).size == checkpoint.size
    assert len(events) == checkpoint.size


def test_the_filters_of_the_page_hold_for_every_format(cast, priya):
    (seq, _) = write(cast.good_therapy, {**JANE, "action": "visit.began"}, {"person": "Cole Whitaker"})

    for name in ("jsonl", "fhir"):
        *events, _ = lines(priya.get(f"{LOG}export/", {"format": name, "who": "third party"}))
        assert len(events) == 1
        assert str(seq) in events[0].decode()


@pytest.mark.parametrize("name", exports.FORMATS)
@pytest.mark.parametrize(("path", "action"), [(AUDIT, "user-audit.exported"), (LOG, "general-log.exported")])
def test_each_export_is_an_event_with_format_filters_and_rows(cast, priya, path, action, name):
    write(cast.good_therapy, *[{**JANE, "action": "visit.left"}] * 3)

    response = priya.get(f"{path}export/", {"format": name, "who": "third party"})

    (event,) = cast.events(cast.good_therapy, action=action)
    label = {"csv": "CSV", "jsonl": "JSON Lines", "fhir": "FHIR"}[name]
    assert (event.changes["Format"], event.changes["Rows"], event.changes["Who"]) == (label, 3, "Third party")
    size = event.changes["Checkpoint"].partition(" ")[0]
    assert f"-checkpoint-{size}.{exports.FORMATS[name].suffix}" in response["Content-Disposition"]
    assert sum(b"Jane Doe" in line for line in lines(response)) == 3


def test_the_user_audit_gives_away_no_field_that_its_page_does_not_show(cast, priya):
    secret = "only in the General Log"
    write(cast.good_therapy, {
        **JANE, "action": "visit.began", "rule": secret, "iss": f"https://{secret}", "sub": secret,
        "object_id": secret, "changes": {"kept": secret},
    })

    for name in exports.FORMATS:
        assert secret.encode() not in b"".join(priya.get(f"{AUDIT}export/?format={name}").streaming_content)
        assert secret.encode() in b"".join(priya.get(f"{LOG}export/?format={name}").streaming_content)


def test_hostile_contents_stay_within_their_line_and_their_field(cast, priya):
    (seq,) = write(cast.good_therapy, {
        **JANE, "person": HOSTILE, "object": HOSTILE, "changes": {HOSTILE: ["\n\r\x1b[31m", HOSTILE]},
    })

    *events, _ = lines(priya.get(f"{LOG}export/?format=jsonl&who=third+party"))

    (event,) = map(json.loads, events)
    assert (event["seq"], event["person"], event["changes"]) == (seq, HOSTILE, {HOSTILE: ["\n\r\x1b[31m", HOSTILE]})


def test_a_format_that_there_is_not_is_missing(cast, priya):
    assert priya.get(f"{LOG}export/?format=xlsx").status_code == 404


@pytest.mark.parametrize("name", exports.FORMATS)
def test_an_export_holds_its_rows_in_constant_memory(cast, name):
    def peak(count):
        tracemalloc.start()
        file, found = exports.FORMATS[name].write(Event.objects.order_by("-at", "-seq")[:count], exports.GENERAL_LOG)
        file.close()
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found == count
        return top

    write(cast.good_therapy, *[{**JANE, **RIVERA, "browser": "x" * 250, "changes": {"n": "y" * 200}}] * 40_000)
    with binding.bind(cast.good_therapy):
        peak(100)
        few, many = peak(10_000), peak(40_000)

    assert many < few * 1.3, (few, many)


def test_the_page_offers_each_format_with_its_filters(cast, priya):
    page = priya.get(LOG, {"who": "ours"}).content.decode()

    for name in exports.FORMATS:
        assert f'href="{LOG}export/?who=ours&amp;format={name}"' in page


def test_a_column_that_is_added_to_the_record_is_added_to_the_general_log():
    assert set(exports.GENERAL_LOG) == set(canonical.COLUMNS)


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
def test_the_short_way_to_local_time_tells_the_same_as_the_long_one(zone):
    zone = ZoneInfo(zone)
    times = exports._clock(zone)
    for minutes in range(0, 366 * 24 * 60, 17):
        at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes, microseconds=5)
        assert times(at)[0] == f"{at.astimezone(zone):%m/%d/%Y %H:%M:%S}"
