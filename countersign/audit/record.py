"""The one way into the record."""

import json
import threading
import unicodedata
from dataclasses import dataclass

from django.db import connections
from django.utils import timezone

from countersign.audit.actions import ACTIONS
from countersign.audit.models import Event

OK, REFUSED, FAILED = "ok", "refused", "failed"
_here = threading.local()
_COLUMNS = [field.column for field in Event._meta.concrete_fields if not field.primary_key]
_INTO = 'INSERT INTO {} ("{}")'.format(Event._meta.db_table, '", "'.join(_COLUMNS))
_MARKS = ", ".join(["%s"] * len(_COLUMNS))
# Held by every writer until its transaction ends (PostgreSQL): who gets it alone knows that no event with a number
# lower than the highest one visible is still to come (audit/tree.py). SQLite has one writer at a time by itself.
WRITERS = 0x7265636F7264
_INSERT = {
    "sqlite": f"{_INTO} VALUES ({_MARKS})",
    "postgresql": f"{_INTO} SELECT {_MARKS} FROM (SELECT pg_advisory_xact_lock_shared({WRITERS})) AS writing",  # noqa: S608
}
_OF_THE_ACTOR = (
    "source", "person", "iss", "sub", "user_id", "company", "billing_user", "visit", "factors", "address", "browser",
)
_LIMITS = {field.name: field.max_length for field in Event._meta.concrete_fields if field.max_length}


@dataclass(frozen=True)
class Named:
    """What an event is about when no row of ours is at hand: its id, and what it is called."""

    id: object
    words: str

    def __str__(self):
        return self.words


def write(actor, action, *, object=None, client=None, changes=None, result=OK, rule="", reason=""):
    """Write one event about what `actor` did, in the current transaction of the bound instance.

    object, client: what it was done to and whom it concerns; anything with an `id` and a `str()`, or a plain text.
    changes: {field: [old, new]} or {name: value}, JSON values; never a secret, a password or the text of a note. A
    number that is no whole one goes in as a text: JSON has no amounts of money.
    Raises KeyError for an action that the catalogue does not know, TypeError for a value that JSON has not,
    DatabaseError when it cannot be written: then what it tells of must not happen either.
    """
    if action not in ACTIONS:
        raise KeyError(f"{action} is not in the catalogue of actions.")
    values = {name: _plain(name, getattr(actor, name)) for name in _OF_THE_ACTOR}
    values.update(
        action=action,
        object_type=_type(object),
        object_id=_plain("object_id", str(getattr(object, "id", "") or "")),
        object=_plain("object", "" if object is None else str(object)),
        client_id=_plain("client_id", str(getattr(client, "id", "") or "")),
        client=_plain("client", "" if client is None else str(client)),
        changes=json.dumps(_tame(changes or {})),
        result=result,
        rule=_plain("rule", str(rule)),
        reason=_plain("reason", reason),
    )
    _insert(values)
    _here.written = written() + 1


def _insert(values):
    # The plain statement: through the model it costs three times as much, at every request (bench/page).
    connection = connections["default"]
    values["at"] = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        cursor.execute(_INSERT[connection.vendor], [values[name] for name in _COLUMNS])


def written():
    """How many events this thread has written: the gate compares it before and after a view."""
    return getattr(_here, "written", 0)


def _type(thing):
    return "" if thing is None or isinstance(thing, str) else type(thing).__name__.lower()


def _plain(name, text):
    """One line, no control or direction-changing characters (CWE-117), no longer than the column."""
    return _clean(text)[: _LIMITS[name]]


def _tame(value):
    """The texts in JSON values, cleaned likewise; the lines of a text stay lines. RFC 7493 2.2: whole numbers only."""
    if isinstance(value, str):
        return "\n".join(_clean(line) for line in value.split("\n"))
    if isinstance(value, dict):
        return {_clean(str(key)): _tame(kept) for key, kept in value.items()}
    if isinstance(value, list | tuple):
        return [_tame(kept) for kept in value]
    if value is None or (isinstance(value, int) and abs(value) < 2**53):
        return value
    raise TypeError(f"{value!r} is no value for the record: a text, a whole number, true, false or null.")


def _clean(text):
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
