"""What a request changed in a database: every row of every table before and after, but for what is no change."""

from dataclasses import dataclass

from django.db import connections

from countersign.instances import binding

# What is not a change of anything that anybody decided or did: the one list of it. (table, column), or a whole table.
BOOKKEEPING = {
    ("people_session", "seen_at"): "when somebody was last seen, noted with each event anyway",
    ("people_user", "signed_in_at"): "the event of the sign-in",
    ("access_visit", "confirmed_at"): "a poll that was answered with yes",
    ("identity_entry", "told_at"): "the delivery of a notice",
    "identity_dispatch": "a message about what an event tells",
    "access_told": "what was told of what an event tells",
    "identity_takendispatch": "a message that was taken once; what it was about is written",
    "identity_usedassertion": "a message that was accepted once; what it was about is written",
    "django_migrations": "",
    "instances_latestcheckpoint": "the record's own proof",
    "instances_revocation": "a copy for restores of what an event tells",
}
BYTEA = 17  # PostgreSQL's number for it: a memoryview says nothing of what is in it
OF_THE_RECORD, NOT_OF_IT = "audit_", {"audit_checkpointreader"}  # the record and its proofs; who is mailed them


@dataclass(frozen=True)
class Change:
    """One row; before or after is None for one that was added or taken away."""

    table: str
    key: str
    before: dict | None
    after: dict | None

    @property
    def columns(self):
        """{column: (old, new)} of what differs; of a new row what it holds."""
        old, new = self.before or {}, self.after or {}
        return {
            name: (old.get(name), new.get(name)) for name in {**old, **new}
            if old.get(name) != new.get(name) and (self.table, name) not in BOOKKEEPING
        }


_tables = {}


def tables(connection):
    name = connection.vendor, connection.alias if connection.alias == "control" else "instance"
    if name not in _tables:
        with connection.cursor() as cursor:
            found = connection.introspection.table_names(cursor)
        _tables[name] = sorted(
            t for t in found if t not in BOOKKEEPING and (t in NOT_OF_IT or not t.startswith(OF_THE_RECORD))
        )
    return _tables[name]


def snapshot(connection):
    """{table: (columns, rows)} of a whole database."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables(connection):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = cursor.fetchall()
            if any(column[1] == BYTEA for column in cursor.description):
                rows = [tuple(map(_plain, row)) for row in rows]
            found[table] = [column[0] for column in cursor.description], rows
    return found


def _by_key(table, columns, rows):
    key = columns.index("visit_id") if table == "access_ending" else 0
    return {str(row[key]): dict(zip(columns, row, strict=True)) for row in rows}


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def of(instance):
    with binding.bind(instance):
        return snapshot(connections["default"])


def catalogue():
    return snapshot(connections["control"])


def changes(before, after):
    """[Change, ...] between two snapshots. Of most tables nothing is different, and they are not looked at row by row:
    a run takes thousands of snapshots, each of everything that was done before."""
    found = []
    for table in sorted(after):
        if before[table] != after[table]:
            old, new = _by_key(table, *before[table]), _by_key(table, *after[table])
            found += [
                Change(table, key, old.get(key), new.get(key)) for key in sorted({*old, *new})
                if old.get(key) != new.get(key)
            ]
    return [change for change in found if change.columns]
