"""Telling practices that a sign-in is over: OpenID Connect Back-Channel Logout 1.0.

The outbox is the table of entries itself (ended, but not told). A message is sent right after the change is committed,
by a thread of its own so that nobody waits for a slow practice; what is lost is found by the practice's own poll.
"""

import logging
import secrets
import time
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone

from countersign.identity import federation, tokens
from countersign.identity.models import Entry
from countersign.instances import binding, hosts

log = logging.getLogger(__name__)
_senders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="back-channel")
_under_way = set()


def send_soon():
    instance = binding.bound()
    transaction.on_commit(lambda: _submit(instance))


def _submit(instance):
    future = _senders.submit(_send, instance)
    _under_way.add(future)
    future.add_done_callback(_under_way.discard)


def settle(seconds=10):
    """Wait until every message under way is delivered or given up (at shutdown, and in tests)."""
    wait(list(_under_way), timeout=seconds)


def _send(instance):
    try:
        with binding.bind(instance):
            for entry in _untold():
                if _tell(entry):
                    Entry.objects.filter(id=entry.id).update(told_at=timezone.now())
    except Exception:  # a thread has nobody to raise to; the poll will find what was not told
        log.exception("Back-channel messages of %s could not be sent.", instance.slug)
    finally:
        connections["control"].close()


def _untold():
    """What a practice may not know yet and still needs: older sign-ins are over there by the 12-hour limit, and what
    ended longer ago was found by its poll. So a practice that never answers does not hold up the others for ever."""
    now = timezone.now()
    return Entry.objects.select_related("party").filter(
        told_at=None,
        ended_at__gt=now - timedelta(seconds=2 * settings.STANDING_FAIL_SECONDS),
        entered_at__gt=now - timedelta(seconds=settings.ABSOLUTE_SECONDS + settings.ID_TOKEN_SECONDS),
    )[:500]


def _tell(entry):
    try:
        status, _ = federation.call("POST", entry.party.logout_uri, data={"logout_token": _token(entry)})
    except federation.FederationError as error:
        log.warning("%s did not take a sign-out: %s", entry.party.client_id, error)
        return False
    return status == 200


def _token(entry):
    now = int(time.time())
    claims = {
        "iss": hosts.root(binding.bound()), "aud": entry.party.client_id, "iat": now, "exp": now + 120,
        "jti": secrets.token_urlsafe(12), "sub": str(entry.user_id), "sid": str(entry.id),
        "events": {tokens.LOGOUT_EVENT: {}}, "because": entry.ended_because,
    }
    return tokens.sign(claims, typ="logout+jwt")
