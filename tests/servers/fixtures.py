"""Fixtures for tests/conftest.py to import: `from tests.servers.fixtures import *`.

`postgres` starts once per test process (each xdist worker has its own). The browser is per module,
not per session: an open one keeps an event loop in the thread of the tests (see browser/harness).
"""

from collections.abc import Iterator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from tests.browser import harness
from tests.servers.postgres import PostgresServer, postgres_server

__all__ = ["browser", "page", "port", "postgres"]


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL with no databases of ours; `.app_dsn(name)` is what the application uses."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator:
    """A headless Chromium that reaches nothing but loopback."""
    with harness.chromium() as running:
        yield running


@pytest.fixture
def page(browser) -> Iterator:
    """A page with cookies of its own; the test fails if it logs an error or breaks the CSP."""
    with harness.open_page(browser) as opened:
        yield opened


@pytest.fixture
def port(installation, request):
    """The application on loopback, told that its base domain has this very port: any, or the one of `request`."""
    handlers = []

    def application(environ, start_response):
        if not handlers:
            handlers.append(WSGIHandler())
        return handlers[0](environ, start_response)

    wanted = getattr(request, "param", 0)
    with harness.serve(application, wanted) as number, override_settings(
        BASE_HOST=f"{harness.BASE_DOMAIN}:{number}"
    ):
        yield number
