"""A clock that stands where a test puts it: who is charged for depends on when things happened."""

import zoneinfo
from datetime import datetime

import pytest
from django.utils import timezone

EASTERN, CENTRAL = "America/New_York", "America/Chicago"


class Clock:
    def __init__(self, monkeypatch):
        self.moment = None
        self.to(2026, 1, 5)
        monkeypatch.setattr(timezone, "now", lambda: self.moment)

    def to(self, *when, zone=EASTERN):
        """Year, month, day, hour, minute, second at a place."""
        self.moment = datetime(*when, tzinfo=zoneinfo.ZoneInfo(zone)).astimezone(zoneinfo.ZoneInfo("UTC"))


@pytest.fixture
def clock(monkeypatch):
    """Asked for before `cast`: the instances are as old as the clock says."""
    return Clock(monkeypatch)
