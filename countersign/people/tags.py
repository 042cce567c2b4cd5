"""Verbs on access tags: add, rename, retire. None of them opens a client to anybody who did not see it."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from countersign.audit import record
from countersign.people.models import AccessTag

TAKEN = "Another access tag has this name."
TAKEN_BEFORE = "A retired access tag has this name. Choose another, so that the two are not taken for each other."


def add(*, name, by):
    """Raises ValidationError keyed by field."""
    tag = AccessTag(name=name.strip(), created_by=by.person)
    _refuse_taken(tag)
    with transaction.atomic():
        tag.save(force_insert=True)
        record.write(by, "tag.added", object=tag, changes={"name": tag.name})
    return tag


def rename(tag, *, name, by):
    """Locks and keys stay what they are. Raises ValidationError keyed by field."""
    before, tag.name = tag.name, name.strip()
    _refuse_taken(tag)
    if tag.name != before:
        with transaction.atomic():
            tag.save(update_fields=["name"])
            record.write(by, "tag.renamed", object=tag, changes={"name": [before, tag.name]})
    return tag


def retire(tag, *, by):
    """It is offered no more; what it locks stays locked. Nothing happens when it was retired before."""
    with transaction.atomic():
        found = AccessTag.objects.live().filter(id=tag.id)
        if found.update(retired_at=timezone.now(), retired_by=by.person):
            record.write(by, "tag.retired", object=tag)


def _refuse_taken(tag):
    other = AccessTag.objects.filter(name__iexact=tag.name).exclude(id=tag.id).first()
    if other:
        raise ValidationError({"name": TAKEN if other.is_live else TAKEN_BEFORE})
