"""Signing a review off: keep a Billing user as it is, take permissions away, or end it. Nothing is ever added by it."""

from django.core.exceptions import ValidationError
from django.db import transaction

from countersign.access import evidence, telling
from countersign.access.models import AccessReview, Outcome
from countersign.audit import record
from countersign.instances import binding
from countersign.people import accounts
from countersign.people.models import CEILING, User
from countersign.people.permissions import known

NOTHING_CHOSEN = "Tick what is taken away, or choose another outcome."
NOT_HELD = "The Billing user does not hold this any more. Look at the list as it is now."


def sign_off(key, *, by, outcome, remark, remove=()):
    """Write down that somebody looked at the evidence, and what came of it; returns the AccessReview.

    remove: permissions to take away, for the outcome REDUCED. Raises ValidationError keyed by field.
    """
    with transaction.atomic():
        key = User.objects.select_for_update().get(id=key.id)
        if not key.is_active:
            raise ValidationError("This Billing user is inactive; there is nothing to review.")
        seen, remove = evidence.of(key), known(remove)
        held = {line.permission for line in seen.lines}
        if outcome == Outcome.REDUCED and not remove:
            raise ValidationError({"remove": NOTHING_CHOSEN})
        if not remove <= held:
            raise ValidationError({"remove": NOT_HELD})
        made = AccessReview.objects.create(
            key=key, outcome=outcome, remark=remark, evidence=seen.plain(), signed_by=by.person,
            removed=sorted(remove) if outcome == Outcome.REDUCED else [],
        )
        if outcome == Outcome.REDUCED:
            _reduce(key, held - remove, by=by)
        elif outcome == Outcome.ENDED:
            accounts.inactivate(key, by=by)
        record.write(
            by, "access.reviewed", object=key, reason=remark,
            changes={"outcome": made.get_outcome_display(), "removed": made.removed, "used by": list(seen.people)},
        )
        telling.tell(key)
    return made


def _reduce(key, wanted, *, by):
    """Let the Billing user hold exactly these of what it holds. A group that gives more is left, and what else it gave
    is given by itself: so nobody else in the group loses anything. What it has by itself it keeps by itself."""
    groups = [group for group in key.groups.all() if _gives(key, group) <= wanted]
    given = {permission for group in groups for permission in known(group.permissions)}
    own = wanted & (known(key.permissions) | (wanted - given))
    # No grantable: what is left was there before, and is checked to be less.
    accounts.change(
        key, by=by, grantable=None, name=key.name, email=key.email, type=key.type, groups=groups, permissions=own,
        billing_company=key.billing_company,
    )
    if key.holds(kind=binding.bound().kind) != wanted:
        raise AssertionError("A review gave something else than it said.")


def _gives(key, group):
    """What a group gives to a user of this type, without what is above the ceiling."""
    return CEILING[key.type] & known(group.permissions)
