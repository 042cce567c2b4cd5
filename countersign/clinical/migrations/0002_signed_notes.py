"""A signed note stays as it is in the database itself, whoever asks. Drafts may change."""

from django.db import migrations

SQLITE = [
    """CREATE TRIGGER progressnote_no_update BEFORE UPDATE ON clinical_progressnote WHEN OLD.signed_at IS NOT NULL
       BEGIN SELECT RAISE(ABORT, 'a signed note does not change'); END""",
    """CREATE TRIGGER progressnote_no_delete BEFORE DELETE ON clinical_progressnote WHEN OLD.signed_at IS NOT NULL
       BEGIN SELECT RAISE(ABORT, 'a signed note does not change'); END""",
]
POSTGRESQL = [
    """CREATE FUNCTION signed_note_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'a signed note does not change'; END $$""",
    """CREATE TRIGGER progressnote_no_change BEFORE UPDATE OR DELETE ON clinical_progressnote
       FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION signed_note_refuse()""",
]


def add_triggers(apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("clinical", "0001_initial")]
    operations = [migrations.RunPython(add_triggers, elidable=False)]
