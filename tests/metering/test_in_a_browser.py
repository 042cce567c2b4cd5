"""Charges in a real browser, wide and on a phone: nothing axe objects to, nothing wider than the window."""

import pytest
from django.core.wsgi import get_wsgi_application

from tests.browser.harness import DESKTOP, PHONE, address, axe, no_sideways_scroll, open_page, serve, shots
from tests.cast import PASSWORD
from tests.security.fillings import a_month_charged

pytestmark = pytest.mark.browser


def looked_at(page, name):
    for viewport in (DESKTOP, PHONE):
        page.set_viewport_size(viewport)
        no_sideways_scroll(page)
        assert axe(page) == [], name
    shots(page, f"metering-{name}")
    page.set_viewport_size(DESKTOP)


def sign_in(page, slug, port, user_id):
    page.goto(address(slug, port, "/sign-in/"))
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Sign out").wait_for()


@pytest.mark.parametrize("javascript", [True, False])
def test_support_prices_and_the_practice_reads_what_it_is_charged(cast, browser, javascript):
    cast.administrator(cast.support, "morgan", name="Morgan Hale")
    cast.administrator(cast.good_therapy)
    rita = cast.user(cast.good_therapy, "rita", "restricted", name="Rita Rest")
    cast.user(cast.good_therapy, "rowan", name="Rowan Lee")
    look = looked_at if javascript else lambda page, name: None  # axe is a script
    with serve(get_wsgi_application()) as port, open_page(
        browser, allow=["status of 422"], java_script_enabled=javascript
    ) as page:
        sign_in(page, "support", port, "morgan")
        page.goto(address("support", port, "/console/charges/"))
        look(page, "no charges yet")
        page.get_by_role("link", name="Set the first price plan").click()
        page.get_by_label("Price per user and month").fill("-1")
        page.get_by_role("button", name="Set price plan").click()
        page.get_by_role("alert").get_by_text("A price cannot be negative.").wait_for()
        look(page, "price plan refused")
        page.get_by_label("Name", exact=True).fill("Standard")
        page.get_by_label("Price per user and month").fill("39.00")
        page.get_by_label("From month").fill("01/2026")
        page.get_by_role("button", name="Set price plan").click()
        page.get_by_text("Set: Standard, 39.00 from 01/2026 for every instance without a plan of its own.").wait_for()
        look(page, "price plans")
        a_month_charged(cast, cast.good_therapy, {})
        page.goto(address("support", port, "/console/charges/"))
        look(page, "months")
        page.get_by_role("rowheader").get_by_role("link").click()
        assert page.get_by_role("row", name="Good Therapy, Inc.").get_by_text("39.00").first.is_visible()
        look(page, "month")

        sign_in(page, "good-therapy", port, "admin")
        page.goto(address("good-therapy", port, "/settings/account-charges/"))
        assert page.get_by_text("78.00").first.is_visible()
        look(page, "account charges")
        page.get_by_role("region", name="Past statements").get_by_role("rowheader").get_by_role("link").click()
        assert page.get_by_role("row", name="Robin Charged").is_visible()
        look(page, "statement")
        page.goto(address("good-therapy", port, f"/settings/users/{rita.id}/"))
        assert page.get_by_text("that month in full, at 39.00 a month").first.is_visible()
        look(page, "user details")
