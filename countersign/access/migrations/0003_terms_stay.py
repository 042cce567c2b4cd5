"""Agreements, ends and what was decided about them are append-only in the database, like the record they tell of.

Where a practice worked before there were agreements, none is asked for until somebody says so, and every Billing user
that is there goes on for 365 days from now.
"""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone

from countersign.audit.append_only import only_added_to

TABLES = tuple(f"access_{name}" for name in (
    "requirement", "agreement", "agreementpaper", "agreementending", "term", "reminder"
))
BEFORE = "It was there before ends were kept"


def go_on(apps, schema_editor):
    User, Term, Requirement = (apps.get_model(*name) for name in (
        ("people", "User"), ("access", "Term"), ("access", "Requirement")
    ))
    last_on = timezone.localdate() + timedelta(days=365)
    Term.objects.bulk_create(
        Term(key=key, last_on=last_on, set_by="Countersign", reason=BEFORE)
        for key in User.objects.filter(type="billing").order_by("id")
    )
    if User.objects.exists():
        Requirement.objects.create(agreement=False, set_by="Countersign", reason="It was not asked for before")


class Migration(migrations.Migration):
    dependencies = [("access", "0002_terms"), ("audit", "0004_checkpoints_stay"), ("people", "0001_initial")]
    operations = [
        migrations.RunPython(go_on, migrations.RunPython.noop, elidable=False),
        only_added_to(*TABLES),
    ]
