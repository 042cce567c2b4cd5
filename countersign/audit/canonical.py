"""One event as one line of canonical JSON (RFC 8785): what is hashed, exported and read by the verifier.

An empty field is left out, so a column that a later version adds changes no earlier line. The line names the instance:
an event of one is never an event of another.
"""

import json
import re
from datetime import UTC, datetime
from json.encoder import encode_basestring  # the C function: minimal escapes, as RFC 8785 3.2.2.2 wants them
from operator import call, itemgetter

from countersign.audit.models import Event

COLUMNS = tuple(field.column for field in Event._meta.concrete_fields)
ORDER = sorted([*COLUMNS, "instance"])
_NONE = ("{}", {})
_WRITTEN = re.compile(r"[0-9]{4}(-[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2}(\.[0-9]{6})?").fullmatch


def encode(value):
    """RFC 8785 of a JSON value made of texts, whole numbers, true, false, null, lists and objects."""
    text = _write(value)
    # Python sorts keys by code point, RFC 8785 3.2.3 by UTF-16: they differ only beyond the Basic Multilingual Plane.
    if not text.isascii() and max(text) > "\uffff":
        text = _write_in_order(_in_order(value))
    return text.encode()


def liner(instance_id):
    """A function from a row of COLUMNS, as the database gives it, to the line (bytes, without its line break)."""
    in_order = itemgetter(*map([*COLUMNS, "instance"].index, ORDER))
    ways, instance = [WAYS[name] for name in ORDER], str(instance_id)

    def line(row):
        found = "".join(map(call, ways, in_order((*row, instance))))  # as many ways as columns, both from ORDER
        return f"{{{found[:-1]}}}".encode()

    return line


def instant(value):
    """RFC 3339 in UTC with microseconds: "2026-11-23T13:30:00.000000Z", from a datetime or SQLite's text.

    Raises ValueError for a text that Django does not write so, TypeError for anything else. Strict, because SQLite
    compares these as texts: another way to write the same moment would be found on another day, with the same hash.
    """
    if isinstance(value, str):
        if not _WRITTEN(value):
            raise ValueError(f"{value!r} is not how a moment is written")
        return f"{value[:10]}T{value[11:]}Z" if len(value) == 26 else f"{value[:10]}T{value[11:]}.000000Z"
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r} is no moment")
    if value.tzinfo not in (None, UTC):
        value = value.astimezone(UTC)
    return value.isoformat(timespec="microseconds")[:26] + "Z"


def _text(name):
    return lambda text: f'"{name}":{encode_basestring(text)},' if text != "" else ""


def _seq(value):
    return f'"seq":{value},'


def _at(value):
    return f'"at":"{instant(value)}",'


def _changes(value):
    if value in _NONE:
        return ""
    return f'"changes":{encode(_read(value) if isinstance(value, str) else value).decode()},'


def _in_order(value):
    if isinstance(value, dict):
        return {key: _in_order(value[key]) for key in sorted(value, key=lambda key: key.encode("utf-16-be"))}
    return [_in_order(kept) for kept in value] if isinstance(value, list) else value


def _refuse(value):
    raise TypeError(f"{value} is no value for the record: fractions are not written alike everywhere")


def _once(pairs):
    """A key twice: whoever reads the first of them sees another value than whoever reads the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(f"{[key for key, _ in pairs]}: a key stands there twice")
    return found


# Made once: json.dumps and json.loads make theirs anew at every call when asked for anything else than the usual.
_write = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode
_write_in_order = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_read = json.JSONDecoder(parse_float=_refuse, parse_constant=_refuse, object_pairs_hook=_once).decode
# What stands in a line for a value of each column, with the comma behind it; nothing for an empty one. They raise
# TypeError or ValueError for what is never written there: null, bytes, fractions.
WAYS = {name: _text(name) for name in ORDER} | {"seq": _seq, "at": _at, "changes": _changes}
