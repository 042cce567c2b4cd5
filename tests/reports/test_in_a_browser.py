"""Both reports in a real browser: nothing axe objects to, no page wider than its window, no script that was typed."""

import pytest
from django.core.wsgi import get_wsgi_application

from tests.browser.harness import DESKTOP, PHONE, address, axe, no_sideways_scroll, open_page, serve, shots
from tests.cast import PASSWORD
from tests.reports.written import JANE, PARK, RIVERA, write

pytestmark = pytest.mark.browser

SCRIPT = "<script>document.title = 'ran'</script><img src=x onerror=\"document.title = 'ran'\">"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0"
VARIED = [
    {"action": "sign-in.accepted", "browser": FIREFOX, "factors": "pwd"},
    {**JANE, "action": "visit.began", "object": "acme-billing", "browser": FIREFOX},
    {**JANE, "action": "client.opened", **RIVERA},
    {**JANE, "action": "page.refused", "object": "/settings/users/", "result": "refused", "rule": "manage_users"},
    {"source": "unknown", "person": "unknown", "user_id": "\u0440riya", "action": "sign-in.refused",
     "result": "refused", "reason": "unknown User ID"},
    {"source": "support", "person": "Sol Support", "action": "user.created", "object": SCRIPT, "user_id": "sol"},
    {"person": SCRIPT, "action": "client.changed", **PARK, "changes": {SCRIPT: [SCRIPT, SCRIPT]}, "browser": SCRIPT},
]
PAGES = {
    "User Audit": "user-audit/",
    "General Log": "general-log/",
    "General Log, third party": "general-log/?who=third+party&person=jane",
    "General Log, a bad filter": "general-log/?since=soon&until=01/01/1900&who=everyone",
    "User Audit, nothing found": "user-audit/?person=nobody",
}


@pytest.fixture
def signed_in(cast, browser):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    write(cast.good_therapy, *VARIED * 28)
    with serve(get_wsgi_application()) as port, open_page(browser, allow=["status of 422", "status of 404"]) as page:
        page.goto(address("good-therapy", port, "/sign-in/"))
        page.get_by_label("User ID").fill("priya")
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)
        yield page, lambda path: address("good-therapy", port, f"/reports/{path}")


def test_the_reports_are_fit_to_look_at(signed_in):
    page, at = signed_in
    for name, path in PAGES.items():
        page.goto(at(path))
        looked_at(page, name)

    page.goto(at("general-log/?action=client.changed"))
    page.locator("tbody a").first.click()
    page.get_by_role("heading", name="What happened").wait_for()
    looked_at(page, "Event")


def test_an_auditor_filters_to_the_third_party_and_turns_the_page(signed_in):
    page, at = signed_in
    page.goto(at("general-log/"))
    page.get_by_label("Who").select_option("Third party")
    click(page, page.get_by_role("button", name="Filter"))

    assert page.locator("tbody tr").count() == page.locator("tbody .tag.guest").count() == 50
    click(page, page.get_by_role("link", name="50 older events"))
    assert page.locator("tbody tr").count() == page.locator("tbody .tag.guest").count() == 3 * 28 - 50
    click(page, page.get_by_role("link", name="Rivera, Dana (1042)").first)
    assert page.locator("tbody tr").count() == 28


def click(page, target):
    """By itself a click is over when the next page begins to come, and what is counted there may come later."""
    target.click()
    page.wait_for_load_state()


def looked_at(page, name):
    for size in (DESKTOP, PHONE):
        page.set_viewport_size(size)
        no_sideways_scroll(page)
        assert axe(page) == [], name
    page.set_viewport_size(DESKTOP)
    shots(page, name)
    assert "ran" not in page.title().split()
