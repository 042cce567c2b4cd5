"""What was asked for and answered is append-only in the database, like the record it is told in."""

from django.db import migrations

from countersign.audit.append_only import only_added_to

TABLES = ("access_accessrequest", "access_accessanswer", "access_grantending")


class Migration(migrations.Migration):
    dependencies = [("access", "0006_asking"), ("audit", "0004_checkpoints_stay")]
    operations = [only_added_to(*TABLES)]
