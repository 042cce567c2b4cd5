"""What Support asked for and was answered is append-only in the database, like the record it is told in."""

from django.db import migrations

from countersign.audit.append_only import only_added_to

TABLES = ("access_supportrequest", "access_supportanswer", "access_supportending")


class Migration(migrations.Migration):
    dependencies = [("access", "0013_support"), ("audit", "0004_checkpoints_stay")]
    operations = [only_added_to(*TABLES)]
