"""Reviews are append-only in the database, like the record they tell of."""

from django.db import migrations

from countersign.audit.append_only import only_added_to


class Migration(migrations.Migration):
    dependencies = [("access", "0004_reviews"), ("audit", "0004_checkpoints_stay")]
    operations = [only_added_to("access_accessreview")]
