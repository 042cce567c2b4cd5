"""What keeps the record from being changed, in the database itself: triggers, and on a server what a role may do.

Put up after every migration by the owner of the database (settings.AFTER_MIGRATING), looked at by `countersign check`.
Whoever owns the database can take them off again: what shows that is a checkpoint held by others (checkpoints.py).
"""

import re

from django.apps import apps
from django.conf import settings
from django.db import connections

from countersign.audit.models import AppendOnly, Event
from countersign.instances import binding

KEPT_BY_MIGRATIONS = "django_migrations"
# pg_trigger.tgtype: before (2) delete (8) or update (16) or truncate (32), for each statement and not each row (1).
_BEFORE_ANY_CHANGE, _LOOKED_AT = 2 | 8 | 16 | 32, 1 | 2 | 8 | 16 | 32
_REFUSES = r"BEGIN SELECT RAISE\(ABORT, '[^']+'\); END"


class Unguarded(Exception):
    """A database is not served: something that guards the record is not there."""


def tables(*, of_control=False):
    """Every table that is only ever added to, in whichever room its model is: of an instance, or of the catalogue."""
    return sorted(
        model._meta.db_table for model in apps.get_models()
        if issubclass(model, AppendOnly) and model._meta.managed
        and (model._meta.app_label in settings.CONTROL_APPS) == of_control
    )


def stand():
    """Put the guards of the bound database up, as its owner. Safe to repeat. Raises Unguarded."""
    if connections["default"].vendor == "postgresql":
        grant(settings.DATABASE_SERVERS[binding.bound().server]["USER"])
    found = faults()
    if found:
        raise Unguarded("; ".join(found))


def grant(role):
    """What the application's role may do: add and read what is on record, change everything else, define nothing."""
    connection = connections["default"]
    role, quote = connection.ops.quote_name(role), connection.ops.quote_name
    kept = ", ".join(map(quote, tables()))
    with connection.cursor() as cursor:
        for statement in (
            f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {role}",
            f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, {role}",
            f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {role}",
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            f"REVOKE UPDATE, DELETE ON {kept} FROM {role}",
            f"REVOKE INSERT, UPDATE, DELETE ON {KEPT_BY_MIGRATIONS} FROM {role}",
            f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",  # for pg_dump; identity columns ask for none
        ):
            cursor.execute(statement)


def faults():
    """A sentence for everything that should guard the record of the bound instance and does not."""
    connection = connections["default"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return list(_triggers_of_sqlite(cursor, tables()))
        role = settings.DATABASE_SERVERS[binding.bound().server]["USER"]
        return [*_triggers_of_postgresql(cursor, tables()), *_powers(cursor, role)]


def faults_of_the_catalogue():
    """The same of the control database, but for powers: its one role owns it (docs/decisions/charges.md)."""
    connection, kept = connections["control"], tables(of_control=True)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            return list(_triggers_of_sqlite(cursor, kept))
        return list(_triggers_of_postgresql(cursor, kept))


def _triggers_of_sqlite(cursor, kept):
    cursor.execute("SELECT tbl_name, sql FROM sqlite_master WHERE type = 'trigger'")
    found = {}
    for table, sql in cursor.fetchall():
        found.setdefault(table, []).append(" ".join(sql.split()))
    for table in kept:
        wanted = {verb: f'BEFORE {verb} ON "?{table}"? {_REFUSES}' for verb in ("UPDATE", "DELETE")}
        if table == Event._meta.db_table:
            # by hand in any program: our own connections make REPLACE ask for the one above (instances/sqlite)
            wanted["REPLACE"] = f"BEFORE INSERT ON {table} WHEN EXISTS .+ {_REFUSES}"
            wanted["INSERT before others"] = f"AFTER INSERT ON {table} WHEN NEW.seq < 1 OR .+ {_REFUSES}"
        for verb, shape in wanted.items():
            if not any(re.search(f"{shape}$", sql, re.IGNORECASE) for sql in found.get(table, ())):
                yield f"no trigger refuses {verb} of {table}"


def _triggers_of_postgresql(cursor, kept):
    cursor.execute(
        """SELECT tgrelid::regclass::text FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
           WHERE tgtype & %s = %s AND tgenabled IN ('O', 'A') AND tgqual IS NULL AND tgattr = ''
             AND btrim(regexp_replace(prosrc, '\\s+', ' ', 'g')) LIKE 'BEGIN RAISE EXCEPTION %%; END'""",
        [_LOOKED_AT, _BEFORE_ANY_CHANGE],
    )
    guarded = {table for (table,) in cursor.fetchall()}
    for table in kept:
        if table not in guarded:
            yield f"no trigger refuses UPDATE, DELETE and TRUNCATE of {table}"
        if table == Event._meta.db_table and not _numbered(cursor, table):
            yield f"nothing refuses INSERT before the first row of {table}"


def _numbered(cursor, table):
    cursor.execute(
        """SELECT 1 FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'c'
              AND pg_get_constraintdef(oid) LIKE 'CHECK ((seq > 0))%%'""",
        [table],
    )
    return cursor.fetchone() is not None


def _powers(cursor, role):
    """Whatever the application's role may do that it must not."""
    cursor.execute("SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = %s", [role])
    if any(cursor.fetchone() or [True]):
        yield f"the application's role {role} is a superuser, may make roles, or is not there"
        return
    cursor.execute(
        """SELECT kind FROM (VALUES
               ('owns the database', pg_has_role(%(role)s, (
                    SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER')),
               ('makes tables', has_schema_privilege(%(role)s, 'public', 'CREATE')),
               ('makes schemas', has_database_privilege(%(role)s, current_database(), 'CREATE')),
               ('makes temporary tables', has_database_privilege(%(role)s, current_database(), 'TEMP'))
           ) AS power (kind, held) WHERE held""",
        {"role": role},
    )
    for (power,) in cursor.fetchall():
        yield f"the application's role {role} {power}"
    for table in tables():
        cursor.execute(
            """SELECT has_table_privilege(%(role)s, %(table)s, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                   OR has_any_column_privilege(%(role)s, %(table)s, 'UPDATE')
                   OR pg_has_role(%(role)s, relowner, 'MEMBER') FROM pg_class WHERE oid = %(table)s::regclass""",
            {"role": role, "table": table},
        )
        if cursor.fetchone()[0]:
            yield f"the application's role {role} may change {table}"
