"""Verbs on listings: what makes an instance a registered billing company, step by step, each with who, when and why."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max

from countersign.instances.models import InstanceKind, InstanceState, Listing, ListingChange, ListingState
from countersign.instances.prepared import Prepared

# From state → to states. Delisted can be listed again by a new decision; nothing is ever deleted.
STEPS = {
    None: {ListingState.APPLIED, ListingState.LISTED},
    ListingState.APPLIED: {ListingState.LISTED, ListingState.DELISTED},
    ListingState.LISTED: {ListingState.SUSPENDED, ListingState.DELISTED},
    ListingState.SUSPENDED: {ListingState.LISTED, ListingState.DELISTED},
    ListingState.DELISTED: {ListingState.APPLIED, ListingState.LISTED},
}

# Asked at every request of a visit.
_listed = Prepared(
    lambda instance_id: Listing.objects.using("control")
    .listed().filter(instance_id=instance_id).values_list(Max("changes__changed_at")),
    uuid.UUID(int=1),
)


def change(instance, *, state, by, reason):
    """Move an instance's listing to `state`; returns the Listing. Raises ValidationError for a step that is none."""
    if instance.kind == InstanceKind.SUPPORT:
        raise ValidationError("Support cannot be a billing company.")
    if state == ListingState.LISTED and instance.state != InstanceState.ACTIVE:
        raise ValidationError("Only an active instance can be listed.")
    if not reason.strip():
        raise ValidationError({"reason": "Say why, in a few words."})
    with transaction.atomic(using="control"):
        listing = Listing.objects.select_for_update().filter(instance=instance).first()
        current = listing.state if listing else None
        if state not in STEPS[current]:
            was = ListingState(current).label.lower() if current else "not registered"
            raise ValidationError(f"{instance} is {was}; it cannot become {ListingState(state).label.lower()}.")
        listing, _ = Listing.objects.update_or_create(instance=instance, defaults={"state": state})
        ListingChange.objects.create(listing=listing, state=state, changed_by=by, reason=reason)
    return listing


def is_listed(instance_id):
    """Whether this company may be entered through at this very moment."""
    return listed_since(instance_id) is not None


def listed_since(instance_id):
    """Since when this company has been listed without a break, or None when it is not at this very moment."""
    rows = _listed.rows(instance_id, using="control")
    return rows[0][0] if rows else None
