"""After a backup was put in place: no visit that it holds goes on, and no first part of a sign-in either."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from countersign.access.models import Ending, PreSession, Visit
from countersign.audit import record
from countersign.audit.actors import system

BACK = "the practice's system was restored from a backup"


def open_visits(as_of):
    """The visits that were live when the backup was made; what had run out of time by then keeps that as its end."""
    idle_since = as_of - timedelta(seconds=settings.IDLE_SECONDS)
    return list(Visit.objects.filter(
        ending=None, session__ended_at=None, session__expires_at__gt=as_of, session__seen_at__gt=idle_since
    ))


def end(visits, *, by):
    """One ending and one event each."""
    now = timezone.now()
    for visit in visits:
        Ending.objects.create(visit=visit, at=now, by=by.person, reason=BACK)
        record.write(system(), "visit.ended", object=visit, reason=BACK)


def end_first_parts():
    """Whoever gave the first part of a sign-in begins again. Returns {what: how many}."""
    now = timezone.now()
    begun = PreSession.objects.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
    return {"sign-ins under way": begun}
