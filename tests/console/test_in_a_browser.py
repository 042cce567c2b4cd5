"""Support's pages in a real browser, wide and on a phone: nothing axe objects to, nothing wider than the window."""

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
    shots(page, f"console-{name}")
    page.set_viewport_size(DESKTOP)


@pytest.mark.parametrize("javascript", [True, False])
def test_support_opens_a_company_and_registers_it(cast, browser, javascript):
    cast.administrator(cast.support, "morgan", name="Morgan Hale")
    look = looked_at if javascript else lambda page, name: None  # axe is a script
    with serve(get_wsgi_application()) as port, open_page(
        browser, allow=["status of 422"], java_script_enabled=javascript
    ) as page:
        page.goto(address("support", port, "/sign-in/"))
        page.get_by_label("User ID").fill("morgan")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/console/instances/")
        look(page, "instances")

        page.get_by_role("link", name="New instance").click()
        page.get_by_label("Address").fill("con")
        page.get_by_role("button", name="Create instance").click()
        page.get_by_text("There is a problem").wait_for()
        look(page, "new instance refused")
        page.get_by_label("Name", exact=True).fill("North Harbor Billing")
        page.get_by_label("Address").fill("north-harbor")
        page.get_by_label("Billing company").check()
        page.get_by_label("Administrator's name").fill("Nora Harbor")
        page.get_by_label("Administrator's User ID").fill("nora.harbor")
        page.get_by_label("Administrator's e-mail").fill("nora@example.org")
        page.get_by_role("button", name="Create instance").click()
        page.get_by_text("An activation was sent to nora@example.org.").wait_for()
        look(page, "instance")

        page.get_by_role("link", name="Register as a billing company").click()
        look(page, "listing to be")
        page.get_by_label("Listed").check()
        page.get_by_label("Reason").fill("Contract of 11/20 signed")
        page.get_by_role("button", name="Save").click()
        page.get_by_text("North Harbor Billing is listed.").wait_for()
        look(page, "listing")
        page.goto(address("support", port, "/console/listings/"))
        assert page.get_by_role("row", name="North Harbor Billing").get_by_text("Listed", exact=True).is_visible()
        look(page, "listings")
