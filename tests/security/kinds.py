"""Every kind of user that may stand before a route, each with a session opened for one request."""

import uuid
from dataclasses import dataclass

from countersign.instances import binding, hosts
from countersign.instances.models import InstanceKind
from countersign.people import sessions
from countersign.people.models import Crossing, Session, User, UserType
from countersign.people.permissions import BILLING_CEILING, Permission, offered
from tests.security.fillings import FROM, open_visit
from tests.security.routes import ALSO_NEEDS, ANYONE, AS_GOOD, FOR_VISITS, OWN_PEOPLE, PERSON, PUBLIC

ALLOWED, TO_SIGN_IN, REFUSED, MISSING, WRONG_METHOD = "allowed", "to sign-in", "refused", "missing", "wrong method"


@dataclass(frozen=True)
class Kind:
    """type: None for somebody without a session. holds: permissions. foreign: the session is of another instance."""

    name: str
    type: str | None
    holds: frozenset = frozenset()
    foreign: bool = False

    def expected(self, route):
        """What the catalogue says this kind of user gets at a route."""
        who, also = route.who, ALSO_NEEDS.get(route.path)
        if who == PUBLIC:
            return None
        if self.type is None or self.foreign:
            return TO_SIGN_IN
        if who == ANYONE:
            return MISSING if route.path in FOR_VISITS and self.type != UserType.BILLING else ALLOWED
        if who == PERSON:
            return REFUSED if self.type == UserType.BILLING else ALLOWED
        if route.path in OWN_PEOPLE and self.type == UserType.BILLING:
            return REFUSED
        if not self.holds & {who, AS_GOOD.get(route.path)}:
            return REFUSED
        return MISSING if also and also not in self.holds else ALLOWED


ANONYMOUS = Kind("anonymous", None)
SUPPORT = Kind("Support", UserType.ADMINISTRATOR, foreign=True)


def kinds_for(who, instance_kind):
    """The kinds of user that tell whether a route for `who` is guarded as it should be."""
    all_here = offered(instance_kind)
    found = [ANONYMOUS, Kind("administrator", UserType.ADMINISTRATOR, all_here)]
    if instance_kind != InstanceKind.SUPPORT:
        found.append(SUPPORT)
    found += [
        Kind("Restricted", UserType.RESTRICTED),
        Kind("regular with nothing", UserType.REGULAR),
        Kind("visit with nothing", UserType.BILLING),
    ]
    if isinstance(who, Permission):
        found += [
            Kind(f"regular with {who} alone", UserType.REGULAR, frozenset({who})),
            Kind(f"regular with all but {who}", UserType.REGULAR, all_here - {who}),
            Kind(f"visit with all but {who}", UserType.BILLING, BILLING_CEILING - {who}),
        ]
        if who in BILLING_CEILING:
            found.append(Kind(f"visit with {who} alone", UserType.BILLING, frozenset({who})))
    return found


class Visitor:
    """A browser at one instance that can become any kind of user. One handler: loading middleware costs time.

    site: the instance's admin site, when that is the host."""

    def __init__(self, cast, instance, site=None, **options):
        self.cast, self.instance, self.site = cast, instance, site
        self.client = cast.installation.client(instance, raise_request_exception=False, **options)
        if site:
            host = hosts.site_root(site).partition("://")[2]
            self.client.defaults.update(SERVER_NAME=host.partition(":")[0], HTTP_HOST=host)
        self.users = {}

    def become(self, kind):
        self.client.cookies.clear()
        if kind.type is None:
            return self
        home = self.cast.support if kind.foreign else self.instance
        with binding.bind(home):
            user = self.users.get(kind) or self._user(kind)
            self.users[kind] = user
            if kind.type == UserType.BILLING:
                _, token = open_visit(self.cast, user)
            else:
                _, token = sessions.start(FROM, user)
            self.cross(token)
        self.client.cookies[sessions.cookie_name()] = token
        return self

    def cross(self, token):
        """At the admin site the same value is the cookie there, as if its session had crossed."""
        session = Session.objects.filter(digest=sessions.digest("session", token)).first()
        if self.site and session:
            cookie = sessions.site_digest(token)
            Crossing.objects.get_or_create(cookie=cookie, defaults={
                "session": session, "site": self.site.id, "ticket": cookie, "expires_at": session.expires_at,
                "used_at": session.signed_in_at,
            })

    def _user(self, kind):
        user = User(
            user_id=f"u{uuid.uuid4().hex[:12]}", name=f"Somebody {kind.name}"[:120], type=kind.type, password="!",
            permissions=sorted(kind.holds) if kind.type != UserType.ADMINISTRATOR else [], created_by="the test",
            billing_company=self.cast.acme.id if kind.type == UserType.BILLING else None,
        )
        user.save(force_insert=True)
        return user

    def send(self, method, path, data=None, **headers):
        if method in ("GET", "POST"):
            return getattr(self.client, method.lower())(path, data, **headers)
        return self.client.generic(method, path, **headers)


def verdict(response):
    """What an answer amounts to, in the words of the catalogue."""
    by = response.wsgi_request.method
    if by == "GET" and response.status_code == 302 and response["Location"].partition("?")[0] == "/sign-in/":
        return TO_SIGN_IN
    if response.status_code in (200, 201, 204, 302, 303, 422):
        return ALLOWED
    return {401: TO_SIGN_IN, 403: REFUSED, 404: MISSING, 405: WRONG_METHOD}.get(
        response.status_code, str(response.status_code)
    )
