"""Turning an instance's live feed on and off, with Support bound: on both records, and in the catalogue.

From then on everything that happens in the practice leaves the installation, so it takes a reason, and the practice's
own record and its page *Proof of the record* say where to.
"""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from countersign.audit import feed, feed_wire, record
from countersign.console import opening
from countersign.instances import binding
from countersign.instances.models import Feed, InstanceState

GO_ON, BEGINNING, NOW = "position", "beginning", "now"


def begin(instance, collector, *, start=GO_ON, by, reason):
    """Send the record to this collector from now on, in place of the one before. Raises ValidationError.

    start: where the feed before stopped (the beginning when there was none), the beginning, or now.
    """
    _reasoned(reason)
    if instance.state == InstanceState.ARCHIVED:
        raise ValidationError("An archived instance has no feed.")
    try:
        feed_wire.context(collector)
    except feed_wire.NotSent as error:
        raise ValidationError(str(error)) from None
    with transaction.atomic(using="control"):
        was = _end(instance, by)
        made = Feed.objects.create(
            instance=instance, began_at=timezone.now(), began_by=by.person, **vars(collector)
        )
        changes = {
            "collector": [str(was or ""), str(made)], "name": [was.name if was else "", made.name], "from": start,
        }
        _write(instance, by, "feed.began", start=start, changes=changes, reason=reason)
    return made


def end(instance, *, by, reason):
    """Raises ValidationError when it has none."""
    _reasoned(reason)
    with transaction.atomic(using="control"):
        was = _end(instance, by)
        if was is None:
            raise ValidationError(f"{instance} has no feed.")
        _write(instance, by, "feed.ended", changes={"collector": [str(was), ""]}, reason=reason)


def _end(instance, by):
    was = Feed.objects.filter(instance=instance, ended_at=None).first()
    if was is not None:
        was.ended_at, was.ended_by = timezone.now(), by.person
        was.save(update_fields=["ended_at", "ended_by"])
    return was


def _write(instance, by, action, *, start=GO_ON, **what):
    record.write(by, action, object=instance, **what)
    if binding.bound() == instance:  # Support's own record has a feed like any other
        _place(start)
        return
    with binding.elsewhere(), binding.bind(instance), transaction.atomic():
        _place(start)
        record.write(opening.from_support(by), action, object=instance, **what)


def _place(start):
    if start == BEGINNING:
        feed.move(0)
    elif start == NOW:
        feed.move(feed.highest())


def _reasoned(reason):
    if not reason.strip():
        raise ValidationError({"reason": "Say why, in a few words."})
