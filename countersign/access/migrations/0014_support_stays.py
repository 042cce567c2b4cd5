"""What Support asked for and was answered is append-only in the database, like the record it is told in."""

from django.db import migrations

TABLES = ("access_supportrequest", "access_supportanswer", "access_supportending")
SQLITE = """CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, 'requests and answers are append-only'); END"""
POSTGRESQL = """CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION event_refuse()"""


def add_triggers(apps, schema_editor):
    for table in TABLES:
        if schema_editor.connection.vendor == "sqlite":
            for verb in ("update", "delete"):
                schema_editor.execute(SQLITE.format(table=table, verb=verb))
        else:
            schema_editor.execute(POSTGRESQL.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("access", "0013_support"), ("audit", "0004_checkpoints_stay")]
    operations = [migrations.RunPython(add_triggers, elidable=False)]
