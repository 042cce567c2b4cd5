"""The one rule of when a visit of Support goes on: what the instance approved, for one person, until its time.

Behind each approval stands a key of its own, made with it and of no use afterwards. It has no password, belongs to no
list and can be changed by nobody; what counts is not what it holds but what the approval says, asked at both parts of
the sign-in and at every request.
"""

import uuid

from django.utils import timezone

from countersign.access.models_support import SupportAnswer
from countersign.instances import clock
from countersign.instances.prepared import Prepared
from countersign.people.permissions import Permission, known

P = Permission
# What Support can be let see at all: pages to look at, none of notes, and nothing of who may do what.
LOOKS = frozenset({
    P.VIEW_REPORTS, P.VIEW_GENERAL_LOG, P.VIEW_CLIENTS, P.VIEW_LEDGER, P.VIEW_CLAIMS, P.VIEW_REMITTANCES,
})
NOTHING, OVER = "nothing was approved", "the time that was approved is over"

_of_key = Prepared(
    lambda key_id: SupportAnswer.objects.filter(key=key_id).values_list(
        "answered_at", "expires_at", "permissions", "ending__reason"
    ),
    uuid.UUID(int=1),
)


def judge(key):
    """(why what stands behind this key opens nothing, or ""; when its time ends)."""
    rows = _of_key.rows(key.id)
    if not rows:
        return NOTHING, None
    answered_at, expires_at, _, ended_because = rows[0]
    now = timezone.now()
    if ended_because:
        return f"the approval is over: {ended_because}", expires_at
    if expires_at <= now or clock.set_back(answered_at, now):
        return OVER, expires_at
    return "", expires_at


def rights(visit, permissions):
    """What a visit of Support may do at this moment (settings.VISIT_RIGHTS): no more than was approved."""
    if not visit.key.is_for_support:
        return permissions
    rows = _of_key.rows(visit.key_id)
    return permissions & LOOKS & known(rows[0][2] if rows else ())
