"""A Walker who has no mouse: everything is reached with Tab and done with the keys."""

from tests.browser.walker import Walker

FAR = 120  # no page has as many stops before what one wants
SEEN = "it => it.matches(':focus-visible') && getComputedStyle(it).outlineStyle !== 'none'"


class Typist(Walker):
    def reach(self, it):
        """Tab until it has the focus, and that can be seen."""
        it.wait_for()
        for _ in range(FAR):
            if it.evaluate("it => it === document.activeElement"):
                break
            self.page.keyboard.press("Tab")
        else:
            raise AssertionError(f"{it} is not reached with Tab")
        assert it.evaluate(SEEN), f"nobody sees that {it} has the focus"

    def fill(self, **fields):
        for label, value in fields.items():
            self.reach(self.page.get_by_label(label.replace("_", " "), exact=True))
            self.page.keyboard.press("Control+A")
            self.page.keyboard.type(value)

    def press(self, name):
        self.reach(self.page.get_by_role("button", name=name, exact=True))
        self.page.keyboard.press("Enter")

    def follow(self, name):
        self.reach(self.page.get_by_role("main").get_by_role("link", name=name, exact=True))
        self.page.keyboard.press("Enter")

    def through_the_menu(self, *names):
        menu = self.page.locator("summary", has_text="Menu")
        if menu.is_visible():
            self.reach(menu)
            self.page.keyboard.press("Enter")
        for name in names[:-1]:
            self.reach(self.page.locator("summary", has_text=name))
            self.page.keyboard.press("Enter")
        self.reach(self.page.get_by_role("navigation", name="Main").get_by_role("link", name=names[-1], exact=True))
        self.page.keyboard.press("Enter")
