"""Drives routes as every kind of user and keeps, for each request, what was done beside what was written."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import product

from django.db.models import Max
from django.utils import timezone

from countersign.access.models import Visit
from countersign.audit.models import Event
from countersign.identity import dispatches, notices, witnesses
from countersign.instances import binding, hosts
from countersign.instances.models import Instance
from countersign.people import passwords, post, sessions
from countersign.people.models import Session, User, UserType
from tests.cast import PASSWORD
from tests.record import rows
from tests.security import bodies
from tests.security.fillings import FROM, open_visit
from tests.security.kinds import Kind, Visitor, kinds_for, verdict
from tests.security.routes import PUBLIC, fillings

METHODS = ("GET", "POST")


@dataclass(frozen=True)
class Seen:
    """One request: who asked for what, how it was answered, what is on the record since, and what is different since.

    person: what every event of it must say of who it was. elsewhere: events of another instance, where Support acted.
    """

    method: str
    route: object
    kind: Kind
    status: int
    verdict: str
    path: str
    ids: tuple
    person: dict
    events: tuple
    elsewhere: tuple = ()
    changes: tuple = ()
    sent: dict | None = None
    stale: bool = False

    def __str__(self):
        return f"{self.method} {self.route}, {self.kind.name}{', out of time' if self.stale else ''}"

    def without(self, event):
        return replace(self, events=tuple(one for one in self.events if one is not event))

    def without_elsewhere(self, event):
        return replace(self, elsewhere=tuple(one for one in self.elsewhere if one is not event))


@dataclass
class Walker(Visitor):
    """A browser at one instance that is any kind of user; one session a kind, as long as it lasts."""

    cast: object
    instance: object
    site: object = None
    doors: dict = field(default_factory=dict)

    def __post_init__(self):
        super().__init__(self.cast, self.instance, self.site)
        bodies.KNOWN = bodies.KNOWN or passwords.encode(PASSWORD)

    def become(self, kind, *, stale=False):
        """Returns what every event of this kind of user says of who it was."""
        self.client.cookies.clear()
        if kind.type is None:
            return {"source": "unknown", "person": "unknown", "iss": "", "sub": "", "company": "", "visit": ""}
        home = self.cast.support if kind.foreign else self.instance
        with binding.bind(home):
            token, person = self.doors.get(kind, (None, None))
            session = token and Session.objects.open().filter(digest=sessions.digest("session", token)).first()
            if not session:
                token, person = self.doors[kind] = self._enter(kind, home)
            if stale:
                ended = timezone.now() - timedelta(minutes=20)
                Session.objects.filter(digest=sessions.digest("session", token)).update(seen_at=ended)
            self.cross(token)
        self.client.cookies[sessions.cookie_name()] = token
        return person

    def user(self, kind):
        return self.users.get(kind)

    def _enter(self, kind, home):
        user = self.users.get(kind) or self._user(kind)
        self.users[kind] = user
        User.objects.filter(id=user.id).update(password_forced_at=None)
        if kind.foreign:
            return sessions.start(FROM, user)[1], {"source": "unknown", "person": "unknown", "sub": "", "company": ""}
        if kind.type == UserType.BILLING:
            visit, token = open_visit(self.cast, user)
            return token, {
                "source": "third party", "person": "Jane Doe", "company": self.cast.acme.name, "user_id": "jane",
                "billing_user": user.user_id, "visit": str(visit.id), "iss": visit.iss, "sub": visit.sub,
                "factors": "pwd",
            }
        return sessions.start(FROM, user)[1], {
            "source": "ours", "person": user.name, "company": "", "user_id": user.user_id, "billing_user": "",
            "visit": "", "iss": hosts.root(home), "sub": str(user.id), "factors": "pwd",
        }


def fill(route, instance, cast):
    """(address, what its parameters were filled with)."""
    path, values, so_far = "/", {}, ""
    for segment in route.path.split("/"):
        so_far += segment
        if segment.startswith("<"):
            values[so_far] = fillings()[so_far](cast, instance, values)
            segment = str(values[so_far])
        path += segment + "/"
        so_far += "/"
    return path[:-1] if path != "/" else path, tuple(map(str, values.values()))


def settle():
    post.settle()
    dispatches.settle()
    notices.settle()
    witnesses.settle()


def last(instance):
    with binding.bind(instance):
        return Event.objects.aggregate(last=Max("seq"))["last"] or 0


def since(instance, seq):
    with binding.bind(instance):
        return tuple(Event.objects.filter(seq__gt=seq).order_by("seq"))


def ask(walker, route, kind, method, *, cast, where, at=None, stale=False):
    """One request, watched. at: (address, ids) when it was filled before."""
    address, ids = at or fill(route, where, cast)
    person = walker.become(kind, stale=stale)
    data = None
    if method == "POST" and route.path in bodies.BODIES and route.who != PUBLIC:
        data = bodies.BODIES[route.path](cast, where, ids, None if kind.foreign else walker.user(kind))
    other = _other(route, ids, where)
    settle()
    started, started_there = last(where), last(other) if other else 0
    before = rows.of(where), rows.catalogue()
    response = walker.send(method, address, data)
    settle()
    after = rows.of(where), rows.catalogue()
    return Seen(
        method, route, kind, response.status_code, verdict(response), address, ids, person, since(where, started),
        since(other, started_there) if other else (),
        tuple(rows.changes(before[0], after[0]) + rows.changes(before[1], after[1])), data, stale,
    )


def _other(route, ids, where):
    """The instance that an address of the console is about."""
    if not route.path.startswith("console/") or "<uuid:" not in route.path:
        return None
    return Instance.objects.exclude(id=where.id).filter(id=ids[0]).first()


def drive(found, cast, where, site=None):
    """[Seen, ...] of every route, as every kind of user that tells something about it, reading and sending."""
    walker, seen = Walker(cast, where, site), []
    for route in found:
        if route.who == PUBLIC:
            continue
        at = fill(route, where, cast)
        for kind, method in product(kinds_for(route.who, where.kind), METHODS):
            once = at if method == "GET" else None
            seen.append(ask(walker, route, kind, method, cast=cast, where=where, at=once))
    return seen


def drive_public(found, cast, where, site=None):
    """Public routes, by nobody and by somebody who is signed in, with empty hands."""
    walker, seen = Walker(cast, where, site), []
    kinds = [Kind("anonymous", None), Kind("regular", UserType.REGULAR), Kind("visit", UserType.BILLING)]
    for route in found:
        if route.who == PUBLIC:
            for kind, method in product(kinds, METHODS):
                seen.append(ask(walker, route, kind, method, cast=cast, where=where))
    return seen


def drive_stale(found, cast, where, site=None):
    """Every route by somebody whose time is over: a person of the instance, and a visit."""
    walker, seen = Walker(cast, where, site), []
    kinds = [Kind("administrator", UserType.ADMINISTRATOR), Kind("visit", UserType.BILLING)]
    for route in found:
        if route.who != PUBLIC:
            method = "GET" if "GET" in route.methods else "POST"
            at = fill(route, where, cast)
            for kind in kinds:
                seen.append(ask(walker, route, kind, method, cast=cast, where=where, at=at, stale=True))
    return seen


def visits_without_an_ending(where):
    with binding.bind(where):
        return list(Visit.objects.filter(ending=None).exclude(session__ended_at=None))
