"""Who is mailed the day's checkpoint. The mail holds no health information: how many events, a root and a signature."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.audit import checkpoints, record, signing
from countersign.audit.actors import system
from countersign.audit.models import CheckpointReader, Event
from countersign.instances import binding, hosts
from countersign.people import post

MAIL = """This is the day's checkpoint of the record of {name}.

Keep it. It says that the record had {size:,} events at {at:%m/%d/%Y %H:%M} UTC, and it lets you tell at any later time
whether one of them was changed, taken away or added: save the lines between the two rules as a file, and run

    python3 countersign_verify.py RECORD --held FILE

with the record and the verifier from {root}/record/

------------------------------------------------------------
{note}------------------------------------------------------------

Fingerprint of the key: {fingerprint}
"""


class AlreadyThere(Exception):
    """The address is on the list."""


def add(email, *, by):
    """Raises AlreadyThere."""
    try:
        with transaction.atomic():
            reader = CheckpointReader.objects.create(email=email, added_at=timezone.now(), added_by=by.person)
    except IntegrityError:
        raise AlreadyThere from None
    record.write(by, "checkpoint.mail.changed", object=email, changes={"Mailed the checkpoint": [False, True]})
    return reader


def end(reader, *, by):
    """Does nothing when it has ended already."""
    if CheckpointReader.objects.filter(id=reader.id, ended_at=None).update(ended_at=timezone.now(), ended_by=by.person):
        record.write(by, "checkpoint.mail.changed", object=reader, changes={"Mailed the checkpoint": [True, False]})


def daily():
    """Take the day's checkpoint, so that Support holds one of every instance, and mail it once (settings.DAILY)."""
    made = checkpoints.take("the day")
    instance = binding.bound()
    today = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    mailed = Event.objects.filter(action="checkpoint.mailed", at__gte=today).values_list("object_id", flat=True)
    for reader in CheckpointReader.objects.filter(ended_at=None).exclude(id__in=[int(id) for id in mailed]):
        text = MAIL.format(
            name=" ".join(instance.name.split()), size=made.size, at=made.at, root=hosts.root(instance), note=made.note,
            fingerprint=signing.fingerprint(made.key),
        )
        with transaction.atomic():
            record.write(system(), "checkpoint.mailed", object=reader)
            post.send(to=reader.email, subject=f"Checkpoint of {instance.name}: {made.size} events", text=text)
