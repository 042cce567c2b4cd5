"""*User Details* in a real browser: with scripts as a dialog that answers while one chooses, without them as a page."""

import pytest

from countersign.wsgi import application
from tests.browser.harness import address, axe, chromium, no_sideways_scroll, open_page, serve, shots
from tests.cast import PASSWORD
from tests.people.rooms import TYPED, group, user

pytestmark = pytest.mark.browser


@pytest.fixture
def port(cast, monkeypatch):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    with serve(application) as number:
        yield number


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def sign_in(page, port):
    page.goto(address("good-therapy", port, "/sign-in/?next=/settings/users/"))
    page.get_by_label("User ID").fill("priya")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Users", level=1).wait_for()


def well_made(page, name):
    shots(page, name)
    assert axe(page) == []
    before = page.viewport_size
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        no_sideways_scroll(page)
    page.set_viewport_size(before)


def test_with_scripts_the_dialog_answers_while_one_chooses(cast, port, browser):
    with open_page(browser, allow=["status of 422"]) as page:
        sign_in(page, port)
        page.get_by_role("link", name="New User").click()
        dialog = page.get_by_role("dialog", name="User Details")
        dialog.get_by_label("Name", exact=True).fill("ACME Billing")
        dialog.get_by_label("User ID", exact=True).fill("acme-claims")
        assert dialog.get_by_label("Billing Company").count() == 0

        dialog.get_by_role("button", name="Generate").click()
        dialog.get_by_text("Generated and shown only here").wait_for()
        generated = dialog.get_by_label("Password", exact=True).input_value()
        dialog.get_by_label("User Type").select_option("Billing")
        dialog.get_by_label("Billing Company").wait_for()
        dialog.get_by_role("checkbox", name="Billing claims only").check()
        effective = dialog.get_by_role("region", name="What this allows")
        effective.get_by_text("View claims, Edit claims, Release claims").wait_for()
        dialog.get_by_role("checkbox", name="View remittances").check()
        effective.get_by_text("View remittances").wait_for()
        well_made(page, "user details dialog")

        dialog.get_by_role("button", name="Save").click()
        dialog.get_by_role("link", name="Choose the billing company this user is for.").wait_for()
        assert dialog.get_by_label("Password", exact=True).input_value() == generated
        well_made(page, "user details dialog refused")
        dialog.get_by_label("Billing Company").select_option("ACME Billing")
        dialog.get_by_role("button", name="Save").click()

        page.get_by_text("ACME Billing (acme-claims) was created.").wait_for()
        assert len(generated) >= 20 and generated not in page.content()
        well_made(page, "users")
    made = user(cast.good_therapy, "acme-claims")
    assert made.billing_company == cast.acme.id and made.permissions == ["view_remittances"]


def test_enter_saves_and_does_not_generate(cast, port, browser):
    with open_page(browser) as page:
        sign_in(page, port)
        page.get_by_role("link", name="New User").click()
        dialog = page.get_by_role("dialog", name="User Details")
        dialog.get_by_label("User ID", exact=True).fill("jo")
        dialog.get_by_label("Password", exact=True).fill(TYPED)
        dialog.get_by_label("Name", exact=True).fill("Jo Park")
        dialog.get_by_label("Name", exact=True).press("Enter")
        page.get_by_text("Jo Park (jo) was created.").wait_for()


def test_without_scripts_the_page_does_the_same(cast, port, browser):
    with open_page(browser, java_script_enabled=False) as page:
        sign_in(page, port)
        page.get_by_role("link", name="New User").click()
        page.get_by_role("heading", name="User Details", level=1).wait_for()
        assert page.get_by_text("Only for the type Billing.").is_visible()
        page.get_by_label("Name", exact=True).fill("ACME Billing")
        page.get_by_label("User ID", exact=True).fill("acme-claims")
        page.get_by_label("User Type").select_option("Billing")
        page.get_by_label("Billing Company").select_option("ACME Billing")
        page.get_by_role("checkbox", name="Billing claims only").check()
        page.get_by_role("button", name="Generate").click()
        page.get_by_role("button", name="Show what this allows").click()
        assert "Release claims" in page.get_by_role("region", name="What this allows").inner_text()
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 844})
            assert page.get_by_role("heading", name="User Details").is_visible()
        page.get_by_role("button", name="Save").click()
        page.get_by_text("ACME Billing (acme-claims) was created.").wait_for()
    made = user(cast.good_therapy, "acme-claims")
    assert made.billing_company == cast.acme.id


def test_every_other_screen_of_people_is_well_made(cast, port, browser):
    key = cast.key(groups=["Practice manager", "Billing full cycle"])
    cole = cast.user(cast.good_therapy, "cole", name="Cole Reyes", groups=["Clinician"], email="cole@example.org")
    manager = group(cast.good_therapy, "Practice manager")
    with open_page(browser) as page:
        sign_in(page, port)
        for path in (
            "/settings/users/new/", f"/settings/users/{cole.id}/", f"/settings/users/{key.id}/",
            f"/settings/users/{cole.id}/inactivation/", f"/settings/users/{key.id}/password/", "/settings/groups/",
            f"/settings/groups/{manager.id}/", "/settings/groups/new/", "/profile/", "/profile/password/",
            "/my-activity/", "/activation/00000000-0000-0000-0000-000000000001/", "/forgotten-password/",
        ):
            page.goto(address("good-therapy", port, path))
            well_made(page, path.replace(str(cole.id), "cole").replace(str(key.id), "key").replace(
                str(manager.id), "manager"))
