"""Verbs on the catalogue: open, suspend, resume and archive instances."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from countersign.instances import binding, provisioning, schema
from countersign.instances.models import (
    RESERVED_SLUGS,
    AdminSite,
    Instance,
    InstanceChange,
    InstanceKind,
    InstanceState,
)


def validated(*, name, slug, kind, time_zone, server, by):
    """An Instance that may be opened. Raises ValidationError with a message for each field at fault."""
    instance = Instance(
        name=name.strip(), slug=slug, kind=kind, time_zone=time_zone, server=server, created_by=by,
        schema=schema.fingerprint(),
    )
    instance.clean_fields()  # before any query: PostgreSQL cannot be asked for a text with NUL in it
    if slug in RESERVED_SLUGS and kind != InstanceKind.SUPPORT:
        raise ValidationError({"slug": "This address is reserved. Choose another."})
    instance.clean_fields()  # before the question below: PostgreSQL takes no NUL, not even in a question
    if Instance.objects.filter(slug=slug).exists() or AdminSite.objects.filter(label=slug).exists():
        raise ValidationError({"slug": "Another instance has this address. Choose another."})
    return instance


def open_instance(*, name, slug, kind, by, time_zone="America/New_York", server=None):
    """Create an instance with its own empty database; returns it. The row comes last: without it nothing is served."""
    server = settings.DEFAULT_SERVER if server is None else server
    instance = validated(name=name, slug=slug, kind=kind, time_zone=time_zone, server=server, by=by)
    provisioning.create_database(instance)
    try:
        with transaction.atomic(using="control"):
            instance.save(force_insert=True)
            InstanceChange.objects.create(
                instance=instance, state=InstanceState.ACTIVE, changed_by=by, reason="Created"
            )
    except BaseException:
        provisioning.drop_database(instance)
        raise
    return instance


def change_state(instance, *, state, by, reason):
    """Suspend, resume or archive: from the next request on. An archived instance does not come back."""
    with transaction.atomic(using="control"):
        current = Instance.objects.select_for_update().get(id=instance.id)
        if current.state == InstanceState.ARCHIVED:
            raise ValidationError("An archived instance cannot be changed.")
        if current.kind == InstanceKind.SUPPORT:
            raise ValidationError("Support's own instance cannot be closed.")
        if current.state == state:
            raise ValidationError(f"This instance is {current.get_state_display().lower()} already.")
        current.state = state
        current.save(update_fields=["state"])
        InstanceChange.objects.create(instance=current, state=state, changed_by=by, reason=reason)
    binding.pool.forget(current)
    return current
