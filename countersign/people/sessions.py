"""Opening, finding and ending sessions."""

import secrets
import uuid
from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.audit.actors import THIRD_PARTY, Actor
from countersign.instances import hosts
from countersign.instances.prepared import Prepared
from countersign.instances.secrets import digest
from countersign.people.models import PermissionGroup, Session

TOUCH_SECONDS = 30

# The two queries of every request of a signed-in person.
_by_digest = Prepared(lambda digest: Session.objects.open().select_related("user").filter(digest=digest), "?")
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
    return _by_digest.first(digest("session", token))


def permissions(session, *, kind):
    """What the session's user may do at this moment."""
    return session.user.held([groups for (groups,) in _groups.rows(session.user_id)], kind=kind)


def was_ours(request):
    """Whether the cookie names a session of this instance that has ended."""
    token = request.COOKIES.get(cookie_name(), "")[:100]
    return Session.objects.filter(digest=digest("session", token)).exists()


def overdue(session, now):
    """Why the session's time is over, or ""."""
    if now >= session.expires_at:
        return "absolute limit of 12 hours"
    if now - session.seen_at >= timedelta(seconds=settings.IDLE_SECONDS):
        return "idle for 15 minutes"
    return ""


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
    """End every session of a user and tell whoever relies on this person being signed in here."""
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


def actor(request, session):
    """Who acts in this session, as the record names them."""
    user, individual = session.user, session.individual
    if individual is None:
        return Actor(
            person=user.name, iss=hosts.root(request.instance), sub=str(user.id), user_id=user.user_id,
            factors=session.factors, address=request.address, browser=browser(request),
        )
    return Actor(
        person=individual["person"], source=THIRD_PARTY, iss=individual["iss"], sub=individual["sub"],
        user_id=individual.get("user_id", ""), company=individual["company"], billing_user=user.user_id,
        visit=individual["visit"], factors=individual["factors"], address=request.address, browser=browser(request),
    )


def browser(request):
    return request.META.get("HTTP_USER_AGENT", "")[:300]
