"""Statements and reviews are append-only in the database, like the record they tell of."""

from django.db import migrations

from countersign.audit.append_only import only_added_to

TABLES = ("oversight_statement", "oversight_review")


class Migration(migrations.Migration):
    dependencies = [("oversight", "0001_initial"), ("audit", "0004_checkpoints_stay")]
    operations = [only_added_to(*TABLES)]
