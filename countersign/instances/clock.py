"""Against a clock that was set back: what was to end must not live longer for it (security case 63).

Everything here ends at a time that was stored when it began. A moment that was noted and lies ahead of the clock says
that the clock was set back since, so nobody knows how much time has passed: then it is over.
"""

from datetime import timedelta

from django.conf import settings


def set_back(noted_at, now):
    """Whether the clock has been set back since `noted_at`, by more than two machines' clocks may differ (60 s)."""
    return noted_at - now > timedelta(seconds=settings.CLOCK_SKEW_SECONDS)
