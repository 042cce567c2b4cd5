"""An event as a FHIR R4 AuditEvent (hl7.org/fhir/R4/auditevent.html), for whoever collects many systems' audit trails.

One resource a line (application/fhir+ndjson, as in FHIR Bulk Data): a collector takes it line by line, and a Bundle
would have to be whole before its first entry can be read. What nobody told us is left out: no purposeOfEvent, since no
request says what it is for.
"""

import json
from base64 import b64encode
from functools import lru_cache
from urllib.parse import quote

from countersign.audit import actors, canonical, record
from countersign.audit.actions import ACTIONS
from countersign.instances import hosts
from countersign.reports import fhir_codes as codes

OUTCOMES = {record.OK: "0", record.REFUSED: "4", record.FAILED: "8"}
# FHIR R4, datatypes: a string holds no control characters but tab and line ends.
_CLEAN = {code: "\ufffd" for code in [*range(32), 127] if chr(code) not in "\t\r\n"} | {
    code: "\ufffd" for code in range(0xD800, 0xE000)
}

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def writer(instance):
    """A function from a row of canonical.COLUMNS to one line (bytes), about the instance in which it happened."""
    root = hosts.root(instance)
    source = {
        "site": root.partition("://")[2],
        "observer": {
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{instance.id}"}, "display": instance.name,
        },
        "type": [codes.SERVER],
    }

    def line(row):
        event = {
            name: value.translate(_CLEAN) if isinstance(value, str) and not value.isprintable() else value
            for name, value in zip(canonical.COLUMNS, row, strict=True)
        }
        event["changes"] = json.loads(event["changes"]) if isinstance(event["changes"], str) else event["changes"]
        resource = {
            "resourceType": "AuditEvent",
            "id": f"{instance.id.hex}-{event['seq']}",
            **codes.kind(event["action"]),
            "action": codes.verb(event["action"]),
            "recorded": canonical.instant(event["at"]),
            "outcome": OUTCOMES.get(event["result"], "4"),
            **_told("outcomeDesc", ": ".join(filter(_said, (event["rule"], event["reason"])))),
            "agent": list(_agents(event)),
            "source": source,
            "entity": list(_entities(event, root)),
        }
        return _ENCODE(resource).encode()

    return line


def plain(note):
    """A text as a Binary: the signed checkpoint, which is the last line, or a notice before it."""
    return json.dumps({
        "resourceType": "Binary", "contentType": "text/plain; charset=utf-8", "data": b64encode(note.encode()).decode(),
    }, separators=(",", ":")).encode()


def _agents(event):
    """Whoever did it; and, for a visit, the company in whose name, with the key it came through."""
    yield {
        **({"type": codes.HUMAN} if event["source"] != actors.SYSTEM else {}),
        "who": {**_identifier(event["iss"], event["sub"]), **_told("display", event["person"])},
        **_told("altId", event["user_id"]),
        **_told("name", event["person"]),
        "requestor": True,
        **({"network": {"address": event["address"], "type": "2"}} if _said(event["address"]) else {}),
    }
    if _said(event["company"]) or _said(event["billing_user"]):
        yield {
            "type": {"text": "On whose behalf: the company, with the Billing user it came through"},
            "who": {
                **_identifier("urn:ietf:rfc:3986", event["iss"]),
                "display": event["company"] if _said(event["company"]) else event["billing_user"],
            },
            **_told("altId", event["billing_user"]),
            **_told("name", event["company"]),
            "requestor": False,
        }


def _entities(event, root):
    """The event itself with what has no place of its own; the client; the object or the question; the visit."""
    yield {
        "what": _identifier(f"{root}/reports/general-log", str(event["seq"])),
        "type": codes.ENTITY_SYSTEM,
        "name": f"Event {event['seq']}",
        "detail": list(_details(event)),
    }
    if _said(event["client_id"]) or _said(event["client"]):
        yield {
            "what": {
                "type": "Patient", **_identifier(f"{root}/clients", event["client_id"]),
                **_told("display", event["client"]),
            },
            "type": codes.ENTITY_PERSON,
            "role": codes.ROLE_PATIENT,
        }
    if event["action"].endswith(codes.QUERY_ROLE) and event["changes"]:
        asked = b64encode(_json(event["changes"])).decode()
        yield {"type": codes.ENTITY_SYSTEM, "role": codes.ROLE_QUERY, "query": asked}
    elif _said(event["object"]) or _said(event["object_id"]):
        yield {
            "what": {**_identifier(f"{root}/{event['object_type'] or 'object'}", event["object_id"]),
                     **_told("display", event["object"])},
            "type": codes.ENTITY_SYSTEM,
            **_told("name", event["object"]),
        }
    if _said(event["visit"]):
        yield {"what": _identifier(f"{root}/visits", event["visit"]), "type": codes.ENTITY_SYSTEM, "name": "Visit"}


def _details(event):
    """Always at least who it was, as our own reports sort them."""
    told = {name: event[name] for name in ("source", "factors", "browser") if _said(event[name])}
    if event["changes"]:
        told["changes"] = _json(event["changes"]).decode()
    if event["action"] not in ACTIONS:
        told["action"] = event["action"]
    yield from ({"type": name, "valueString": text} for name, text in told.items() if _said(text))


def _identifier(system, value):
    """As a member of a Reference, if there is a value. A uri holds no blanks and is not taken apart by its quotes."""
    if not _said(value):
        return {}
    named = {"system": _uri(system)} if _said(system) else {}
    return {"identifier": {**named, "value": value}}


@lru_cache(maxsize=1024)
def _uri(text):
    return quote(text, safe=":/?#[]@!$&'()*+,;=%-._~")


def _told(name, text):
    return {name: text} if _said(text) else {}


def _said(text):
    """FHIR has no empty strings."""
    return bool(text and text.strip())


def _json(changes):
    return json.dumps(changes, ensure_ascii=False, sort_keys=True).translate(_CLEAN).encode()

