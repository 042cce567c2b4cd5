"""What was signed and what is held for others is append-only in the database, like the record itself."""

from django.db import migrations

from countersign.audit.append_only import only_added_to

TABLES = ("audit_checkpoint", "audit_cosignature", "audit_heldcheckpoint", "audit_tile")


class Migration(migrations.Migration):
    dependencies = [("audit", "0003_checkpoints")]
    operations = [only_added_to(*TABLES)]
