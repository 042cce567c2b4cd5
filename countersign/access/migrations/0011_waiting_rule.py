"""Whether a company is told how much work waits: append-only in the database, as other decisions about it are."""

import django.utils.timezone
from django.db import migrations, models

SQLITE = """CREATE TRIGGER access_waitingrule_no_{verb} BEFORE {verb} ON access_waitingrule
            BEGIN SELECT RAISE(ABORT, 'what a company is told is append-only'); END"""
POSTGRESQL = """CREATE TRIGGER access_waitingrule_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON access_waitingrule
                FOR EACH STATEMENT EXECUTE FUNCTION event_refuse()"""


def add_triggers(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for verb in ("update", "delete"):
            schema_editor.execute(SQLITE.format(verb=verb))
    else:
        schema_editor.execute(POSTGRESQL)


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0010_tickets'), ('audit', '0004_checkpoints_stay'),
    ]

    operations = [
        migrations.CreateModel(
            name='WaitingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company_id', models.UUIDField()),
                ('company', models.CharField(max_length=120)),
                ('told', models.BooleanField()),
                ('set_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('set_by', models.CharField(max_length=200)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['company_id', '-id'], name='waiting_rule_of_company')],
            },
        ),
        migrations.RunPython(add_triggers, elidable=False),
    ]
