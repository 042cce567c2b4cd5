"""What a test does when a program of this machine that it needs is not there."""

import os
from typing import NoReturn

import pytest

SAID_NO = {"", "0", "false", "no"}


def skips_are_refused() -> bool:
    """True where a skipped test would be a lie: under CI, or with COUNTERSIGN_NO_SKIPS=1."""
    return any(os.environ.get(name, "").strip().lower() not in SAID_NO for name in ("CI", "COUNTERSIGN_NO_SKIPS"))


def absent(what: str, *, install: str) -> NoReturn:
    """Skips the test, saying what to install; fails it instead where skips are refused."""
    reason = f"{what} is not here, so this was NOT tested. To test it: {install}"
    if skips_are_refused():
        pytest.fail(f"{reason} (a skip is refused: CI or COUNTERSIGN_NO_SKIPS is set)", pytrace=False)
    pytest.skip(reason)
