"""Disclosures, requests for an accounting and what was given are append-only in the database."""

from django.db import migrations

from countersign.audit.append_only import only_added_to

TABLES = (
    "disclosures_disclosure", "disclosures_accounting", "disclosures_extension", "disclosures_delivery",
)


class Migration(migrations.Migration):
    dependencies = [("disclosures", "0001_initial"), ("audit", "0004_checkpoints_stay")]
    operations = [only_added_to(*TABLES)]
