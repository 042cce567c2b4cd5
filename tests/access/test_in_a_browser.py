"""Third-party access in a real browser: wide, on a phone and without scripts; nothing that axe objects to."""

from datetime import timedelta

import pytest
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from countersign.access import reviews, standing, terms
from countersign.access.models import Agreement, Outcome, Suspension, Term
from countersign.audit.actors import system
from countersign.instances import binding
from countersign.people import accounts
from countersign.people.models import User
from countersign.people.permissions import Permission
from tests.browser.harness import DESKTOP, PHONE, address, axe, no_sideways_scroll, open_page, serve, shots
from tests.cast import PASSWORD, agree
from tests.security.fillings import open_visit

pytestmark = pytest.mark.browser
PRIYA = system("Priya Raman")


@pytest.fixture
def practice(cast):
    """ACME with a key that is live and one that is suspended, a review behind it, and Rival, whose time is over."""
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.jane()
    key, other = cast.key(permissions=[Permission.VIEW_NOTES]), cast.key("acme-claims", groups=["Billing claims only"])
    rival = cast.key("rival-billing", company=cast.rival)
    today = timezone.localdate()
    with binding.bind(cast.good_therapy):
        agree(cast.acme, from_on=today - timedelta(days=400), until_on=today - timedelta(days=31))
        open_visit(cast, key)
        terms.suspend(cast.acme, key=other, by=PRIYA, reason="We look into something")
        reviews.sign_off(key, by=PRIYA, outcome=Outcome.REDUCED, remark="Not needed", remove=[Permission.VIEW_NOTES])
        User.objects.filter(id=other.id).update(created_at=timezone.now() - timedelta(days=120))
        Term.objects.create(key=key, last_on=today + timedelta(days=20), set_by="Priya Raman", reason="For the summer")
        accounts.inactivate(rival, by=PRIYA)
        accounts.set_password(key, password="amber ladder in the yard 7", by=PRIYA, overlap=timedelta(hours=3))
    cast.keys = key, other
    return cast


def pages(cast):
    key, other = cast.keys
    with binding.bind(cast.good_therapy):
        agreement = standing.agreement_in_force(cast.acme.id, timezone.localdate())
    company = f"/settings/third-party/{cast.acme.id}/"
    return {
        "Third-party access": "/settings/third-party/", "Company": company, "Ended company":
        f"/settings/third-party/{cast.rival.id}/", "Record an agreement": f"{company}agreements/new/",
        "End the agreement": f"/agreements/{agreement.id}/ending/", "End of a key": f"/billing-users/{key.id}/end/",
        "Review": f"/billing-users/{key.id}/review/", "Review overdue": f"/billing-users/{other.id}/review/",
        "Two passwords": f"/settings/users/{key.id}/", "New password": f"/settings/users/{key.id}/password/",
        "Deliver": f"/settings/users/{key.id}/delivery/",
        "What they see": f"/billing-users/{key.id}/preview/",
        "Agreement in force": "/settings/third-party/requirement/",
    }


def sign_in(page, port):
    page.goto(address("good-therapy", port, "/sign-in/"))
    page.get_by_label("User ID").fill("priya")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["wide", "phone"])
def test_the_pages_are_fit_to_look_at(practice, browser, viewport):
    with serve(get_wsgi_application()) as port, open_page(browser, viewport=viewport, allow=["status of 422"]) as page:
        sign_in(page, port)
        for name, path in pages(practice).items():
            page.goto(address("good-therapy", port, path))
            no_sideways_scroll(page)
            assert axe(page) == [], name
            if viewport == DESKTOP:
                shots(page, f"terms {name}")


def test_suspend_now_is_one_click_without_scripts_and_a_wrong_agreement_is_said(practice, browser):
    with serve(get_wsgi_application()) as port, open_page(
        browser, allow=["status of 422"], java_script_enabled=False
    ) as page:
        sign_in(page, port)
        page.goto(address("good-therapy", port, "/settings/third-party/"))
        page.get_by_role("button", name="Suspend now everything of ACME Billing").click()
        page.get_by_text("ACME Billing is suspended.").wait_for()
        page.get_by_role("link", name="Record an agreement").click()
        page.get_by_label("Signed on").fill("01/05/2026")
        page.get_by_label("In force from").fill("01/06/2026")
        page.get_by_label("In force until").fill("01/05/2026")
        file = {"name": "signed.pdf", "mimeType": "application/pdf", "buffer": b"no PDF at all"}
        page.get_by_label("The signed agreement").set_input_files(file)
        page.get_by_role("button", name="Record the agreement").click()
        page.get_by_role("link", name="It cannot end before it begins.").wait_for()
        page.get_by_role("link", name="This is not a PDF.").wait_for()
        assert page.get_by_label("Signed on").input_value() == "01/05/2026"
    with binding.bind(practice.good_therapy):
        assert Suspension.objects.filter(key=None, lifted_at=None).exists()
        assert Agreement.objects.filter(company_id=practice.acme.id).count() == 2
