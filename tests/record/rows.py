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
    """{(table, key): row} of a whole database."""
    found = {}
    with connection.cursor() as cursor:
        for table in tables(connection):
            cursor.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            key = columns.index("visit_id") if table == "access_ending" else 0
            for row in cursor.fetchall():
                found[table, str(row[key])] = dict(zip(columns, map(_plain, row), strict=True))
    return found


def _plain(value):
    return bytes(value) if isinstance(value, memoryview) else value


def of(instance):
    with binding.bind(instance):
        return snapshot(connections["default"])


def catalogue():
    return snapshot(connections["control"])


def changes(before, after):
    found = [
        Change(place[0], place[1], before.get(place), after.get(place))
        for place in sorted({*before, *after}) if before.get(place) != after.get(place)
    ]
    return [change for change in found if change.columns]
