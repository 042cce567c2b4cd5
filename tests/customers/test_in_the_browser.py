"""The admin site in a real browser: two practices by one click each, and what its pages look like."""

import pytest

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.keyring import assignments, ring
from countersign.keyring.models import Assignment, Key
from countersign.people import accounts
from countersign.people.models import PermissionGroup, UserType
from tests.browser.harness import DESKTOP, PHONE, address, axe, chromium, no_sideways_scroll, open_page, shots
from tests.cast import KEY, PASSWORD, agree
from tests.keyring.ringing import ADA, assign, jane_holds_a_key

pytestmark = pytest.mark.browser


@pytest.fixture
def two(cast, port):
    """Jane may enter Good Therapy and Elm Street; returns the two keys."""
    jane, _, good = jane_holds_a_key(cast)
    with binding.bind(cast.elm_street):
        agree(cast.acme)
        accounts.create(
            name="ACME Billing", user_id="acme-elm", type=UserType.BILLING, by=system(), password=KEY,
            groups=PermissionGroup.objects.filter(name="Billing full cycle"), billing_company=cast.acme.id,
        )
    with binding.bind(cast.acme):
        elm = ring.add(cast.elm_street, user_id="acme-elm", password=KEY, by=ADA)
    assign(cast, elm, jane)
    cast.site()
    return good, elm


def come(page, port, user_id):
    """To the admin site, over the company's own sign-in."""
    page.goto(address("acme-customers", port))
    page.wait_for_url("http://acme-billing.*/sign-in/**")
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("http://acme-customers.*/customers/")


def enter(page, port, practice, slug):
    page.goto(address("acme-customers", port, "/customers/"))
    page.get_by_role("button", name=f"Enter {practice}").click()
    page.wait_for_url(f"http://{slug}.*/clients/")
    bar = page.get_by_role("region", name="Third-party access").inner_text()
    assert "Jane Doe" in bar and "ACME Billing" in bar


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without JavaScript"])
def test_a_biller_enters_two_practices_by_one_click_each(cast, port, two, scripts):
    with chromium() as browser, open_page(browser, viewport=PHONE, java_script_enabled=scripts) as page:
        come(page, port, "jane")

        enter(page, port, "Good Therapy, Inc.", "good-therapy")
        enter(page, port, "Elm Street Counseling", "elm-street")

        page.goto(address("acme-customers", port, "/customers/"))
        page.get_by_role("button", name="Mark Good Therapy, Inc. as a favorite").click()
        page.get_by_role("button", name="Take Good Therapy, Inc. off the favorites").wait_for()
        assert page.get_by_role("row").nth(1).get_by_text("Good Therapy, Inc.").first.is_visible(), "favorites first"
        page.get_by_role("searchbox").fill("elm")
        page.get_by_role("button", name="Search").click()
        page.get_by_text("1 of 2 customer keys").wait_for()
        assert not page.get_by_text("Good Therapy, Inc.").is_visible()
    for practice in (cast.good_therapy, cast.elm_street):
        assert [e.person for e in cast.events(practice, action="visit.began")] == ["Jane Doe"]


def test_the_list_is_searched_as_one_types_by_the_keyboard_alone(cast, port, two):
    with chromium() as browser, open_page(browser) as page:
        come(page, port, "jane")

        page.keyboard.press("/")
        page.keyboard.type("elm")
        page.get_by_text("1 of 2 customer keys").wait_for()
        page.wait_for_url("**/customers/?q=elm")
        button = page.get_by_role("button", name="Enter Elm Street Counseling")
        for _ in range(6):
            if button.evaluate("it => it === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")

        page.wait_for_url("http://elm-street.*/clients/")


def test_every_page_is_accessible_and_fits(cast, port, two):
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    good, elm = two
    with binding.bind(cast.acme):
        Key.objects.filter(id=elm.id).update(state="suspended", state_because="The agreement ended on 03/09/2026")
    found = {}
    with chromium() as browser, open_page(browser, allow=["status of 422"]) as page:
        come(page, port, "jane")
        look(page, "customers", found)
        page.get_by_role("button", name="Enter Good Therapy, Inc.").wait_for()
        with binding.bind(cast.acme):
            assignments.end(Assignment.objects.get(key=good), by=ADA)
        page.get_by_role("button", name="Enter Good Therapy, Inc.").click()
        page.get_by_role("alert").wait_for()
        look(page, "customer refused", found)
        page.goto(address("acme-customers", port, "/customers/?q=nothing"))
        look(page, "no customer found", found)
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("http://acme-billing.*/sign-in/**")
        come(page, port, "ada")
        look(page, "all customers", found)
        for name, path in (("people", "/people/"), ("by customer", "/people/?by=customer")):
            page.goto(address("acme-customers", port, path))
            look(page, name, found)

    assert {where: complaints for where, complaints in found.items() if complaints} == {}


def look(page, name, found):
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        no_sideways_scroll(page)
        found[name, size["width"]] = axe(page)
    page.set_viewport_size(DESKTOP)
    shots(page, f"site-{name}")
