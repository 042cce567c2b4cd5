"""Disclosures, requests for an accounting and what was given are append-only in the database."""

from django.db import migrations

TABLES = (
    "disclosures_disclosure", "disclosures_accounting", "disclosures_extension", "disclosures_delivery",
)
SQLITE = """CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, 'disclosures are append-only'); END"""
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
    dependencies = [("disclosures", "0001_initial"), ("audit", "0004_checkpoints_stay")]
    operations = [migrations.RunPython(add_triggers, elidable=False)]
