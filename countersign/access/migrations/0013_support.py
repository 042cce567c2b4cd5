"""What Support asks for, is answered, and how it ends."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('access', '0012_which_password'),
        ('people', '0005_crossings'),
    ]

    operations = [
        migrations.CreateModel(
            name='SupportRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('mark', models.UUIDField(unique=True)),
                ('asked_by', models.CharField(max_length=200)),
                ('user_id', models.CharField(blank=True, max_length=64)),
                ('iss', models.CharField(max_length=300)),
                ('sub', models.CharField(max_length=100)),
                ('minutes', models.PositiveIntegerField()),
                ('permissions', models.JSONField()),
                ('why', models.CharField(max_length=300)),
                ('asked_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['-asked_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SupportAnswer',
            fields=[
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='answer', serialize=False, to='access.supportrequest')),
                ('permissions', models.JSONField(default=list)),
                ('expires_at', models.DateTimeField(null=True)),
                ('answered_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('answered_by', models.CharField(max_length=200)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('key', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='support_answer', to='people.user')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SupportEnding',
            fields=[
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='ending', serialize=False, to='access.supportanswer')),
                ('ended_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('ended_by', models.CharField(max_length=200)),
                ('reason', models.CharField(max_length=200)),
            ],
            options={
                'abstract': False,
            },
        ),
    ]
