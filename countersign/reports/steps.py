"""One visit as it went: every event of it in the order of writing, and how it ended."""

from datetime import timedelta

from django.db.models import Count, Q

from countersign.access.models import Visit
from countersign.audit import record
from countersign.audit.models import Event

STEPS = 200
LONGEST = timedelta(hours=13)  # 12 hours absolute, and the end is found at the request after it


class Steps:
    """The visit with this id (UUID) as the record has it. Raises LookupError when it has nothing of it.

    after: the number of the last step of the page before, or None. within: a Q for what may be read (reach.py).
    """

    def __init__(self, id, after=None, *, within=None):
        self.id = id
        of_it = Event.objects.filter(within or Q(), ~Q(visit=""), visit=str(id)).order_by("seq")
        self.began = of_it.first()
        if self.began is None:
            raise LookupError(id)
        before = of_it.filter(seq=after).first() if after else None
        if after and before is None:
            raise LookupError(after)
        found = list((of_it.filter(seq__gt=after) if after else of_it)[: STEPS + 1])
        self.more = len(found) > STEPS
        self.events = _with_pauses(found[:STEPS], before)
        self.counts = of_it.order_by().aggregate(
            steps=Count("*"), refused=Count("pk", filter=Q(result=record.REFUSED)),
            clients=Count("client_id", distinct=True, filter=~Q(client_id="")),
        )
        self.last = of_it.last()
        self.ending = self._ending()
        self.live = self.ending is None and Visit.objects.live().filter(id=id).exists()

    @property
    def lasted(self):
        return (self.ending or self.last).at - self.began.at

    def _ending(self):
        """The event that ended it: its own, or somebody else's about it."""
        if self.last.action in ("visit.left", "session.expired"):
            return self.last
        return Event.objects.filter(
            action="visit.ended", object_id=str(self.id), result=record.OK, at__gte=self.began.at,
            at__lte=self.last.at + LONGEST,
        ).order_by("at").first()


def _with_pauses(events, before):
    for event in events:
        event.pause = event.at - before.at if before else None
        before = event
    return events
