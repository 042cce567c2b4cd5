"""The end of a relation is append-only in the database, like the record it is told in."""

from django.db import migrations

from countersign.audit.append_only import only_added_to

TABLES = ("access_windingdown", "access_windingdownending", "access_certificate")


class Migration(migrations.Migration):
    dependencies = [("access", "0008_winding"), ("audit", "0004_checkpoints_stay")]
    operations = [only_added_to(*TABLES)]
