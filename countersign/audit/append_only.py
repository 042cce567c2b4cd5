"""For migrations: tables to which rows are only ever added. Update, delete and truncate fail in the database itself.

Of every model that is AppendOnly (audit/models.py); `guards.stand` refuses a database in which one is not guarded.
"""

from django.db import migrations

SQLITE = """CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
POSTGRESQL = """CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION event_refuse()"""


def only_added_to(*tables):
    """The operation of a migration that comes after audit's 0002, which makes the function."""

    def add_triggers(apps, schema_editor):
        for table in tables:
            if schema_editor.connection.vendor == "sqlite":
                for verb in ("update", "delete"):
                    schema_editor.execute(SQLITE.format(table=table, verb=verb))
            else:
                schema_editor.execute(POSTGRESQL.format(table=table))

    return migrations.RunPython(add_triggers, elidable=False)
