import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings

from tests.browser.harness import BASE_DOMAIN, serve


@pytest.fixture
def port(installation):
    """The application on loopback, told that its base domain has this very port."""
    handlers = []

    def application(environ, start_response):
        if not handlers:
            handlers.append(WSGIHandler())
        return handlers[0](environ, start_response)

    with serve(application) as number, override_settings(BASE_HOST=f"{BASE_DOMAIN}:{number}"):
        yield number
