from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("instances", "0002_latest_checkpoint"),
    ]

    operations = [
        migrations.CreateModel(
            name="Revocation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("instance_id", models.UUIDField()),
                ("kind", models.CharField(choices=[("user", "User inactivated"), ("password", "Password replaced"), ("company", "Billing user moved to another company"), ("party", "Practice not served any more"), ("key", "Signing key retired")], max_length=10)),
                ("subject", models.CharField(max_length=300)),
                ("mark", models.CharField(blank=True, max_length=64)),
                ("revoked_at", models.DateTimeField()),
                ("revoked_by", models.CharField(max_length=200)),
            ],
            options={
                "ordering": ["id"],
                "indexes": [models.Index(fields=["instance_id", "kind", "subject"], name="revocation_subject")],
            },
        ),
    ]
