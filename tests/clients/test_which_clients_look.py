"""Tags, consents and withheld services in a real browser: for the practice and for a visit, wide and narrow."""

from datetime import date

import pytest

from countersign.audit.actors import system
from countersign.clients import actions as clients
from countersign.clients.models import Client
from countersign.demo.caseload import caseload
from countersign.demo.load import load
from countersign.instances import binding
from countersign.ledger import actions as ledger
from countersign.ledger.models import Service
from countersign.people import sessions, tags
from countersign.people.models import User
from countersign.wsgi import application
from tests.browser.harness import (
    BASE_DOMAIN,
    DESKTOP,
    PHONE,
    address,
    axe,
    chromium,
    no_sideways_scroll,
    open_page,
    serve,
    shots,
)
from tests.cast import PASSWORD
from tests.security.fillings import open_visit

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("home_not_asked")]


@pytest.fixture
def laid_out(cast):
    """{"own": paths, "visit": paths, "token": of a session}: one client with all there is, over the demo's caseload."""
    with binding.bind(cast.good_therapy):
        load(caseload("good-therapy", clients=40, today=date(2026, 6, 10)))
        minors, gone = (tags.add(name=name, by=system()) for name in ("Minors", "North office"))
        service = Service.objects.filter(client__status="active").order_by("-served_on").first()
        client = clients.change(service.client, by=system(), version=1, tags=[minors, gone], part_2=True)
        other = Client.objects.active().exclude(id=client.id).first()
        tags.retire(gone, by=system())
        row = clients.consent(client, by=system(), given_on=date(2026, 2, 3), note="In the paper file")
        clients.revoke(row, by=system(), revoked_on=date(2026, 2, 4))
        clients.consent(client, by=system(), given_on=date(2026, 3, 4), note="")
        clients.change(other, by=system(), version=1, part_2=True)
        ledger.mark(service, by=system(), reason="Paid by card; asked in writing that the plan not be told")
        plain = Service.objects.filter(client=client).exclude(id=service.id).first()
    key = cast.key()
    with binding.bind(cast.good_therapy):
        key.tags.set([minors, gone])
        User.objects.filter(id=key.id).update(sees_part_2=True)
        _, token = open_visit(cast, key)
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    home = f"/clients/{client.id}/"
    return {
        "token": token,
        "own": {
            "tags": "/settings/access-tags/", "tag": f"/settings/access-tags/{minors.id}/",
            "locked profile": home, "locked edit": f"{home}edit/", "consents": f"{home}consents/",
            "no consent": f"/clients/{other.id}/consents/", "marked ledger": f"{home}ledger/",
            "mark": f"/services/{plain.id}/self-pay/", "marked": f"/services/{service.id}/self-pay/",
            "billing user": f"/settings/users/{key.id}/", "new client": "/clients/new/",
        },
        "visit": {"visit list": "/clients/", "visit profile": home, "visit ledger": f"{home}ledger/",
                  "visit edit": f"{home}edit/"},
    }


def looked_at(page, port, paths):
    found = {}
    for name, path in paths.items():
        page.goto(address("good-therapy", port, path))
        for size in (DESKTOP, PHONE):
            page.set_viewport_size(size)
            no_sideways_scroll(page)
            found[name, size["width"]] = axe(page)
        page.set_viewport_size(DESKTOP)
        shots(page, name)
    return {where: complaints for where, complaints in found.items() if complaints}


def test_the_practices_pages_are_accessible_and_fit(laid_out):
    with serve(application) as port, chromium() as browser, open_page(browser) as page:
        page.goto(address("good-therapy", port, "/sign-in/"))
        page.get_by_label("User ID").fill("priya")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/clients/")

        assert looked_at(page, port, laid_out["own"]) == {}


def test_a_visits_pages_are_accessible_and_carry_the_notice_once(laid_out):
    with serve(application) as port, chromium() as browser, open_page(browser) as page:
        page.context.add_cookies([{
            "name": sessions.cookie_name(), "value": laid_out["token"], "path": "/",
            "domain": f"good-therapy.{BASE_DOMAIN}",
        }])

        assert looked_at(page, port, laid_out["visit"]) == {}
        assert page.locator("#redisclosure").count() == 1
        page.goto(address("good-therapy", port, laid_out["visit"]["visit ledger"]))
        assert page.get_by_text("withheld: the client paid").is_visible()
        assert page.get_by_text("Paid by card").count() == 0


def test_a_billing_user_gets_tags_and_the_switch_with_the_keyboard_or_without_scripts(laid_out):
    with serve(application) as port, chromium() as browser, open_page(browser, java_script_enabled=False) as page:
        page.goto(address("good-therapy", port, "/sign-in/"))
        page.get_by_label("User ID").fill("priya")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.goto(address("good-therapy", port, laid_out["own"]["billing user"]))
        page.get_by_label("May see records under 42 CFR Part 2").uncheck()
        page.get_by_label("Minors", exact=True).uncheck()
        page.get_by_role("button", name="Save", exact=True).click()

        assert "It counts from the next request" in page.locator("main").inner_text()
        assert not page.get_by_label("May see records under 42 CFR Part 2").is_checked()
        assert not page.get_by_label("Minors", exact=True).is_checked()
        assert page.get_by_label("North office (retired)").is_checked()
