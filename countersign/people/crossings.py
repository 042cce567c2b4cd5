"""From the company's own host to its admin site: the same session, over a ticket that is good once.

The browser that asks at the admin site keeps a secret in a cookie there, and carries only its digest (the state) to the
company; the ticket that comes back counts only beside that very cookie (as `state` and PKCE do, RFC 9700 section 2.1).
"""

import base64
import hashlib
import re
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from countersign.instances import clock
from countersign.instances.secrets import digest
from countersign.people import sessions
from countersign.people.models import Crossing

STATE = re.compile(r"[A-Za-z0-9_-]{43}")
ASKING_SECONDS = 600  # as long as somebody may take to sign in
USED = "the ticket was used before"


def cookie_name():
    return f"{settings.COOKIE_PREFIX}crossing"


def new_secret():
    return secrets.token_urlsafe(32)


def state_of(secret):
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=").decode()


def ask(response):
    """Leave the secret with the browser; returns the state that it carries to the company."""
    secret = new_secret()
    response.set_cookie(
        cookie_name(), secret, max_age=ASKING_SECONDS, path="/", secure=settings.TLS, httponly=True, samesite="Lax",
    )
    return state_of(secret)


def forget(response):
    response.delete_cookie(cookie_name(), path="/", samesite="Lax")


def give(session, *, site, state):
    """A ticket for this session to this admin site, for the browser of this state and nobody else; written down by
    the caller."""
    now, ticket = timezone.now(), secrets.token_urlsafe(32)
    with transaction.atomic():
        Crossing.objects.filter(cookie=None, expires_at__lt=now - timedelta(days=1)).delete()
        Crossing.objects.create(
            session=session, site=site.id, ticket=digest("crossing", ticket), state=state,
            given_at=now, expires_at=now + timedelta(seconds=settings.CROSSING_SECONDS),
        )
    return ticket


def take(ticket, *, site, secret):
    """Use the ticket up; returns (its session, the token for the cookie at the admin site, why it opens nothing or "").

    It is used up whoever brings it: in the wrong browser it is somebody else's, and nobody is to try it again. The
    caller writes down what came of it, in the same transaction.
    """
    found = Crossing.objects.select_related("session__user").filter(
        ticket=digest("crossing", ticket), site=site.id
    ).first()
    if found is None:
        return None, "", "there is no such ticket for this site"
    now, token = timezone.now(), secrets.token_urlsafe(32)
    because = _why_not(found, secret, now)
    used = Crossing.objects.filter(id=found.id, used_at=None).update(
        used_at=now, cookie=None if because else sessions.site_digest(token)
    )
    return found.session, token, because or ("" if used else USED)


def _why_not(found, secret, now):
    session = found.session
    if found.used_at is not None:
        return USED
    if found.expires_at <= now or clock.set_back(found.given_at, now):
        return "the ticket is more than a minute old"
    if not secret or not secrets.compare_digest(state_of(secret), found.state):
        return "the ticket was given to another browser"
    if session.ended_at is not None or sessions.overdue(session, now):
        return "the session that it was given to is over"
    return "" if session.user.is_active else "the user is inactive"
