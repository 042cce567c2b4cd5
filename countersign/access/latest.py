"""What somebody who is in the practice did last, for the page of live visits: two queries, however many are in."""

from types import SimpleNamespace

from django.db.models import Max

from countersign.audit.actions import sentence
from countersign.audit.models import Event


def with_last_events(visits, *, names_clients):
    """The visits as a list, each with `last`: the sentence and time (`words`, `at`) of its last event, or None.

    names_clients: whether the reader may see which client it was.
    """
    found = list(visits)
    last = _last_events([str(visit.id) for visit in found])
    for visit in found:
        event = last.get(str(visit.id))
        visit.last = event and SimpleNamespace(
            seq=event.seq, at=event.at, refused=event.result != "ok", words=_words(event, names_clients)
        )
    return found


def who_left(longest=20):
    """The newest notices that somebody left their company or came back, as events."""
    told = Event.objects.filter(action__in=["person.left", "person.returned"]).order_by("-seq")[:longest]
    return [SimpleNamespace(seq=e.seq, at=e.at, company=e.person.removesuffix(" (home)"), words=e.object, gone=(
        e.action == "person.left")) for e in told]


def _last_events(ids):
    """{visit: its last event}."""
    if not ids:
        return {}
    # `exclude`: or SQLite does not see that the partial index event_visit holds all that is asked for.
    newest = Event.objects.exclude(visit="").filter(visit__in=ids).values("visit").annotate(last=Max("seq")).order_by()
    events = Event.objects.filter(seq__in=[row["last"] for row in newest]).only(
        "seq", "at", "visit", "action", "object", "client", "result"
    )
    return {event.visit: event for event in events}


def _words(event, names_clients):
    if event.client and not names_clients:
        event.client, event.object = "(name not shown)", ""
    return sentence(event)
