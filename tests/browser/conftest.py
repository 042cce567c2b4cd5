"""Fixtures of these tests."""

from contextlib import ExitStack, contextmanager

import pytest

from tests.browser.clock import clock
from tests.browser.harness import open_page
from tests.browser.walker import ALLOWED, WIDE, Walker, both_widths
from tests.identity.wire import wire

__all__ = ["clock", "walkers", "wire"]
MET = set()  # names of the pages that walkers have looked at


@pytest.fixture
def walkers(browser, port):
    """`with walkers(2) as (priya, jane)`: as many as are asked for, each with a browser of their own.

    Every page they meet is looked at in both widths, by its name once a run; without scripts axe cannot run.
    """

    @contextmanager
    def these(count, kind=Walker, *, scripts=True):
        def check(page, name):
            if scripts and name not in MET:
                both_widths(page, name)
                MET.add(name)

        with ExitStack() as stack:
            pages = [
                stack.enter_context(open_page(browser, viewport=WIDE, java_script_enabled=scripts, allow=ALLOWED))
                for _ in range(count)
            ]
            yield [kind(page, port, scripts=scripts, check=check) for page in pages]

    return these
