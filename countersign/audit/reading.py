"""The events of the bound instance in the order of `seq`: as rows, and as the lines that are hashed.

Lines are what a check of a long record spends its time on, so they are not made column by column. One person does many
things in a row, and what is done is done again and again: the database hands over the columns that belong together as
one text, and what such a text stands for in a line is spelled out when it is new and looked up afterwards. That halves
the time (bench/audit). canonical.liner makes the same lines of rows, one by one; the tests hold the two together.
"""

import json
from itertools import groupby, islice
from operator import itemgetter

from django.db import OperationalError, connections

from countersign.audit import canonical
from countersign.audit.models import Event
from countersign.instances import binding

CHUNK = 4096
SEQ = canonical.COLUMNS.index("seq")
# Every column is in one of these (tests/audit/test_reading.py).
ALONE = ("seq", "at", "changes")
WHO = ("source", "person", "iss", "sub", "user_id", "company", "billing_user", "visit", "factors", "address", "browser")
WHAT = ("action", "result", "rule", "reason")
WHOM = ("object_type", "object_id", "object", "client_id", "client")
_SELECT = "SELECT {} FROM {} WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT {}"
# The moment as a text: a datetime would be made of it, and a text of that again. NULL for what is none: bytes that look
# like the text, infinity (to_char), a year before Christ, which to_char writes like the one after.
_AT = {
    "postgresql": (
        "CASE WHEN \"at\" >= '0001-01-01' THEN to_char(\"at\" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') END"
    ),
    "sqlite": "CASE typeof(\"at\") WHEN 'text' THEN \"at\" END",
}
BETWEEN = "\x1f"  # nothing here writes such a character (record.write)
# (columns as one text, its parts again). JSON costs PostgreSQL twice as much, and `||` costs SQLite as much again.
_TOGETHER = {
    "postgresql": (f" || chr({ord(BETWEEN)}) || ".join, lambda text: text.split(BETWEEN)),
    "sqlite": (lambda names: f"json_array({', '.join(names)})", json.loads),
}


# What canonical.WAYS raises for a value that is never written, and the rest for NULL and for JSON without end.
_NEVER_WRITTEN = (TypeError, ValueError, AttributeError, RecursionError)
_NO_TEXT = ("Could not decode to UTF-8", "JSON cannot hold BLOB")  # SQLite, of bytes in a column of text


class Unreadable(Exception):
    """An event holds what is never written to the record. The text says which."""


def rows(after, until):
    """Events with after < seq ≤ until, in order, as rows of canonical.COLUMNS; in constant memory."""
    columns = [_named(name) for name in canonical.COLUMNS]
    while found := _read(columns, after, until):
        yield from found
        after = found[-1][SEQ]


def lines(after, until):
    """(seq, line) of the same events. line: bytes, as canonical.liner makes it. Raises Unreadable."""
    together, apart = _TOGETHER[connections["default"].vendor]
    columns = [*map(_named, ALONE), *(together([_quoted(name) for name in group]) for group in (WHO, WHAT, WHOM))]
    liner = _liner(str(binding.bound().id), apart)
    while after < until:
        seq = until
        for seq, line in _chunk(columns, liner, after, until):
            yield seq, line
        after = seq


def _chunk(columns, liner, after, until):
    try:
        found = _read(columns, after, until)
        return zip(map(itemgetter(0), found), liner(found), strict=True)
    except OperationalError as error:
        _unless_of_a_value(error)
    except _NEVER_WRITTEN:
        pass  # which event it is, and whether it can be read at all:
    return _one_by_one(after, until)


def _one_by_one(after, until):
    line, seq = canonical.liner(binding.bound().id), after
    try:
        for row in islice(rows(after, until), CHUNK):
            seq = row[SEQ]
            yield seq, line(row)
    except _NEVER_WRITTEN as error:
        raise Unreadable(f"event {seq:,} holds what is never written to the record") from error
    except OperationalError as error:
        _unless_of_a_value(error)
        raise Unreadable(f"one of the events after {after:,} holds what is never written to the record") from error


def _unless_of_a_value(error):
    """A database that is locked or gone says nothing about the record."""
    if not any(words in str(error) for words in _NO_TEXT):
        raise error


def _read(selected, after, until):
    """The next rows of what is selected, a list of CHUNK at most."""
    select = _SELECT.format(", ".join(selected), Event._meta.db_table, CHUNK)
    with connections["default"].cursor() as cursor:
        cursor.execute(select, [after, until])
        return cursor.fetchall()


def _named(name):
    return _AT[connections["default"].vendor] if name == "at" else _quoted(name)


def _quoted(name):
    return f'"{name}"'


def _liner(instance, apart):
    """A function from rows of (*ALONE, who, what, whom) to their lines."""
    groups = [*([name] for name in ALONE), WHO, WHAT, WHOM]
    group_of = {name: number for number, names in enumerate(groups) for name in names} | {"instance": groups.index(WHO)}
    # Neighbours of one group are one piece of the line.
    pieces = [(group, list(names)) for group, names in groupby(canonical.ORDER, group_of.get)]
    who_, what_, whom_ = (
        _Pieces(names, [piece for group, piece in pieces if groups[group] is names], apart, instance)
        for names in (WHO, WHAT, WHOM)
    )
    seq_, at_, changes_ = (canonical.WAYS[name] for name in ALONE)
    by_group = sorted(pieces)  # how they come together below
    in_order, join = itemgetter(*map(by_group.index, pieces)), "".join

    def liner(found):
        lines = (
            in_order((seq_(seq), at_(at), changes_(changes), *who_[who], *what_[what], *whom_[whom]))
            for seq, at, changes, who, what, whom in found
        )
        return [f"{{{join(each)[:-1]}}}".encode() for each in lines]

    return liner


class _Pieces(dict):
    """{columns of one group as one text: the pieces that they are in a line}"""

    MOST = 4000

    def __init__(self, names, pieces, apart, instance):
        super().__init__()
        self.names, self.pieces, self.apart, self.instance = names, pieces, apart, instance

    def __missing__(self, text):
        # strict: there are too many where a value holds what stands between values
        values = dict(zip(self.names, self.apart(text), strict=True)) | {"instance": self.instance}
        found = tuple("".join(canonical.WAYS[name](values[name]) for name in piece) for piece in self.pieces)
        if len(self) >= self.MOST:
            self.clear()  # what comes now is what will come again
        self[text] = found
        return found
