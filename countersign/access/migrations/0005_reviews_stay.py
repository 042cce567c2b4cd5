"""Reviews are append-only in the database, like the record they tell of."""

from django.db import migrations

SQLITE = """CREATE TRIGGER access_accessreview_no_{verb} BEFORE {verb} ON access_accessreview
            BEGIN SELECT RAISE(ABORT, 'reviews are append-only'); END"""
POSTGRESQL = """CREATE TRIGGER access_accessreview_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON access_accessreview
                FOR EACH STATEMENT EXECUTE FUNCTION event_refuse()"""


def add_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for verb in ("update", "delete"):
            schema_editor.execute(SQLITE.format(verb=verb))
    else:
        schema_editor.execute(POSTGRESQL)


class Migration(migrations.Migration):
    dependencies = [("access", "0004_reviews"), ("audit", "0004_checkpoints_stay")]
    operations = [migrations.RunPython(add_triggers, elidable=False)]
