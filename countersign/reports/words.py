"""Events by their words: the index of audit/migrations/0005_search.py, newest first by number.

What was typed is data. Every word of it is a phrase of letters and digits ("acme-billing" is "acme" followed by
"billing"), in quotes or as a parameter, so no operator of either database means anything. The index narrows and the
event decides: what a hit must be besides is checked on the columns of audit_event.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models import BooleanField, Q
from django.db.models.expressions import RawSQL
from django.utils import timezone

from countersign.audit.models import Event

NEAR = 10_000  # events at the newest end that are read one by one before PostgreSQL's index is asked
MONTHS = 120
WAYS = 40  # texts of which any will do; more narrow nothing
TABLE = Event._meta.db_table
# What the index has of a hit that is not wanted costs a step down the table; what it has not costs nothing.
SQLITE = (
    f"SELECT {TABLE}.seq FROM audit_words CROSS JOIN {TABLE} ON {TABLE}.seq = audit_words.rowid"  # noqa: S608
    " WHERE audit_words MATCH %s AND {where} ORDER BY audit_words.rowid DESC"
)
# With a limit in sight the planner reads backwards from the newest and hopes: right for a common word, 0.4 s for one
# that is not there; or it believes that few events have all these words, and fetches 20,000. So the newest are read
# one by one, which OFFSET 0 makes it do, and if too few of them fit, the index is asked, out of the limit's sight.
POSTGRESQL_NEAR = (
    f"SELECT seq FROM (SELECT * FROM {TABLE} WHERE seq > %s AND seq <= %s ORDER BY seq DESC OFFSET 0) AS {TABLE}"  # noqa: S608
    f" WHERE {TABLE}.words @@ ({{words}}) AND {{where}} ORDER BY seq DESC"
)
POSTGRESQL = (
    f"WITH found AS MATERIALIZED (SELECT {TABLE}.seq FROM {TABLE} WHERE {TABLE}.words @@ ({{words}}) AND {{where}})"  # noqa: S608
    " SELECT seq FROM found ORDER BY seq DESC"
)


@dataclass
class Words:
    """Words that narrow a search, to no less than what fits: all of `typed`, and of each list in `either` the words of
    one text at least. Whether an event fits, its columns decide; only what was typed no column knows."""

    typed: list[str] = field(default_factory=list)
    either: list[list[str]] = field(default_factory=list)

    def __bool__(self):
        return bool(self.typed or self.either)

    def match(self):
        """The expression of FTS5, which spells for itself."""
        parts = [_quoted(word) for word in self.typed]
        parts += ["(" + " OR ".join(f"({_every(text)})" for text in texts) + ")" for texts in self.either]
        return " AND ".join(parts)

    def tsquery(self):
        """(SQL, parameters) of a tsquery.

        Of lists of several texts the shortest only: GIN looks each text up for each event that has the others.
        """
        parts = [("phraseto_tsquery('simple', %s)", [" ".join(spelled(word))]) for word in self.typed]
        several = sorted((texts for texts in self.either if len(texts) > 1), key=len)
        for texts in [*(texts for texts in self.either if len(texts) == 1), *several[:1]]:
            ways = " || ".join(["plainto_tsquery('simple', %s)"] * len(texts))
            parts.append((f"({ways})", [" ".join(spelled(text)) for text in texts]))
        return " && ".join(sql for sql, _ in parts), [value for _, values in parts for value in values]

    def condition(self):
        """For a queryset that reads everything, in any order: what an export needs."""
        if connections["default"].vendor == "sqlite":
            sql = "audit_event.seq IN (SELECT rowid FROM audit_words WHERE audit_words MATCH %s)"
            values = [self.match()]
        else:
            sql, values = self.tsquery()
            sql = f"audit_event.words @@ ({sql})"
        return Q(RawSQL(sql, values, output_field=BooleanField()))  # noqa: S611 - what was typed is in the values

    def narrow(self, *texts, most=WAYS):
        """Besides, the words of one of these: where both databases and we spell them alike, so that none is lost."""
        if texts and len(texts) <= most and all(text.isascii() and spelled(text) for text in texts):
            self.either.append(list(texts))


def spelled(text):
    """The runs of letters and digits in a text, without accents: how PostgreSQL's index has it."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not "\u0300" <= c <= "\u036f")
    return re.findall(r"[^\W_]+", plain)


def typed(text):
    """What was typed, word by word; a word without a letter or a digit says nothing and is left out."""
    return [word for word in text.split() if spelled(word)]


def months(since, until):
    """The texts by which SQLite's index finds a time (aware datetimes or None), or [] when it is too long to help."""
    if until is None and since is None:
        return []
    first = since or Event.objects.order_by("at").values_list("at", flat=True).first() or timezone.now()
    first, last = first.astimezone(UTC), (until or datetime.max.replace(tzinfo=UTC)).astimezone(UTC)
    if until is None:
        newest = Event.objects.order_by("-at").values_list("at", flat=True).first() or first
        last = max(first, newest.astimezone(UTC))
    span = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [f"m{number // 12:04}{number % 12 + 1:02}" for number in span] if len(span) <= MONTHS else []


def numbers(words, where, *, count=None, before=None):
    """The `seq` of the events with these words that fit `where` (a Q), newest first; with `before`, below that seq."""
    events = Event.objects.filter(where)
    if before is not None:
        events = events.filter(seq__lt=before)
    connection = connections["default"]
    try:
        condition, values = _where(events, connection)
    except EmptyResultSet:
        return []
    limit = "" if count is None else f" LIMIT {count:d}"
    if connection.vendor == "sqlite":
        return _read(connection, SQLITE.format(where=condition) + limit, [words.match(), *values])
    query, asked = words.tsquery()
    if count is not None:
        newest = _newest(connection) if before is None else before - 1
        near = POSTGRESQL_NEAR.format(words=query, where=condition) + limit
        found = _read(connection, near, [newest - NEAR, newest, *asked, *values])
        if len(found) == count:
            return found
    return _read(connection, POSTGRESQL.format(words=query, where=condition) + limit, [*asked, *values])


def _where(events, connection):
    if not events.query.where:
        return "1 = 1", []
    return events.query.get_compiler(connection=connection).compile(events.query.where)


def _newest(connection):
    return (_read(connection, f"SELECT max(seq) FROM {TABLE}", []) or [0])[0] or 0  # noqa: S608


def _read(connection, sql, values):
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return [seq for (seq,) in cursor.fetchall()]


def _quoted(word):
    return '"' + word.replace('"', '""') + '"'


def _every(text):
    return " AND ".join(map(_quoted, spelled(text)))
