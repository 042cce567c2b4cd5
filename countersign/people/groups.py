"""Verbs on permission groups. What a group holds counts for its members from their next request."""

from django.core.exceptions import ValidationError
from django.db import transaction

from countersign.audit import record
from countersign.people import changes as told
from countersign.people.models import PermissionGroup, UserType
from countersign.people.permissions import known

TAKEN = "Another group has this name."


def create(*, name, description, permissions, by, grantable):
    """Raises ValidationError keyed by field."""
    group = PermissionGroup(name=name.strip(), description=description.strip(), permissions=sorted(permissions))
    _refuse_beyond(grantable, permissions)
    _refuse_taken(group)
    with transaction.atomic():
        group.save(force_insert=True)
        record.write(by, "group.created", object=group, changes=described(group))
    return group


def change(group, *, name, description, permissions, by, grantable):
    """Raises ValidationError keyed by field. Nobody adds to a group what they do not hold; taking away is free."""
    _refuse_beyond(grantable, set(permissions) - set(group.permissions))
    before = described(group)
    group.name, group.description, group.permissions = name.strip(), description.strip(), sorted(permissions)
    _refuse_taken(group)
    after = described(group)
    with transaction.atomic():
        changes = {key: [before[key], after[key]] for key in after if before[key] != after[key]}
        if changes:
            group.save()
            record.write(by, "group.changed", object=group, changes=changes)
            told.tell(group.members.filter(type=UserType.BILLING))
    return group


def delete(group, *, by):
    """Raises ValidationError while the group has members."""
    if group.members.exists():
        raise ValidationError("This group has members. Take them out of it first.")
    with transaction.atomic():
        record.write(by, "group.deleted", object=group, changes=described(group))
        group.delete()


def described(group):
    """What the record keeps of a group."""
    return {"name": group.name, "description": group.description, "permissions": sorted(group.permissions)}


def _refuse_beyond(grantable, added):
    beyond = known(added) - grantable
    if beyond:
        labels = ", ".join(sorted(permission.label for permission in beyond))
        raise ValidationError({"permissions": f"You cannot give what you do not hold: {labels}."})


def _refuse_taken(group):
    if PermissionGroup.objects.filter(name__iexact=group.name).exclude(id=group.id).exists():
        raise ValidationError({"name": TAKEN})
