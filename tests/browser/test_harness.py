import os

import pytest

from tests.browser.harness import PHONE, address, axe, chromium, no_sideways_scroll, open_page, serve, shots

pytestmark = pytest.mark.browser

GOOD = "<main><h1>Clients</h1><p>Nobody yet.</p></main>"
PAGES = {
    "/": GOOD,
    "/script": f"{GOOD}<script src='/broken.js'></script>",
    "/inline": f"{GOOD}<p style='color:red'>Red</p><script>document.title = 'ran'</script>",
    "/wide": f"{GOOD}<table id=wide width=900><tr><td>Wide</table>",
    "/unlabelled": f"{GOOD}<form><input id=amount></form><img src='/pixel.png'>",
    "/log": f"{GOOD}<script src='/log.js'></script>",
}
SCRIPTS = {"/broken.js": "throw new Error('half way')", "/log.js": "console.error('ledger out of balance')"}


def application(environ, start_response):
    """A few pages under the policy Countersign itself has."""
    path = environ["PATH_INFO"]
    kind, body = "text/html; charset=utf-8", PAGES.get(path)
    if body is not None:
        body = f"<!doctype html><html lang=en><title>{environ['HTTP_HOST']}</title>{body}"
    if path in SCRIPTS:
        kind, body = "text/javascript", SCRIPTS[path]
    if path == "/favicon.ico":  # Chromium asks for one of its own accord.
        kind, body = "image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"
    headers = [("Content-Type", kind), ("Content-Security-Policy", "default-src 'self'")]
    start_response("404 Not Found" if body is None else "200 OK", headers)
    return [(body or "Not here").encode()]


@pytest.fixture(scope="module")
def port():
    with serve(application) as number:
        yield number


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def test_a_page_loads_under_any_name_of_the_base_domain(browser, port):
    with open_page(browser) as page:
        page.goto(address("anything", port))
        assert page.title() == f"anything.countersign.localhost:{port}"
        page.goto(f"http://countersign.localhost:{port}/")
        assert page.get_by_role("heading").inner_text() == "Clients"


@pytest.mark.parametrize(
    "url", ["http://example.org/", "https://example.org/", "http://192.0.2.1/", "http://[2001:db8::1]/"]
)
def test_nothing_outside_this_machine_is_reached(browser, url):
    from playwright.sync_api import Error  # Here, so that a machine without it skips and does not stumble.

    with open_page(browser) as page, pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        page.goto(url)


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/log", "console: ledger out of balance"),
        ("/script", "exception: .*half way"),
        ("/inline", "Content Security Policy"),
        ("/nowhere", "status of 404"),
    ],
)
def test_a_page_that_complains_fails_the_test_unless_that_was_expected(browser, port, path, complaint):
    with pytest.raises(pytest.fail.Exception, match=complaint), open_page(browser) as page:
        page.goto(address("elm-street", port, path))

    with open_page(browser, allow=[complaint]) as page:
        page.goto(address("elm-street", port, path))


def test_a_test_that_fails_by_itself_says_so_and_notes_what_the_page_logged(browser, port):
    def visit():
        with open_page(browser) as page:
            page.goto(address("elm-street", port, "/log"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        visit()

    assert "ledger out of balance" in caught.value.__notes__[0]


def test_what_sticks_out_sideways_is_named(browser, port):
    with open_page(browser, viewport=PHONE) as page:
        page.goto(address("elm-street", port))
        no_sideways_scroll(page)
        page.goto(address("elm-street", port, "/wide"))
        with pytest.raises(AssertionError, match='<table id="wide"'):
            no_sideways_scroll(page)


def test_axe_runs_under_the_policy_and_names_what_it_finds(browser, port):
    with open_page(browser, allow=["status of 404"]) as page:
        page.goto(address("elm-street", port))
        assert axe(page) == []
        page.goto(address("elm-street", port, "/unlabelled"))
        found = axe(page)

    assert [text.split(" ")[0] for text in found] == ["image-alt", "label"]
    assert "#amount" in found[1]


def test_pictures_are_kept_only_where_asked_for(browser, port, tmp_path, monkeypatch):
    monkeypatch.delenv("COUNTERSIGN_SHOTS", raising=False)
    with open_page(browser) as page:
        page.goto(address("elm-street", port))
        shots(page, "Clients, empty")
        monkeypatch.setenv("COUNTERSIGN_SHOTS", str(tmp_path))
        shots(page, "Clients, empty")
        assert page.viewport_size["width"] == 1280

    assert sorted(path.name for path in tmp_path.iterdir()) == ["clients-empty-phone.png", "clients-empty-wide.png"]


def test_the_orm_may_be_used_while_the_browser_is_open(browser):
    from django.utils.asyncio import async_unsafe

    assert async_unsafe(lambda: "counted")() == "counted"
    assert os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] == "true"


def test_a_machine_without_chromium_is_told_what_to_install(monkeypatch):
    for name in ("CI", "COUNTERSIGN_NO_SKIPS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(pytest.skip.Exception, match="apt install chromium"), chromium():
        pass
