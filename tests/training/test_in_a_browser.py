"""Training in a real browser, wide and on a phone, with JavaScript and without."""

import pytest
from django.core.wsgi import get_wsgi_application

from tests.browser.harness import DESKTOP, PHONE, address, axe, no_sideways_scroll, open_page, serve, shots
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser


def looked_at(page, name):
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)
        no_sideways_scroll(page)
        assert axe(page) == [], name
    shots(page, f"training-{name}")
    page.set_viewport_size(DESKTOP)


def sign_in(page, port, user_id, path):
    page.goto(address("acme-billing", port, path))
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1).wait_for()


@pytest.mark.parametrize("javascript", [True, False])
def test_ada_writes_a_course_and_jane_passes_it(cast, browser, javascript):
    cast.administrator(cast.acme, "ada", name="Ada Whitlock")
    cast.jane()
    look = looked_at if javascript else lambda page, name: None  # axe is a script
    more = {"allow": ["status of 422"], "java_script_enabled": javascript}
    with serve(get_wsgi_application()) as port:
        with open_page(browser, **more) as page:
            sign_in(page, port, "ada", "/settings/training/")
            look(page, "people")
            page.get_by_role("link", name="New course").click()
            page.get_by_label("Title").fill("Our desk")
            page.get_by_label("Text", exact=True).fill(
                "# Locks\n\n" + "`" + "long" * 80 + "`\n\n```\n" + "wide " * 90 + "\n```\n\n> - [rules](https://www.hhs.gov)"
            )
            page.get_by_label("Questions").fill("? What do you lock?\n- The screen\n- Nothing\n> Locks")
            page.get_by_role("button", name="Save").click()
            page.get_by_text("There is a problem").wait_for()
            look(page, "course refused")
            page.get_by_label("Questions").fill("? What do you lock?\n+ The screen\n- Nothing\n> Locks")
            page.get_by_role("button", name="Save").click()
            page.get_by_role("link", name="Our desk").click()
            look(page, "course")
            page.goto(address("acme-billing", port, "/settings/training/rules/"))
            page.get_by_label("Required before anyone enters a customer").check()
            look(page, "rules")
            page.get_by_role("button", name="Save").click()
            page.get_by_text("The rules of training were saved.").wait_for()
        with open_page(browser, **more) as page:
            sign_in(page, port, "jane", "/training/")
            page.get_by_text("You cannot enter a practice yet").wait_for()
            look(page, "own")
            page.get_by_role("link", name="Our desk").click()
            page.get_by_label("Nothing").check()
            page.get_by_role("button", name="Send the answers").click()
            page.get_by_role("heading", name="Read again").wait_for()
            assert page.get_by_label("Nothing").is_checked()
            look(page, "wrong")
            page.get_by_label("The screen").check()
            page.get_by_role("button", name="Send the answers").click()
            page.get_by_text("You passed “Our desk”.").wait_for()
            look(page, "passed")
