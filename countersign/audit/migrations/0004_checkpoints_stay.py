"""What was signed and what is held for others is append-only in the database, like the record itself."""

from django.db import migrations

TABLES = ("audit_checkpoint", "audit_cosignature", "audit_heldcheckpoint", "audit_tile")
SQLITE = """CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"""
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
    dependencies = [("audit", "0003_checkpoints")]
    operations = [migrations.RunPython(add_triggers, elidable=False)]
