"""Opening, finding and ending sessions."""

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.audit import record
from countersign.audit.actors import THIRD_PARTY, Actor, system, unknown
from countersign.instances import binding, clock, hosts
from countersign.instances.prepared import Prepared
from countersign.instances.secrets import digest
from countersign.people.models import Crossing, PermissionGroup, Session

TOUCH_SECONDS = 30

# The two queries of every request of a signed-in person.
_by_digest = Prepared(lambda digest: Session.objects.open().select_related("user").filter(digest=digest), "?")
# The same at a company's admin site, whose cookie is another one for the same session (crossings.py).
_by_site_digest = Prepared(
    lambda digest, site: Session.objects.open().select_related("user").filter(
        crossings__cookie=digest, crossings__site=site
    ),
    "?", uuid.UUID(int=1),
)
_groups = Prepared(
    lambda user_id: PermissionGroup.objects.filter(members=user_id).order_by().values_list("permissions"),
    uuid.UUID(int=1),
)


class NoIndividual(Exception):
    """A Billing user is a key: it never opens a session without the individual who holds it."""


class NotNow(Exception):
    """The session cannot be used at this moment, but it is not over."""


def cookie_name():
    return f"{settings.COOKIE_PREFIX}session"


def start(request, user, *, individual=None, factors="pwd"):
    """Open a session for the user; returns (session, token). The token goes into the cookie and nowhere else."""
    if user.is_billing and not individual:
        raise NoIndividual
    now = timezone.now()
    token = secrets.token_urlsafe(32)
    session = Session.objects.create(
        digest=digest("session", token),
        user=user,
        individual=individual,
        factors=factors,
        signed_in_at=now,
        seen_at=now,
        expires_at=now + timedelta(seconds=settings.ABSOLUTE_SECONDS),
        address=request.address,
        browser=browser(request),
    )
    type(user).objects.filter(id=user.id).update(signed_in_at=now)
    return session, token


def set_cookie(response, token):
    response.set_cookie(
        cookie_name(), token, path="/", secure=settings.TLS, httponly=True, samesite="Lax",
    )


def find(request):
    """The open session that the request's cookie names, with its user, or None."""
    token = request.COOKIES.get(cookie_name())
    if not token or len(token) > 100 or not token.isascii():
        return None
    if request.site:
        return _by_site_digest.first(site_digest(token), request.site.id)
    return _by_digest.first(digest("session", token))


def site_digest(token):
    """As which the cookie of an admin site is kept: never what the same value would be at the company's own host."""
    return digest("admin-site session", token)


def permissions(session, *, kind):
    """What the session's user may do at this moment."""
    return session.user.held([groups for (groups,) in _groups.rows(session.user_id)], kind=kind)


def was_ours(request):
    """The session of this instance that the cookie names and that has ended, or None."""
    token = request.COOKIES.get(cookie_name(), "")[:100]
    if request.site:
        crossed = Crossing.objects.filter(cookie=site_digest(token), site=request.site.id).select_related("session")
        return next((one.session for one in crossed[:1]), None)
    return Session.objects.filter(digest=digest("session", token)).first()


def time_limit(session, now):
    """(when the session's time is over if nothing more is heard of the person, why)."""
    if clock.set_back(session.seen_at, now):
        return now, "the clock was set back"  # nobody can tell how long the person has been silent
    idle_at = session.seen_at + timedelta(seconds=settings.IDLE_SECONDS)
    if idle_at < session.expires_at:
        return idle_at, "idle for 15 minutes"
    return session.expires_at, "absolute limit of 12 hours"


def overdue(session, now):
    """Why the session's time is over, or ""."""
    at, because = time_limit(session, now)
    return because if now >= at else ""


def expire(session, *, actor=None):
    """End a session whose time is over, as of the time when it was; written down once, whoever finds it first.

    actor: whose request found it; without one nobody came back, and the session itself says who it was."""
    at, because = time_limit(session, timezone.now())
    with transaction.atomic():
        found = Session.objects.open().filter(id=session.id, seen_at=session.seen_at)
        if not found.update(ended_at=at, ended_by=system().person, ended_because=because):
            return False
        actor = actor or _as(session, address=session.address, browser=session.browser)
        record.write(actor, "session.expired", reason=because, changes={"Ended at": f"{at:%Y-%m-%dT%H:%M:%SZ}"})
        over(session, at=at, because=because)
    return True


def expire_overdue(*, user=None):
    """Write down every session that ran out of time with nobody there to see it (settings.DAILY, and each sign-in)."""
    now = timezone.now()
    late = Q(expires_at__lte=now) | Q(seen_at__lte=now - timedelta(seconds=settings.IDLE_SECONDS))
    found = Session.objects.open().filter(late).select_related("user")
    for session in found.filter(user=user) if user else found:
        expire(session)


def over(session, *, at, because):
    """Let the rooms above put an end to what rests on a session that is over (settings.SESSION_ENDINGS)."""
    for path in settings.SESSION_ENDINGS:
        import_string(path)(session, at=at, because=because)


def touch_is_due(session, now):
    """Whether to note again that the person is there: every 30 s, so that most reads write nothing but their event."""
    return now - session.seen_at >= timedelta(seconds=TOUCH_SECONDS)


def touch(session, now):
    Session.objects.open().filter(id=session.id).update(seen_at=now)


def end(session, *, by, because):
    """End one session. Nothing happens when it has ended already."""
    return Session.objects.open().filter(id=session.id).update(
        ended_at=timezone.now(), ended_by=by.person, ended_because=because
    )


def end_all(user, *, by, because, keep=None):
    """End every session of a user and tell whoever relies on this person being signed in here; returns how many."""
    expire_overdue(user=user)  # what ran out of time before keeps that as its end
    sessions = Session.objects.open().filter(user=user)
    if keep is not None:
        sessions = sessions.exclude(id=keep.id)
    count = sessions.update(ended_at=timezone.now(), ended_by=by.person, ended_because=because)
    tell(user, because=because)
    return count


def tell(user, *, because):
    """Pass the sign-out on to the rooms above, which are named in the settings."""
    for path in settings.SIGN_OUT_NOTICES:
        import_string(path)(user, because=because)


def replaced(request, old):
    """Somebody signs in where somebody, the same or another, was signed in: that session is over, and it is said."""
    because = "replaced by a new sign-in"
    if end(old, by=request.actor, because=because):
        record.write(actor(request, old), "signed-out", reason=because)
        over(old, at=timezone.now(), because=because)


def actor(request, session):
    """Who acts in this session, as the record names them."""
    return _as(session, address=request.address, browser=browser(request))


def _as(session, *, address, browser):
    user, individual = session.user, session.individual
    if individual is None and user.is_billing:  # nothing opens such a session: a key alone is nobody
        return unknown(address=address, browser=browser, user_id=user.user_id)
    if individual is None:
        return Actor(
            person=user.name, iss=hosts.root(binding.bound()), sub=str(user.id), user_id=user.user_id,
            factors=session.factors, address=address, browser=browser,
        )
    return Actor(
        person=individual["person"], source=THIRD_PARTY, iss=individual["iss"], sub=individual["sub"],
        user_id=individual.get("user_id", ""), company=individual["company"], billing_user=user.user_id,
        visit=individual["visit"], factors=individual["factors"], address=address, browser=browser,
    )


def browser(request):
    """What the browser says it is, as one line: it is shown, mailed and printed."""
    told = request.META.get("HTTP_USER_AGENT", "")[:300]
    return told if told.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in told)
