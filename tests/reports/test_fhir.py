"""The record as FHIR AuditEvents, validated with fhir.resources against R4B (4.3.0).

fhir.resources no longer carries R4 (4.0.1) itself; AuditEvent and Binary are the same resources in both. It checks the
structure and the types, and not the codes: those with a required binding are checked here.
"""

import json
from base64 import b64decode
from datetime import UTC, datetime

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from fhir.resources.R4B.binary import Binary

from countersign.audit import canonical
from countersign.audit.actions import ACTIONS
from countersign.audit.models import Event
from countersign.instances import hosts
from countersign.reports import fhir, fhir_codes
from tests.reports.test_export_formats import HOSTILE, lines
from tests.reports.written import JANE, LOG, NOON, RIVERA, write

VISIT = {**JANE, "iss": "https://acme.example.org", "sub": "7f0c", "visit": "3d0e0f5c-4c5b-4f0e-8c55-8a8b1e1f0a11"}
TEXTS = [name for name in canonical.COLUMNS if name not in ("seq", "at", "changes")]


def resource(instance, **fields):
    """One event as FHIR says it, validated; as a dict."""
    event = Event(**{"seq": 17, "at": NOON, "action": "clients.listed", "result": "ok", "source": "ours", **fields})
    line = fhir.writer(instance)([getattr(event, name) for name in canonical.COLUMNS])
    return valid(json.loads(line))


def valid(found):
    AuditEvent.model_validate(found)
    if not found["type"] or not found["agent"] or not found["source"]["observer"]:
        raise ValueError("what FHIR R4 wants at least once is not there")
    if found["action"] not in "CRUDE" or found["outcome"] not in ("0", "4", "8", "12"):
        raise ValueError("a code that FHIR R4 does not have")
    if any("name" in entity and "query" in entity for entity in found.get("entity", ())):
        raise ValueError("sev-1: either a name or a query (NOT both)")
    return found


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_of_the_catalogue_is_a_valid_resource(cast, action):
    for fields in ({}, {**VISIT, **RIVERA, "object": "x", "changes": {"phone": ["1", "2"]}, "result": "refused"}):
        found = resource(cast.good_therapy, **{"person": "Cole Whitaker", **fields, "action": action})
        assert (found["subtype"][-1]["system"], found["subtype"][-1]["code"]) == (fhir_codes.OURS, action)


def test_an_event_of_a_visit_says_who_in_whose_name_about_whom_and_where(cast):
    found = resource(
        cast.good_therapy, **VISIT, **RIVERA, action="client.changed", address="203.0.113.7",
        changes={"phone": ["1", "2"]}, reason="called", object="Rivera, Dana", object_type="client", object_id="42",
    )

    root = hosts.root(cast.good_therapy)
    assert (found["recorded"], found["action"], found["outcome"]) == ("2026-03-02T17:00:00.000000Z", "U", "0")
    assert (found["type"]["code"], found["type"]["display"]) == ("110110", "Patient Record")
    person, company = found["agent"]
    assert person["who"]["identifier"] == {"system": VISIT["iss"], "value": VISIT["sub"]}
    assert (person["name"], person["altId"], person["requestor"]) == ("Jane Doe", "jane", True)
    assert person["network"] == {"address": "203.0.113.7", "type": "2"}
    assert (company["who"]["display"], company["altId"]) == ("ACME Billing", "acme-billing")
    assert company["requestor"] is False
    assert found["source"]["observer"]["display"] == "Good Therapy, Inc."
    assert found["source"]["observer"]["identifier"]["value"] == f"urn:uuid:{cast.good_therapy.id}"
    event, client, thing, visit = found["entity"]
    assert event["what"]["identifier"]["value"] == "17"
    assert {"type": "changes", "valueString": '{"phone": ["1", "2"]}'} in event["detail"]
    assert client["what"]["type"] == "Patient"
    assert client["what"]["identifier"] == {"system": f"{root}/clients", "value": RIVERA["client_id"]}
    assert (thing["name"], visit["what"]["identifier"]["value"]) == ("Rivera, Dana", VISIT["visit"])
    assert "purposeOfEvent" not in found


@pytest.mark.parametrize(("result", "outcome"), [("ok", "0"), ("refused", "4"), ("failed", "8"), ("unheard of", "4")])
def test_a_refusal_is_a_minor_failure_and_says_the_rule(cast, result, outcome):
    found = resource(cast.good_therapy, person="Cole", result=result, rule="view_notes", reason="not his")

    assert (found["outcome"], found["outcomeDesc"]) == (outcome, "view_notes: not his")


def test_a_search_carries_its_terms_as_a_query(cast):
    found = resource(cast.good_therapy, person="Cole", action="clients.searched", changes={"q": 'O\'Hara "x" 50%'})

    (query,) = [entity for entity in found["entity"] if "query" in entity]
    assert json.loads(b64decode(query["query"])) == {"q": 'O\'Hara "x" 50%'}
    assert "name" not in query  # sev-1: either a name or a query


@pytest.mark.parametrize("hostile", [
    HOSTILE, "\x00\x1b[31m\r\n\x07", " ", "\n", "\u2028\u202e\ufeff", "\ud800", "{object} {0.__class__}", '"}}\\',
])
def test_hostile_contents_in_every_field_are_valid_and_neutral(cast, hostile):
    fields = {**dict.fromkeys(TEXTS, hostile), "person": hostile}
    found = resource(cast.good_therapy, **fields, changes={hostile: [hostile, [hostile]]})

    def texts(value):
        if isinstance(value, dict | list):
            for kept in value.values() if isinstance(value, dict) else value:
                yield from texts(kept)
        elif isinstance(value, str):
            yield value

    for text in texts(found):
        assert text.strip(), "FHIR has no empty strings"
        assert not set(text) & {chr(code) for code in range(32) if chr(code) not in "\t\r\n"}
        text.encode()
    assert found["action"] == "E"


def test_the_export_is_one_resource_a_line_and_ends_with_the_checkpoint(cast, priya):
    write(cast.good_therapy, {**VISIT, **RIVERA, "action": "ledger.opened"}, {"person": "unknown", "source": "unknown"})

    *events, last = lines(priya.get(f"{LOG}export/?format=fhir"))

    assert len(events) == len({AuditEvent.model_validate_json(line).id for line in events}) > 2
    note = Binary.model_validate_json(last)
    assert b64decode(json.loads(last)["data"]).decode().startswith("countersign/")
    assert note.contentType == "text/plain; charset=utf-8"


def test_what_a_later_version_wrote_is_told_under_its_own_name(cast):
    found = resource(cast.good_therapy, person="Cole", action="tea.poured")

    assert "subtype" not in found
    assert {"type": "action", "valueString": "tea.poured"} in found["entity"][0]["detail"]


def test_the_moment_is_told_in_utc_from_either_database(cast):
    row = {"seq": 1, "at": "2026-03-02 17:00:00", "action": "signed-out", "person": "Cole", "changes": "{}"}
    line = fhir.writer(cast.good_therapy)([row.get(name, "") for name in canonical.COLUMNS])
    assert AuditEvent.model_validate_json(line).recorded == datetime(2026, 3, 2, 17, tzinfo=UTC)


@pytest.mark.parametrize("fault", [
    {"action": "X"}, {"outcome": "ok"}, {"recorded": "yesterday"}, {"agent": []}, {"source": {}}, {"surprise": 1},
    {"type": None}, {"entity": [{"name": "x", "query": "eA=="}]}, {"entity": [{"query": "not base64"}]},
    {"agent": [{"name": "nobody asked"}]}, {"id": "a b"},
])
def test_the_validation_finds_a_planted_fault(cast, fault):
    found = resource(cast.good_therapy, person="Cole")
    with pytest.raises((ValueError, KeyError)):
        valid({**found, **fault})
