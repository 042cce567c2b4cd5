"""Fixtures of these tests."""

import time

import pytest

from tests.identity.wire import wire

__all__ = ["still", "wire"]


@pytest.fixture
def still(monkeypatch):
    """`time.time` stands still: a second more or less must not hang on how busy the machine is."""
    moment = time.time()
    monkeypatch.setattr(time, "time", lambda: moment)
