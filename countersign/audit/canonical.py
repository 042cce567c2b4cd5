"""One event as one line of canonical JSON (RFC 8785): what is hashed, exported and read by the verifier.

An empty field is left out, so a column that a later version adds changes no earlier line. The line names the instance:
an event of one is never an event of another.
"""

import json
from datetime import UTC, datetime
from json.encoder import encode_basestring  # the C function: minimal escapes, as RFC 8785 3.2.2.2 wants them
from operator import call, itemgetter

from countersign.audit.models import Event

COLUMNS = tuple(field.column for field in Event._meta.concrete_fields)
_ORDER = sorted([*COLUMNS, "instance"])
_NONE = ("{}", {})


def encode(value):
    """RFC 8785 of a JSON value made of texts, whole numbers, true, false, null, lists and objects."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Python sorts keys by code point, RFC 8785 3.2.3 by UTF-16: they differ only beyond the Basic Multilingual Plane.
    if not text.isascii() and max(text) > "\uffff":
        text = json.dumps(_in_order(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def liner(instance_id):
    """A function from a row of COLUMNS, as the database gives it, to the line (bytes, without its line break).

    Built once a run: at a million events each step counts (bench/audit).
    """
    given = [*COLUMNS, "instance"]
    in_order = itemgetter(*map(given.index, _ORDER))
    single = {"seq": str, "at": lambda at: f'"{instant(at)}"', "changes": _changes}
    ways = [_one_by_one(name, single[name]) if name in single else _Texts(name).__getitem__ for name in _ORDER]
    shown = str(instance_id)

    def line(row):
        found = "".join(map(call, ways, in_order((*row, shown))))  # as many ways as columns, both from _ORDER
        return f"{{{found[:-1]}}}".encode()

    return line


class _Texts(dict):
    """What stands in a line for each text of one column: the same few people, clients and addresses again and again."""

    MOST = 1000

    def __init__(self, name):
        super().__init__({"": ""})
        self.name = name

    def __missing__(self, text):
        written = f'"{self.name}":{encode_basestring(text)},'
        if len(self) < self.MOST:
            self[text] = written
        return written


def _one_by_one(name, encoder):
    return lambda value: f'"{name}":{encoder(value)},' if value and value not in _NONE else ""


def instant(value):
    """RFC 3339 in UTC with microseconds: "2026-11-23T13:30:00.000000Z", from a datetime or SQLite's text."""
    if isinstance(value, str):
        if len(value) == 26:  # "2026-11-23 13:30:00.123456"
            return f"{value[:10]}T{value[11:]}Z"
        value = datetime.fromisoformat(value)
    if value.tzinfo not in (None, UTC):
        value = value.astimezone(UTC)
    return value.isoformat(timespec="microseconds")[:26] + "Z"


def _changes(value):
    return encode(json.loads(value, parse_float=_refuse) if isinstance(value, str) else value).decode()


def _in_order(value):
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_in_order(kept) for kept in value] if isinstance(value, list) else value


def _refuse(value):
    raise TypeError(f"{value} is no value for the record: fractions are not written alike everywhere")
