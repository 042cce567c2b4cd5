"""The live feed of the bound instance's record: how far it got, and the next step of it.

The position moves only after the collector has read a batch (audit/feed_wire.py), so a stop of anything at any moment
loses nothing; what it may do is send a batch twice (docs/decisions/feed.md).
"""

from urllib.parse import urlsplit

from django.utils import timezone

from countersign.audit import feed_message, feed_wire, reading, tree
from countersign.audit.models import Event, FeedPosition
from countersign.instances import binding, hosts

THE_ROW = 1
BATCHES = 100  # a turn: then it is another instance's


def position():
    """The `seq` of the last event that a collector has read; 0 before the first."""
    return FeedPosition.objects.filter(id=THE_ROW).values_list("seq", flat=True).first() or 0


def move(seq):
    """Everything up to this event counts as sent."""
    now = timezone.now()
    if not FeedPosition.objects.filter(id=THE_ROW).update(seq=seq, moved_at=now):
        FeedPosition.objects.create(id=THE_ROW, seq=seq, moved_at=now)


def behind():
    """How many events are still to be sent."""
    return Event.objects.filter(seq__gt=position()).count()


def highest():
    """The `seq` of the newest event that can be seen."""
    return Event.objects.order_by("-seq").values_list("seq", flat=True).first() or 0


def advance(collector, *, going_on=lambda: True):
    """Send what has happened since; returns (how many events the collector has read, whether there are more).

    Outside of any transaction: nothing is locked while a collector takes its time. Raises feed_wire.NotSent,
    feed_wire.NotConfirmed, and tree.Unsettled when the record is written to without a pause.
    """
    instance, until, sent = binding.bound(), tree.settled_seq(), 0
    message = feed_message.maker(str(instance.id), urlsplit(hosts.root(instance)).hostname)
    messages = ((row[reading.SEQ], message(row)) for row in reading.rows(position(), until))
    for number, (last, count, octets) in enumerate(feed_message.batches(messages)):
        if number == BATCHES or not going_on():
            return sent, True
        feed_wire.deliver(collector, octets)
        move(last)
        sent += count
    return sent, False
