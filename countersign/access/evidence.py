"""What a Billing user was used for since it was last reviewed: people, visits, and permissions from the record."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from countersign.access import uses
from countersign.access.models import AccessReview, Visit
from countersign.audit.models import Event
from countersign.instances import binding
from countersign.people.permissions import Permission, known

EVERY = timedelta(days=90)
CHUNK = 500  # visits asked for at once


@dataclass(frozen=True)
class Line:
    """One permission that the Billing user holds: how often it was used, and where it comes from."""

    permission: Permission
    times: int
    comes_from: str

    @property
    def has_a_page(self):
        return self.permission not in uses.WITHOUT_A_PAGE


@dataclass(frozen=True)
class Evidence:
    """since, until: the time it is about; people: {name: visits}; lines: every permission that is held."""

    since: object
    until: object
    people: dict
    lines: list

    @property
    def visits(self):
        return sum(self.people.values())

    @property
    def unused(self):
        return [line.permission for line in self.lines if not line.times]

    def plain(self):
        """The same as JSON, to be kept with the review."""
        return {
            "since": f"{self.since:%Y-%m-%dT%H:%M:%SZ}", "until": f"{self.until:%Y-%m-%dT%H:%M:%SZ}",
            "people": self.people, "permissions": {str(line.permission): line.times for line in self.lines},
        }


def of(key):
    """The Evidence about a Billing user, from its last review, or its creation, until now."""
    last = last_review(key)
    since, until = last.signed_at if last else key.created_at, timezone.now()
    visits = list(Visit.objects.filter(key=key, session__seen_at__gte=since).values_list("id", "iss", "sub", "person"))
    names = {(iss, sub): person for _, iss, sub, person in visits}
    people = Counter(names[iss, sub] for _, iss, sub, _ in visits)
    times = uses.used(_actions([str(id) for id, *_ in visits], since))
    held = key.holds(kind=binding.bound().kind)
    lines = [Line(p, times.get(p, 0), _comes_from(key, p)) for p in Permission if p in held]
    return Evidence(since, until, dict(sorted(people.items())), lines)


def _actions(visits, since):
    """{action: how often} of what went well in these visits since then."""
    found = Counter()
    for start in range(0, len(visits), CHUNK):
        some = visits[start:start + CHUNK]
        events = Event.objects.exclude(visit="").filter(visit__in=some, result="ok", at__gte=since)
        found.update(dict(events.order_by().values("action").annotate(n=Count("seq")).values_list("action", "n")))
    return found


def _comes_from(key, permission):
    groups = [group.name for group in key.groups.all() if permission in known(group.permissions)]
    own = ["itself"] if permission in known(key.permissions) else []
    return ", ".join([*own, *groups])


def last_review(key):
    return AccessReview.objects.filter(key=key).first()


def due_on(key):
    """The day by which a Billing user is to be reviewed again."""
    last = last_review(key)
    return timezone.localdate(last.signed_at if last else key.created_at) + EVERY
