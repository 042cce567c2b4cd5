"""What a company says of its ring as a whole: whether its keys are used from the launch pad only."""

from django.db import transaction
from django.utils import timezone

from countersign.audit import record
from countersign.keyring.models import Key, Rules


def stored():
    return Rules.objects.first() or Rules()


def why_not_typed(user, party, billing_user):
    """settings.TYPED_CHECKS: a key of the ring whose password was typed at the practice, where that is not wanted."""
    if not stored().launch_pad_only:
        return ""
    in_ring = Key.objects.live().filter(issuer=party.client_id, user_id=billing_user).exists()
    return f"The key {billing_user} is used from the launch pad only: press Enter there" if in_ring else ""


def change(*, launch_pad_only, by):
    """Returns whether it was different before."""
    with transaction.atomic():
        rules = Rules.objects.select_for_update().first() or Rules()
        if rules.launch_pad_only == launch_pad_only:
            return False
        record.write(by, "key-ring.changed", changes={"launch_pad_only": [rules.launch_pad_only, launch_pad_only]})
        rules.launch_pad_only, rules.changed_at, rules.changed_by = launch_pad_only, timezone.now(), by.person
        rules.save()
    return True
