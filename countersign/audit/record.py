"""The one way into the record."""

import json
import threading
import unicodedata

from django.db import connections
from django.utils import timezone

from countersign.audit.actions import ACTIONS
from countersign.audit.models import Event

OK, REFUSED, FAILED = "ok", "refused", "failed"
_here = threading.local()
_COLUMNS = [field.column for field in Event._meta.concrete_fields if not field.primary_key]
_INSERT = "INSERT INTO {} ({}) VALUES ({})".format(  # noqa: S608 - names of our own columns, nothing else
    Event._meta.db_table, ", ".join(f'"{name}"' for name in _COLUMNS), ", ".join(["%s"] * len(_COLUMNS))
)
_OF_THE_ACTOR = (
    "source", "person", "iss", "sub", "user_id", "company", "billing_user", "visit", "factors", "address", "browser",
)
_LIMITS = {field.name: field.max_length for field in Event._meta.concrete_fields if field.max_length}


def write(actor, action, *, object=None, client=None, changes=None, result=OK, rule="", reason=""):
    """Write one event about what `actor` did, in the current transaction of the bound instance.

    object, client: what it was done to and whom it concerns; anything with an `id` and a `str()`, or a plain text.
    changes: {field: [old, new]} or {name: value}, JSON values; never a secret, a password or the text of a note.
    Raises KeyError for an action that the catalogue does not know, DatabaseError when it cannot be written: then
    what it tells of must not happen either.
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
        cursor.execute(_INSERT, [values[name] for name in _COLUMNS])


def written():
    """How many events this thread has written: the gate compares it before and after a view."""
    return getattr(_here, "written", 0)


def _type(thing):
    return "" if thing is None or isinstance(thing, str) else type(thing).__name__.lower()


def _plain(name, text):
    """One line, no control or direction-changing characters (CWE-117), no longer than the column."""
    return _clean(text)[: _LIMITS[name]]


def _tame(value):
    """The texts in JSON values, cleaned likewise; the lines of a text stay lines."""
    if isinstance(value, str):
        return "\n".join(_clean(line) for line in value.split("\n"))
    if isinstance(value, dict):
        return {_clean(str(key)): _tame(kept) for key, kept in value.items()}
    return [_tame(kept) for kept in value] if isinstance(value, list | tuple) else value


def _clean(text):
    if text.isascii() and text.isprintable():
        return text
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
