"""One person with a browser of their own, for the tests that walk the screens as people do.

    @THREE_WAYS
    def test_...(port, browser, scripts, viewport, check):
        with open_page(browser, viewport=viewport, java_script_enabled=scripts, allow=ALLOWED) as page:
            walker = Walker(page, port, scripts=scripts, check=check)
"""

import pytest

from tests.browser.harness import DESKTOP, PHONE, address, axe, no_sideways_scroll, shots

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ALLOWED = ["status of 422", "status of 403", "status of 401"]


class Walker:
    """The browser stands at one page at a time; `check` is done at each that somebody looks at."""

    def __init__(self, page, port, *, scripts, check):
        self.page, self.port, self.scripts, self.check = page, port, scripts, check

    def go(self, slug, path):
        self.page.goto(address(slug, self.port, path))

    def fill(self, **fields):
        for label, value in fields.items():
            self.page.get_by_label(label.replace("_", " "), exact=True).fill(value)

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def follow(self, name):
        self.page.get_by_role("main").get_by_role("link", name=name, exact=True).click()

    def sign_in(self, slug, user_id, password):
        self.go(slug, "/sign-in/")
        self.credentials(user_id, password)
        self.page.wait_for_url(lambda url: "/sign-in/" not in url)

    def credentials(self, user_id, password):
        self.fill(User_ID=user_id, Password=password)
        self.looked("sign-in")
        self.press("Sign in")

    def come_in(self, practice, key, person, *, asks):
        """Both parts of the sign-in, each (User ID, password); ends at the clients. asks: heading of the second."""
        self.go(practice, "/clients/")
        self.credentials(*key)
        self.page.wait_for_url("http://acme-billing.*/authorize/**")
        self.heading(asks)
        self.credentials(*person)
        self.page.wait_for_url(f"http://{practice}.*/**")
        self.heading("Clients")

    def looked(self, name):
        """What the page must be wherever it is seen."""
        self.check(self.page, name)

    def heading(self, name, *, picture=None):
        """Wait for the page of this heading and look at it."""
        self.page.get_by_role("heading", name=name, level=1).wait_for()
        self.page.wait_for_load_state()  # what stands below the heading may come later
        self.looked(picture or name)

    def region(self, name):
        return self.page.get_by_role("region", name=name, exact=True)

    def main(self):
        """What stands on the page, as a reader sees it."""
        return self.page.get_by_role("main").inner_text()

    def through_the_menu(self, *names):
        """Settings > Users, as the navigation offers it: behind "Menu" on a small screen."""
        menu = self.page.locator("summary", has_text="Menu")
        if menu.is_visible():
            menu.click()
        for name in names[:-1]:
            self.page.locator("summary", has_text=name).click()
        self.page.get_by_role("navigation", name="Main").get_by_role("link", name=names[-1], exact=True).click()


def with_axe(page, name):
    shots(page, name)
    assert axe(page) == [], name
    no_sideways_scroll(page)


def both_widths(page, name):
    """At 1280 and at 390 px, and as wide again as it was."""
    shots(page, name)
    before = page.viewport_size
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        no_sideways_scroll(page)
        assert axe(page) == [], (name, size["width"])
    page.set_viewport_size(before)


def no_scroll(page, name):
    no_sideways_scroll(page)


def nothing(page, name):
    pass


THREE_WAYS = pytest.mark.parametrize(
    ("scripts", "viewport", "check"),
    [(True, WIDE, with_axe), (True, NARROW, no_scroll), (False, WIDE, nothing)],
    ids=["axe on every page", "390 px", "without JavaScript"],
)
