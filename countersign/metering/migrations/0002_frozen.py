"""What is frozen stays frozen, in the control database too: update, delete, truncate and replace are refused."""

from django.db import migrations

TABLES = {"metering_priceplan": "", "metering_statement": "OR (instance_id = NEW.instance_id AND month_on = NEW.month_on)"}
SAID = "a frozen statement of charges never changes"
SQLITE = """CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{said}'); END"""
# REPLACE INTO takes the old row away without asking the trigger on DELETE (SQLite, "ON CONFLICT clause").
SQLITE_REPLACE = """CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
                    WHEN EXISTS (SELECT 1 FROM {table} WHERE id = NEW.id {same})
                    BEGIN SELECT RAISE(ABORT, '{said}'); END"""
POSTGRESQL = (
    """CREATE FUNCTION frozen_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION '{said}'; END $$""",
    """CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
       FOR EACH STATEMENT EXECUTE FUNCTION frozen_refuse()""",
)


def add_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(POSTGRESQL[0].format(said=SAID))
    for table, same in TABLES.items():
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(POSTGRESQL[1].format(table=table))
            continue
        for verb in ("update", "delete"):
            schema_editor.execute(SQLITE.format(table=table, verb=verb, said=SAID))
        schema_editor.execute(SQLITE_REPLACE.format(table=table, same=same, said=SAID))


class Migration(migrations.Migration):
    dependencies = [("metering", "0001_initial")]
    operations = [migrations.RunPython(add_triggers, elidable=False)]
