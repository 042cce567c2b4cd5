"""An event stands behind all others: none is put before the first or, on SQLite, where one was.

Whoever may add events could give one a number below 1; it would be in every list and in no tree (audit/check.py). On
PostgreSQL two that are committed at once may come in either order, and a number that was taken back leaves a gap.
"""

from django.db import migrations

SQLITE = """CREATE TRIGGER event_is_last AFTER INSERT ON audit_event
            WHEN NEW.seq < 1 OR NEW.seq < (SELECT max(seq) FROM audit_event)
            BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END"""
POSTGRESQL = "ALTER TABLE audit_event ADD CONSTRAINT event_is_numbered CHECK (seq > 0)"


def refuse(apps, schema_editor):
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


class Migration(migrations.Migration):
    dependencies = [("audit", "0007_feed_position")]
    operations = [migrations.RunPython(refuse, elidable=False)]
