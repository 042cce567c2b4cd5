"""An event as a FHIR R4 AuditEvent (hl7.org/fhir/R4/auditevent.html), for whoever collects many systems' audit trails.

One resource a line (application/fhir+ndjson, as in FHIR Bulk Data): a collector takes it line by line, and a Bundle
would have to be whole before its first entry can be read. What nobody told us is left out: no purposeOfEvent, since no
request says what it is for.
"""

import json
from base64 import b64encode
from functools import lru_cache
from operator import itemgetter
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
# The same few people do the same things to the same clients: what was written of them once is written again. Bounded,
# and without the texts that are long and seldom twice the same, so that an export stays within constant memory.
KEPT, LONG = 2048, 200
_ACT = ("action", "result", "rule", "reason")
_WHO = ("source", "person", "iss", "sub", "user_id", "company", "billing_user", "address")
_DETAIL = ("source", "factors", "browser", "action")
_ABOUT = ("client_id", "client", "action", "object_type", "object_id", "object", "visit")
_SEQ, _AT, _CHANGES = map(canonical.COLUMNS.index, ("seq", "at", "changes"))


def writer(instance):
    """A function from a row of canonical.COLUMNS to one line (bytes), about the instance in which it happened."""
    root = hosts.root(instance)
    begins = f'{{"resourceType":"AuditEvent","id":"{instance.id.hex}-'
    source = f',"source":{_ENCODE(_source(instance, root))},"entity":['
    event = f'{{"what":{{"identifier":{{"system":{_ENCODE(f"{root}/reports/general-log")},"value":"'
    system = f'"}}}},"type":{_ENCODE(codes.ENTITY_SYSTEM)},"name":"Event '
    act, who, detail, about = _part(_act, _ACT), _part(_who, _WHO), _part(_detail, _DETAIL), _part(_about, _ABOUT, root)

    def line(row):
        seq, changes = row[_SEQ], row[_CHANGES]
        changes = changes if isinstance(changes, str) else json.dumps(changes)
        before, after = act(row)
        return (
            f'{begins}{seq}",{before},"recorded":"{canonical.instant(row[_AT])}",{after},"agent":[{who(row)}]{source}'
            f'{event}{seq}{system}{seq}","detail":[{detail(row, changes)}]}}{about(row, changes)}]}}'
        ).encode()

    return line


def _part(write, names, *fixed):
    """write(event, changes, *fixed), told the named columns alone; kept by their values and those of the changes."""
    values = itemgetter(*map(canonical.COLUMNS.index, names))

    def written(values, changes):
        event = {name: _clean(value) for name, value in zip(names, values, strict=True)}
        return write(event, json.loads(_clean(changes)), *fixed)

    kept = lru_cache(maxsize=KEPT)(written)
    return lambda row, changes="{}": (written if len(changes) > LONG else kept)(values(row), changes)


def _clean(value):
    return value.translate(_CLEAN) if not value.isprintable() else value


def _listed(parts):
    return ",".join(map(_ENCODE, parts))


def _source(instance, root):
    return {
        "site": root.partition("://")[2],
        "observer": {
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{instance.id}"}, "display": instance.name,
        },
        "type": [codes.SERVER],
    }


def _act(event, changes):
    """What stands before and what after the moment at which it was done."""
    before = {**codes.kind(event["action"]), "action": codes.verb(event["action"])}
    after = {
        "outcome": OUTCOMES.get(event["result"], "4"),
        **_told("outcomeDesc", ": ".join(filter(_said, (event["rule"], event["reason"])))),
    }
    return _ENCODE(before)[1:-1], _ENCODE(after)[1:-1]


def _who(event, changes):
    return _listed(_agents(event))


def _detail(event, changes):
    return _listed(_details(event, changes))


def _about(event, changes, root):
    """All entities but the event itself, each after a comma."""
    return "".join(f",{_ENCODE(one)}" for one in _entities(event, changes, root))


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


def _entities(event, changes, root):
    """Beside the event itself, which has what has no place of its own: the client; the object or the question; the
    visit."""
    if _said(event["client_id"]) or _said(event["client"]):
        yield {
            "what": {
                "type": "Patient", **_identifier(f"{root}/clients", event["client_id"]),
                **_told("display", event["client"]),
            },
            "type": codes.ENTITY_PERSON,
            "role": codes.ROLE_PATIENT,
        }
    if event["action"].endswith(codes.QUERY_ROLE) and changes:
        asked = b64encode(_json(changes)).decode()
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


def _details(event, changes):
    """Always at least who it was, as our own reports sort them."""
    told = {name: event[name] for name in ("source", "factors", "browser") if _said(event[name])}
    if changes:
        told["changes"] = _json(changes).decode()
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

