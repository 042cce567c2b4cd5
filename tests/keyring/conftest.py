"""Fixtures of these tests."""

from tests.identity.wire import wire

__all__ = ["wire"]
