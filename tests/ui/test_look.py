"""The house style in a real browser: nothing axe objects to, nothing wider than the screen, dialogs that behave."""

import os
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders

from tests.ui import sample

pytestmark = pytest.mark.browser
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PAGES = {
    "/app": sample.claims_page,
    "/visit": lambda: sample.claims_page(visit=sample.VISIT),
    "/door": sample.door_page,
    "/error": sample.error_page,
    "/dialog": sample.dialog,
}
CHROMIUM = shutil.which("chromium")


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        path = self.path.partition("?")[0]
        if path.startswith("/static/") and (file := finders.find(path.removeprefix("/static/"))):
            self.answer(200, Path(file).read_bytes(), guess_type(file)[0] or "application/octet-stream")
        elif path == "/refused":
            self.answer(403, sample.error_page(status=403, title="You may not").encode())
        elif path in PAGES:
            self.answer(200, PAGES[path]().encode())
        else:
            self.answer(404, b"")

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(422 if self.headers["X-CSRFToken"] == "t0ken" else 403, sample.dialog({}).encode())

    def answer(self, status, body, kind="text/html; charset=utf-8"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; form-action 'self'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def address():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser():
    if not CHROMIUM:
        pytest.skip("no chromium here")
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser, address):
    """A page that fails the test for any error in the console, a broken content security policy among them."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 860})
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    refusals = ("the server responded with a status of 4", "Response Status Error Code 4")
    assert [text for text in wrong if not any(refusal in text for refusal in refusals)] == []


def picture(page, name):
    if folder := os.environ.get("COUNTERSIGN_PICTURES"):
        page.evaluate("scrollTo(0, 0)")
        page.screenshot(path=f"{folder}/{name}.png", full_page=True, caret="initial")


@pytest.mark.parametrize("width", [1280, 390, 320])
@pytest.mark.parametrize("path", ["/app", "/visit", "/door", "/error"])
def test_axe_finds_nothing_and_the_page_never_scrolls_sideways(page, path, width):
    page.set_viewport_size({"width": width, "height": 860})

    page.goto(path)
    if width < 960 and path in ("/app", "/visit"):
        picture(page, f"{path[1:]}-{width}-closed")
        page.locator(".menu > summary").click()
    if path in ("/app", "/visit"):
        page.locator(".settings > summary").click()
    page.evaluate("document.fonts.ready")
    picture(page, f"{path[1:]}-{width}")

    page.evaluate(AXE)
    found = page.evaluate("tags => axe.run({runOnly: tags})", WCAG)["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_settings_leads_to_users_from_the_lower_left(page):
    page.goto("/app")

    settings = page.locator(".settings > summary")
    box = settings.bounding_box()
    settings.click()

    assert (box["x"] < 100, box["y"] > 700) == (True, True)
    assert page.get_by_role("link", name="Users", exact=True).is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("link", name="Users", exact=True).is_visible()


def test_the_menu_works_without_scripts(browser, address):
    context = browser.new_context(base_url=address, java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto("/app")
    shown = page.get_by_role("link", name="Payments")

    before = shown.is_visible()
    page.get_by_text("Menu", exact=True).click()
    page.get_by_text("Settings", exact=True).click()

    assert (before, shown.is_visible()) == (False, True)
    assert page.get_by_role("link", name="Users", exact=True).is_visible()
    context.close()


def test_a_dialog_opens_comes_back_with_its_errors_and_returns_the_focus(page):
    page.goto("/app")
    focused = "document.activeElement.matches.bind(document.activeElement)"

    page.get_by_role("link", name="Send 12 claims").click()
    page.get_by_role("dialog", name="End a visit").wait_for()
    picture(page, "dialog")
    assert page.evaluate(f"{focused}('#id_reason')")
    page.get_by_role("button", name="End the visit").click()
    page.locator("dialog .errors").wait_for()
    picture(page, "dialog-errors")
    assert page.evaluate(f"{focused}('dialog .errors')")
    page.keyboard.press("Escape")

    page.locator("#dialog dialog").wait_for(state="detached")
    assert page.evaluate(f"{focused}('.actions a.primary')")


def test_the_error_summary_has_the_focus_when_the_page_opens(page):
    page.goto("/app")

    assert page.evaluate("document.activeElement.matches('.errors')")
    page.get_by_role("link", name="Choose what they may do").click()
    assert page.evaluate("document.activeElement.id") == "id_may"


def test_slash_searches_and_question_mark_lists_the_keys_until_they_are_turned_off(page):
    page.goto("/app")

    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard keys").wait_for()
    picture(page, "keys")
    page.get_by_label("in this browser").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("?")

    assert not page.get_by_role("dialog").is_visible()


def test_a_refused_request_says_why(page):
    page.goto("/app")

    page.evaluate("htmx.ajax('GET', '/refused', '#dialog')")
    page.locator("#trouble:not([hidden])").wait_for()

    assert page.locator("#trouble").text_content() == "You may not. The address is not one of ours."
