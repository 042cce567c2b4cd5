"""The record as a file: a table for a spreadsheet, JSON Lines, or FHIR; one row or line an event, nothing shortened.

Rows are read as the database gives them and never all at once: models and their fields cost twice the time, and an
export may hold every event there is (bench/audit).
"""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from os import SEEK_END

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.utils import timezone

from countersign.audit import canonical, checkpoints, tree
from countersign.audit.actions import ACTIONS
from countersign.clients.reach import NOTICE
from countersign.instances import binding
from countersign.reports import fhir, reach, wording
from countersign.ui.spreadsheet import CSV, IN_MEMORY, Spool, safe_csv, safe_row

CHUNK = 2000
USER_AUDIT = (
    "seq", "at", "person", "user_id", "source", "company", "billing_user", "action", "object", "client", "result",
    "reason", "address", "browser", "factors", "visit",
)
GENERAL_LOG = (*USER_AUDIT, "rule", "iss", "sub", "object_type", "object_id", "client_id", "changes")


def csv(events, columns):
    """(file, count of rows) of a queryset of events. columns: USER_AUDIT or GENERAL_LOG."""
    return safe_csv(headers(columns is GENERAL_LOG), map(row_of(columns), rows(events, columns)))


def json_lines(events, columns):
    """(file, count): the canonical line of each event, with the columns alone that the report shows.

    In the General Log these are the very lines that the record's tree is made of: their hash is the leaf.
    """
    return _lines(map(canonical.liner(binding.bound().id), _whole(events, columns)))


def fhir_lines(events, columns):
    """(file, count): one AuditEvent a line."""
    return _lines(map(fhir.writer(binding.bound()), _whole(events, columns)))


@dataclass(frozen=True)
class Format:
    label: str
    write: callable
    suffix: str
    content_type: str
    notice: callable  # (bytes, with its end) from a text: what 42 CFR 2.32 asks to say with such records
    last_line: callable  # the same from the text of a checkpoint


FORMATS = {
    "csv": Format(
        "CSV", csv, "csv", CSV, lambda text: safe_row([text]), lambda note: safe_row(["Checkpoint", note]),
    ),
    "jsonl": Format(
        "JSON Lines", json_lines, "jsonl", "application/jsonl; charset=utf-8",
        lambda text: canonical.encode({"notice": text}) + b"\n",
        lambda note: canonical.encode({"checkpoint": note}) + b"\n",
    ),
    "fhir": Format(
        "FHIR", fhir_lines, "ndjson", "application/fhir+ndjson; charset=utf-8",
        lambda text: fhir.plain(text) + b"\n", lambda note: fhir.plain(note) + b"\n",
    ),
}


def write(events, columns, format):
    """(file at its beginning, count of rows, the Checkpoint that all of them are in, or None when none could be taken).

    The checkpoint is taken when the rows have been read, so it reaches beyond the last of them. It is the last line of
    the file, whatever its format: whoever keeps an export holds a checkpoint. Where a row is about a client under 42
    CFR Part 2, the notice comes between the two.
    """
    file, count = format.write(events, columns)
    try:
        checkpoint = checkpoints.take("export")
    except tree.Unsettled:
        checkpoint = None
    file.seek(0, SEEK_END)
    if reach.tells_of_part_2(events):
        file.write(format.notice(NOTICE))
    file.write(format.last_line(checkpoints.cosigned(checkpoint) if checkpoint else ""))
    file.seek(0)
    return file, count, checkpoint


def in_words(checkpoint):
    """How the record names the checkpoint that went with an export."""
    return f"{checkpoint.size} events, {checkpoints.base64_of(checkpoint.root)}" if checkpoint else "none"


def rows(events, columns):
    """The columns of a queryset of events, row by row, as the database gives them; in constant memory."""
    try:
        sql, values = events.values_list(*columns).query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking that nothing fits, and makes no statement
        return
    with connections["default"].chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while found := cursor.fetchmany(CHUNK):
            yield from found


def _whole(events, columns):
    """Rows of canonical.COLUMNS, in which what the report does not show is empty."""
    empty = {"changes": "{}"}
    taken = tuple(name for name in canonical.COLUMNS if name in columns)
    if taken == canonical.COLUMNS:
        yield from rows(events, taken)
        return
    places = [(taken.index(name) if name in taken else None, empty.get(name, "")) for name in canonical.COLUMNS]
    for row in rows(events, taken):
        yield tuple(nothing if place is None else row[place] for place, nothing in places)


def _lines(lines):
    file, count = Spool(max_size=IN_MEMORY), 0
    for line in lines:
        file.write(line + b"\n")
        count += 1
    return file, count


def row_of(columns):
    """A function from a row of the columns to a row of the table. Built once a run: each step counts."""
    times, who, results = _clock(timezone.get_current_timezone()), wording.WHO, wording.RESULTS

    def user_audit(row):
        (seq, at, person, user_id, source, company, billing_user, action, object, client, result, reason, address,
         browser, factors, visit) = row
        local, utc = times(at)
        return (
            seq, local, utc, person, user_id, wording.escaped(user_id), who.get(source, source), company, billing_user,
            _sentence(action, object, client), results.get(result, result), reason, address, browser, factors, visit,
        )

    def general_log(row):
        (seq, at, person, user_id, source, company, billing_user, action, object, client, result, reason, address,
         browser, factors, visit, rule, iss, sub, object_type, object_id, client_id, changes) = row
        local, utc = times(at)
        return (
            seq, local, utc, person, user_id, wording.escaped(user_id), who.get(source, source), company, billing_user,
            _sentence(action, object, client), client, results.get(result, result), rule, reason, address, browser,
            factors, visit, iss, sub, action, object_type, object_id, object, client_id, _values(changes),
        )

    return general_log if columns is GENERAL_LOG else user_audit


def headers(general):
    """The column heads, which name the zone of the times."""
    start = (
        "Event", f"Time ({timezone.get_current_timezone_name()})", "Time (UTC)", "Person", "User ID",
        "User ID looks unusual", "Who", "Company", "Billing user", "What happened",
    )
    if not general:
        return (*start, "Result", "Reason", "Address", "Browser", "Factors", "Visit")
    return (
        *start, "Client", "Result", "Rule", "Reason", "Address", "Browser", "Factors", "Visit", "Issuer", "Subject",
        "Action", "Object type", "Object id", "Object", "Client id", "Values",
    )


def _sentence(action, object, client):
    words = ACTIONS.get(action)
    return words.format(object=object, client=client) if words else action


def _clock(zone):
    """A function from a moment, as the database gives it, to (local time for people, UTC for machines)."""
    hour = lru_cache(maxsize=4096)(lambda text: _whole_hour(text, zone))

    def times(at):
        moment = canonical.instant(at)
        start = hour(moment[:13])
        return (start + moment[13:19] if start else _local(moment[:19], zone)), moment

    return times


def _whole_hour(hour, zone):
    """"2026-03-02T17" as "03/02/2026 12"; "" where an hour there is not an hour of UTC, or the clocks change in it."""
    first, last = _local(f"{hour}:00:00", zone), _local(f"{hour}:59:59", zone)
    return first[:13] if first[13:] == ":00:00" and last == f"{first[:13]}:59:59" else ""


def _local(second, zone):
    text = datetime.fromisoformat(f"{second}+00:00").astimezone(zone).isoformat()
    return f"{text[5:7]}/{text[8:10]}/{text[:4]} {text[11:19]}"


def _values(changes):
    if changes in ("{}", {}):
        return ""
    if isinstance(changes, str) and changes.isascii():
        return changes
    return json.dumps(json.loads(changes) if isinstance(changes, str) else changes)

