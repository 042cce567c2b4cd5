"""Verbs on admin sites: Support switches one on for a listed billing company, and off, from the next request on."""

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.instances import listings
from countersign.instances.models import RESERVED_SLUGS, AdminSite, Instance

TAKEN = "Another address is called so. Choose another."


def of(instance):
    """The company's AdminSite, or None when it is off."""
    return AdminSite.objects.live().filter(instance=instance).first()


def begin(instance, *, label, by):
    """Switch it on under this host label; returns the AdminSite. Raises ValidationError, keyed by field where it can.

    Should an instance be opened under the same label at the same moment, the instance has it (hosts.py asks for
    instances first), and the site answers nowhere.
    """
    site = AdminSite(instance=instance, label=label, began_at=timezone.now(), began_by=by)
    site.clean_fields()  # before any query: PostgreSQL cannot be asked for a text with NUL in it
    if not listings.is_listed(instance.id):
        raise ValidationError("Only a listed billing company can have an admin site.")
    if label in RESERVED_SLUGS:
        raise ValidationError({"label": "This address is reserved. Choose another."})
    others = AdminSite.objects.filter(label=label).exclude(instance=instance)
    if others.exists() or Instance.objects.filter(slug=label).exists():
        raise ValidationError({"label": TAKEN})
    try:
        with transaction.atomic(using="control"):
            site.save(force_insert=True)
    except IntegrityError:  # two at once
        raise ValidationError("The admin site is on already." if of(instance) else {"label": TAKEN}) from None
    return site


def end(site, *, by):
    """Switch it off; returns whether it was on."""
    return bool(
        AdminSite.objects.live().filter(id=site.id).update(ended_at=timezone.now(), ended_by=by)
    )
