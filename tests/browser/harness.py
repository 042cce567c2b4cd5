"""A real browser against the application, on this machine only.

    with serve(application) as port, chromium() as browser, open_page(browser) as page:
        page.goto(address("good-therapy", port))
        no_sideways_scroll(page)
        assert axe(page) == []

Two things to know. While the browser is open, Playwright runs an event loop in the test's thread,
and Django's ORM refuses to work there: `chromium()` therefore sets DJANGO_ALLOW_ASYNC_UNSAFE for as
long as it is open (safe here: that loop never runs our code), and `asyncio.run` is not to be had in
the same test. And what listens to the page (`page.on`) runs beside the test, not in it: it must not
touch the database.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.servers.absent import absent
from tests.servers.serving import BASE_DOMAIN, LoopbackTransport, serve

__all__ = [
    "BASE_DOMAIN",
    "LoopbackTransport",
    "address",
    "axe",
    "chromium",
    "no_sideways_scroll",
    "open_page",
    "serve",
    "shots",
    "without_complaints",
]

AXE = Path(__file__).parents[1] / "ui" / "vendor" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
PATIENCE_MS = 45_000  # a page of a busy machine: what waits longer hangs

# Nothing but loopback has an address, not even a literal IP, and no proxy of the environment is used.
HOSTS = f"MAP {BASE_DOMAIN} 127.0.0.1, MAP *.{BASE_DOMAIN} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    f"--host-resolver-rules={HOSTS}",
]

REPORT_CSP = """document.addEventListener('securitypolicyviolation', event => console.error(
    `Content Security Policy: ${event.effectiveDirective} stopped ${event.blockedURI}`))"""

SIDEWAYS = """() => {
    const width = document.documentElement.clientWidth;
    const scrolls = element => /auto|scroll|hidden|clip/.test(getComputedStyle(element).overflowX);
    const inScroller = element => {
        for (let up = element.parentElement; up && up !== document.body; up = up.parentElement)
            if (scrolls(up)) return true;
        return false;
    };
    if (Math.max(document.documentElement.scrollWidth, document.body.scrollWidth) <= width) return [];
    const guilty = [...document.body.querySelectorAll('*')].filter(
        element => element.getBoundingClientRect().right > width + 0.5 && !inScroller(element));
    return [`the page is wider than ${width} px`, ...guilty.slice(0, 8).map(
        element => element.outerHTML.slice(0, 120))];
}"""

RUN_AXE = """async tags => (await axe.run(document, {
    runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})).violations"""


def address(slug: str, port: int, path: str = "/") -> str:
    """The URL of an instance's page on the server under test."""
    return f"http://{slug}.{BASE_DOMAIN}:{port}{path}"


@contextlib.contextmanager
def chromium() -> Iterator:
    """A headless Chromium (playwright Browser) that reaches the base domain on loopback, nothing else."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        absent("Chromium", install="apt install chromium")
    if find_spec("playwright") is None:
        absent("The Python package playwright", install="pip install -r requirements/test.txt")
    from playwright.sync_api import sync_playwright

    with _orm_allowed_beside_an_event_loop(), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program,
            headless=True,
            args=ARGUMENTS,
            chromium_sandbox=os.geteuid() != 0,  # Chromium refuses to sandbox itself as root.
        )
        try:
            yield browser
        finally:
            browser.close()


@contextlib.contextmanager
def _orm_allowed_beside_an_event_loop() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@contextlib.contextmanager
def open_page(browser, *, viewport: dict = DESKTOP, allow: Sequence[str] = (), **context_options) -> Iterator:
    """A page in a context (cookies) of its own; fails the test if the page complains."""
    context = browser.new_context(viewport=viewport, **context_options)
    context.set_default_timeout(PATIENCE_MS)
    try:
        page = context.new_page()
        with without_complaints(page, allow=allow):
            yield page
    finally:
        context.close()


@contextlib.contextmanager
def without_complaints(page, *, allow: Sequence[str] = ()) -> Iterator[None]:
    """Fails on a console error, an uncaught exception or a CSP violation, in the page or its pop-ups.

    `allow` holds regular expressions of what is expected, such as "status of 422" where a form is
    answered with its errors (Chromium logs every refused answer as an error).
    """
    complaints: list[str] = []

    def on_console(message) -> None:
        if message.type == "error":
            complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def on_exception(error) -> None:
        complaints.append(f"exception: {error.error}")

    context = page.context
    context.add_init_script(REPORT_CSP)
    context.on("console", on_console)
    context.on("weberror", on_exception)
    try:
        yield
        if not page.is_closed():
            page.wait_for_timeout(20)  # What has been logged but not yet told is told now.
    except Exception as failure:
        failure.add_note("The page had complained:\n" + "\n".join(complaints or ["(of nothing)"]))
        raise
    finally:
        context.remove_listener("console", on_console)
        context.remove_listener("weberror", on_exception)
    unexpected = [text for text in complaints if not any(re.search(pattern, text) for pattern in allow)]
    if unexpected:
        pytest.fail("The page complained:\n" + "\n".join(unexpected), pytrace=False)


def axe(page) -> list[str]:
    """What breaks WCAG 2.2 A or AA on the page as it stands, one readable text per rule; [] is good."""
    # Given to the browser through its debugging door: a script tag would be stopped by our CSP.
    page.evaluate(AXE.read_text(encoding="utf-8") + "\n;undefined")
    return [_in_words(violation) for violation in page.evaluate(RUN_AXE, WCAG)]


def _in_words(violation: dict) -> str:
    lines = [f"{violation['id']} ({violation['impact']}): {violation['help']}"]
    for node in violation["nodes"]:
        where = " ".join(str(step) for step in node["target"])
        lines.append(f"  {where}\n    {node['html'][:160]}")
        lines.append("    " + node.get("failureSummary", "").replace("\n", "\n    "))
    return "\n".join(lines)


def no_sideways_scroll(page) -> None:
    """Fails where the page is wider than its window, naming what sticks out of it."""
    guilty = page.evaluate(SIDEWAYS)
    assert guilty == [], "Sideways scrolling:\n" + "\n".join(guilty)


def shots(page, name: str) -> None:
    """Saves the whole page, wide and at phone width, in the folder COUNTERSIGN_SHOTS; else nothing."""
    folder = os.environ.get("COUNTERSIGN_SHOTS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    before = page.viewport_size
    for label, size in (("wide", DESKTOP), ("phone", PHONE)):
        page.set_viewport_size(size)
        page.screenshot(path=Path(folder) / f"{plain}-{label}.png", full_page=True, caret="initial")
    page.set_viewport_size(before)
