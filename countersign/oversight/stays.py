"""How long somebody was inside, from what is known of their visits."""

from datetime import timedelta

from django.conf import settings


def left(visit, *, now, last=None):
    """When a visit was over, or None while it goes on. last: its last request, if one is known.

    Who let the time run out was there until their last request; that the door stayed open for 15 minutes more is not
    time that they spent. visit: with its session and, if there is one, its ending.
    """
    session = visit.session
    ended = visit.ending.at if hasattr(visit, "ending") else session.ended_at
    limit = min(session.expires_at, session.seen_at + timedelta(seconds=settings.IDLE_SECONDS))
    if ended is not None and ended < limit:
        return ended
    if limit > now:
        return None
    return max(session.seen_at, last) if last and last <= limit else session.seen_at


def how(visit, *, now):
    """How it ended, in words; "" while it goes on."""
    if hasattr(visit, "ending"):
        return visit.ending.reason
    return visit.session.ended_because or ("" if left(visit, now=now) is None else "time limit")


def within(begin, end, *, since, until):
    """The part of a stay that lies in a span, or None."""
    begin, end = max(begin, since), min(end, until)
    return (begin, end) if begin <= end else None


def seconds(parts):
    """The seconds covered by spans that may overlap: two browsers at once are one person inside."""
    covered, reached = timedelta(), None
    for begin, end in sorted(parts):
        if reached is None or begin > reached:
            covered += end - begin
            reached = end
        elif end > reached:
            covered += end - reached
            reached = end
    return round(covered.total_seconds())
