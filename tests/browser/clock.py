"""The clock of the application, moved while a browser looks on.

What is moved is what `timezone.now` asks, not `timezone.now` itself: columns hold that function as their default, and
would go on writing the time of yesterday. The browser's own clock stands as it is.
"""

import datetime
import time

import pytest
from django.utils import timezone


class Clock:
    def __init__(self):
        self.off = datetime.timedelta(0)

    def forward(self, **delta):
        """days=11, minutes=14: from now on it is that much later."""
        self.off += datetime.timedelta(**delta)


@pytest.fixture
def clock(monkeypatch):
    one, seconds = Clock(), time.time

    class Moved(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime.now(tz) + one.off

    monkeypatch.setattr(timezone, "datetime", Moved)
    monkeypatch.setattr(time, "time", lambda: seconds() + one.off.total_seconds())
    return one
