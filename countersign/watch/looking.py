"""One look at what is new on the record of the bound instance: alerts and the place reached, in one transaction."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from countersign.audit import record, tree
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.watch import letters, rules
from countersign.watch.models import Alert, Known, Position, Rules

FIELDS = (
    "seq", "at", "source", "person", "iss", "sub", "company", "billing_user", "visit", "address", "action", "object",
    "client_id", "result", "reason",
)
ROUND = 2000  # events read at once
LONGEST = timedelta(minutes=1)  # no request's transaction lasts as long


def look():
    """Raise the alerts of everything that was written since the last look. Outside of any transaction."""
    while _round():
        pass


def _round():
    """Look at up to ROUND events; returns whether there may be more. Of two who look at once, one counts."""
    position, until = Position.objects.get(), _settled()
    new = Event.objects.filter(seq__gt=position.seq, seq__lte=until).order_by("seq")
    events = list(new.values_list(*FIELDS, named=True)[:ROUND])
    if not events:
        return False
    current = Rules.current()
    alerts, known = rules.judge(events, current)
    with transaction.atomic():
        if not Position.objects.filter(id=position.id, seq=position.seq).update(seq=events[-1].seq):
            return True
        Known.objects.bulk_create(known, ignore_conflicts=True)
        if alerts:
            _raise(alerts, current, position)
    return len(events) == ROUND


def _raise(alerts, current, position):
    Alert.objects.bulk_create(alerts)
    told = letters.send(alerts, current, position)
    for alert in alerts:
        record.write(
            system(), "alert.raised", object=alert,
            changes={"Alert": alert.get_kind_display(), "Event": alert.seq, "Mailed to": ", ".join(told) or "nobody"},
        )


def _settled():
    """Up to where no event can still appear with a lower number.

    Somebody who writes without a pause must not be able to hide that way: then it is what is a minute old.
    """
    try:
        return tree.settled_seq()
    except tree.Unsettled:
        old = Event.objects.filter(at__lt=timezone.now() - LONGEST).order_by("-at")
        return old.values_list("seq", flat=True).first() or 0
