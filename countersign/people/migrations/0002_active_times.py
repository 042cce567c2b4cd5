import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ActiveTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='active_times', to='people.user')),
                ('type', models.CharField(choices=[('administrator', 'System Administrator'), ('regular', 'Regular'), ('restricted', 'Restricted'), ('billing', 'Billing')], max_length=16)),
                ('began_at', models.DateTimeField()),
                ('began_by', models.CharField(max_length=200)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('ended_by', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['began_at', 'id'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('user',), name='one_active_time_lasts'),
                    models.CheckConstraint(condition=models.Q(('ended_at', None), ('ended_at__gte', models.F('began_at')), _connector='OR'), name='active_time_ends_after_it_began'),
                ],
            },
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['signed_in_at'], name='session_signed_in'),
        ),
    ]
