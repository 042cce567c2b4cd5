"""The key ring in a real browser: from a delivery to a visit in one click, and what the pages look like."""

import pytest

from countersign.audit.actors import system
from countersign.identity import dispatches
from countersign.instances import binding
from countersign.keyring import assignments, deliveries
from countersign.keyring.models import Key
from countersign.people import accounts
from tests.browser.harness import DESKTOP, PHONE, address, axe, chromium, no_sideways_scroll, open_page, shots
from tests.cast import KEY, PASSWORD
from tests.keyring.ringing import ADA, assign, jane_holds_a_key, put_in

pytestmark = pytest.mark.browser


def signed_in(page, port, slug, user_id):
    page.goto(address(slug, port, "/sign-in/"))
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").wait_for()


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without JavaScript"])
def test_from_a_delivery_to_a_visit_in_one_click(cast, port, scripts):
    cast.administrator(cast.good_therapy, "priya", "Priya Raman")
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    cast.jane()
    key, options = cast.key(), {"java_script_enabled": scripts}
    with (
        chromium() as browser, open_page(browser, **options) as practice, open_page(browser, **options) as company,
        open_page(browser, viewport=PHONE, **options) as biller,
    ):
        signed_in(practice, port, "good-therapy", "priya")
        practice.goto(address("good-therapy", port, f"/settings/users/{key.id}/"))
        practice.get_by_role("link", name="Deliver to ACME Billing").click()
        press(practice, "Deliver")
        practice.get_by_text("is on its way into the key ring of ACME Billing").wait_for()
        dispatches.settle()

        signed_in(company, port, "acme-billing", "ada")
        company.goto(address("acme-billing", port, "/key-ring/"))
        company.get_by_role("button", name="Accept acme-billing").click()
        company.get_by_role("heading", name="Good Therapy, Inc.").wait_for()
        company.get_by_label("Person or team").select_option("Jane Doe (jane)")
        press(company, "Assign")
        company.get_by_role("button", name="Take back from Jane Doe").wait_for()

        signed_in(biller, port, "acme-billing", "jane")
        biller.goto(address("acme-billing", port, "/launch-pad/"))
        biller.get_by_role("button", name="Enter Good Therapy, Inc.").click()
        biller.wait_for_url("http://good-therapy.*/clients/")
        bar = biller.get_by_role("region", name="Third-party access").inner_text()
        assert "Jane Doe" in bar and "acme-billing" in bar

        company.get_by_role("button", name="Take back from Jane Doe").click()
        company.get_by_text("may not use acme-billing of Good Therapy, Inc. any more").wait_for()


def test_every_page_is_accessible_and_fits(cast, port):
    cast.administrator(cast.good_therapy, "priya", "Priya Raman")
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    jane, at_practice, key = jane_holds_a_key(cast)
    payments = put_in(cast, "acme-payments", KEY)
    assign(cast, payments, jane)
    with binding.bind(cast.acme):
        team = assignments.make_team(name="Full cycle", by=ADA)
        assignments.join(team, jane, by=ADA, grantor=jane.__class__(type="administrator"))
        assignments.assign(key, to=team, begins_on=assignments.today(), ends_on=None, by=ADA,
                           grantor=jane.__class__(type="administrator"))
        deliveries.keep(cast.good_therapy, user_id="acme-claims", password=KEY, came_at=key.added_at)
        Key.objects.filter(id=payments.id).update(
            state="suspended", state_because="The agreement ended on 03/09/2026", trouble="The practice has ended it."
        )
    pages = {
        "keys": "/key-ring/", "new key": "/key-ring/new/", "key": f"/key-ring/{key.id}/", "teams": "/key-ring/teams/",
        "password": f"/key-ring/{key.id}/password/", "team": f"/key-ring/teams/{team.id}/",
        "people": "/key-ring/people/", "launch pad": "/launch-pad/",
    }
    found = {}
    with chromium() as browser, open_page(browser, allow=["status of 422"]) as page:
        for user_id in ("ada", "jane"):
            signed_in(page, port, "acme-billing", user_id)
            for name, path in pages.items():
                if (user_id == "jane") == (name == "launch pad"):
                    look(page, address("acme-billing", port, path), name, found)
            if user_id == "ada":
                press(page, "Sign out")
        page.get_by_role("button", name="Enter Good Therapy, Inc. with acme-billing").wait_for()
        page.goto(address("acme-billing", port, "/launch-pad/"))
        with binding.bind(cast.good_therapy):
            accounts.inactivate(at_practice, by=system())
        page.get_by_role("button", name="Enter Good Therapy, Inc. with acme-billing").click()
        page.get_by_role("alert").wait_for()
        found["refused"] = axe(page)
        shots(page, "refused")
        signed_in(page, port, "good-therapy", "priya")
        look(page, address("good-therapy", port, f"/settings/users/{at_practice.id}/delivery/"), "delivery", found)

    assert {where: complaints for where, complaints in found.items() if complaints} == {}


def look(page, url, name, found):
    page.goto(url)
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        no_sideways_scroll(page)
        found[name, size["width"]] = axe(page)
    page.set_viewport_size(DESKTOP)
    shots(page, name)
