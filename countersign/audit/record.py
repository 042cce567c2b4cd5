"""The one way into the record."""

import threading
import unicodedata

from countersign.audit.actions import ACTIONS
from countersign.audit.models import Event

OK, REFUSED, FAILED = "ok", "refused", "failed"
_here = threading.local()
_LIMITS = {field.name: field.max_length for field in Event._meta.concrete_fields if field.max_length}


def write(actor, action, *, object=None, client=None, changes=None, result=OK, rule="", reason=""):
    """Write one event about what `actor` did, in the current transaction of the bound instance; returns it.

    object, client: what it was done to and whom it concerns; anything with an `id` and a `str()`, or a plain text.
    changes: {field: [old, new]} or {name: value}, JSON values; never a secret, a password or the text of a note.
    Raises KeyError for an action that the catalogue does not know, DatabaseError when it cannot be written: then
    what it tells of must not happen either.
    """
    if action not in ACTIONS:
        raise KeyError(f"{action} is not in the catalogue of actions.")
    event = Event(
        **{
            name: _plain(name, getattr(actor, name))
            for name in (
                "source", "person", "iss", "sub", "user_id", "company", "billing_user", "visit", "factors",
                "address", "browser",
            )
        },
        action=action,
        object_type=_type(object),
        object_id=str(getattr(object, "id", "") or ""),
        object=_plain("object", "" if object is None else str(object)),
        client_id=str(getattr(client, "id", "") or ""),
        client=_plain("client", "" if client is None else str(client)),
        changes=changes or {},
        result=result,
        rule=rule,
        reason=_plain("reason", reason),
    )
    event.save()
    _here.written = written() + 1
    return event


def written():
    """How many events this thread has written: the gate compares it before and after a view."""
    return getattr(_here, "written", 0)


def _type(thing):
    return "" if thing is None or isinstance(thing, str) else type(thing).__name__.lower()


def _plain(name, text):
    """One line, no control or direction-changing characters (CWE-117), no longer than the column."""
    if not text.isascii() or not text.isprintable():
        text = "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    return text[: _LIMITS[name]]
