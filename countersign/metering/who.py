"""Who is charged for in a month at the bound instance, and why. The rules are docs/charges.md.

Read from what was kept as it happened (people.ActiveTime, sessions, the history of the instance), never from what
somebody is today.
"""

from datetime import UTC, datetime
from itertools import groupby, pairwise

from django.db.models import Exists, Min, OuterRef, Q
from django.utils import timezone

from countersign.instances.models import InstanceState
from countersign.metering import periods, words
from countersign.metering.models import Line
from countersign.people.models import CHARGED, ActiveTime, Session, User, UserType

FOREVER = datetime.max.replace(tzinfo=UTC)


def charged(month, zone, opened):
    """[Line, ...] by name. opened: when the instance was open, [(from, until or None), ...]."""
    start, end = periods.span(month, zone)
    open_here = [(max(a, start), min(b or FOREVER, end)) for a, b in opened if a < end and (b or FOREVER) > start]
    if not open_here:
        return []
    found = {}
    times = ActiveTime.objects.filter(began_at__lt=end).exclude(type=UserType.BILLING).select_related("user")
    for user, of_user in groupby(times.order_by("user_id", "began_at", "id"), key=lambda time: time.user):
        line = _by_active_times(user, list(of_user), open_here, (start, end), zone)
        if line:
            found[line.user] = line
    for user, type, at in _signed_in_besides(start, end):
        if str(user.id) not in found and type in CHARGED:
            day = periods.day(at, zone)
            found[str(user.id)] = _line(user, type, words.signed_in(day), day)
    return sorted(found.values(), key=lambda line: (line.name.casefold(), line.user_id))


def _line(user, type, why, from_on):
    return Line(
        user=str(user.id), name=user.name, user_id=user.user_id, type=UserType(type).label, why=why, from_on=from_on
    )


def _by_active_times(user, times, open_here, span, zone):
    """The Line of somebody who was active as a charged type while the instance was open, or None."""
    start, end = span
    counted = [one for one in times if one.type in CHARGED and (one.ended_at or FOREVER) > start]
    first = min((
        max(one.began_at, began) for one in counted for began, ended in open_here
        if one.began_at < ended and (one.ended_at or FOREVER) > began
    ), default=None)
    if first is None:
        return None
    why = words.changes(_changes(times, start, end), zone, running=end > timezone.now())
    return _line(user, counted[-1].type, why, periods.day(first, zone))


def _changes(times, start, end):
    """What happened to somebody in the span: [(what, type, when), ...] of the steps into and out of charged types."""
    found = []
    for before, time in pairwise([None, *times, None]):
        was, becomes = before and before.type in CHARGED, time and time.type in CHARGED
        together = before and time and before.ended_at == time.began_at
        if together and was and becomes:
            continue  # from one charged type to the other: nothing changes
        if was and before.ended_at:
            found.append(("lowered" if together else "inactivated", time and time.type, before.ended_at))
        if becomes:
            found.append(("raised" if together else "reactivated" if before else "created", time.type, time.began_at))
    return [one for one in found if start < one[2] < end or (one[2] == start and one[0] != "inactivated")]


def _signed_in_besides(start, end):
    """[(user, type then, when first), ...] of sign-ins that no active time explains: from before those were kept."""
    meanwhile = ActiveTime.objects.filter(user=OuterRef("user"), began_at__lte=OuterRef("signed_in_at")).filter(
        Q(ended_at=None) | Q(ended_at__gte=OuterRef("signed_in_at"))
    )
    besides = Session.objects.filter(signed_in_at__gte=start, signed_in_at__lt=end).filter(~Exists(meanwhile))
    firsts = dict(besides.exclude(user__type=UserType.BILLING).values_list("user").annotate(first=Min("signed_in_at")))
    users = User.objects.filter(id__in=firsts).prefetch_related("active_times") if firsts else ()
    return [(user, _type_at(user, firsts[user.id]), firsts[user.id]) for user in users]


def _type_at(user, moment):
    earlier = [one.type for one in user.active_times.all() if one.began_at <= moment]
    return earlier[-1] if earlier else user.type


def open_times(instance, changes):
    """[(from, until or None), ...] in which people could sign in. changes: its history, oldest first."""
    found, since = [], None if changes else instance.created_at
    for change in changes:
        if change.state == InstanceState.ACTIVE:
            since = since or change.changed_at
        elif since:
            found.append((since, change.changed_at))
            since = None
    return [*found, (since, None)] if since else found
