"""What the keyboard cannot do, a walk with the keyboard alone does not pass."""

import pytest

from tests.browser.harness import address, serve
from tests.browser.typist import Typist

pytestmark = pytest.mark.browser

PAGES = {
    "/good": "<button>Save</button>",
    "/passed-over": "<button tabindex=-1>Save</button>",
    "/unseen": "<style>button { outline: none }</style><button>Save</button>",
}


def application(environ, start_response):
    body = PAGES.get(environ["PATH_INFO"], "")
    start_response("200 OK", [("Content-Type", "text/html; charset=utf-8")])
    return [f"<!doctype html><html lang=en><title>Keys</title><main><a href='/'>Home</a>{body}</main>".encode()]


def typist(page, port, path):
    page.goto(address("anything", port, path))
    return Typist(page, port, scripts=True, check=lambda page, name: None)


def test_what_is_reached_and_seen_is_pressed(page):
    with serve(application) as port:
        typist(page, port, "/good").press("Save")
        assert page.evaluate("() => document.activeElement.innerText") == "Save"


@pytest.mark.parametrize(("path", "why"), [("/passed-over", "not reached with Tab"), ("/unseen", "nobody sees")])
def test_what_is_passed_over_or_not_seen_fails(page, path, why):
    with serve(application) as port, pytest.raises(AssertionError, match=why):
        typist(page, port, path).press("Save")
