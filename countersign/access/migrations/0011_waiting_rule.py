"""Whether a company is told how much work waits: append-only in the database, as other decisions about it are."""

import django.utils.timezone
from django.db import migrations, models

from countersign.audit.append_only import only_added_to


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
        only_added_to("access_waitingrule"),
    ]
