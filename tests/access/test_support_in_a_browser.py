"""Support asks, the practice approves, Support looks: in a real browser, on a phone and without scripts."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from countersign.access import support
from countersign.access.models_support import SupportRequest
from countersign.audit.actors import system
from countersign.console.models import AccessAsked
from countersign.identity import dispatches
from countersign.instances import binding, hosts
from countersign.people.models import User
from countersign.people.permissions import Permission
from tests.browser.harness import DESKTOP, PHONE, address, axe, no_sideways_scroll, open_page, shots
from tests.cast import PASSWORD

pytestmark = pytest.mark.browser
LOOK = ["view_clients", "view_ledger"]


@pytest.fixture
def people(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.administrator(cast.support, "sam", name="Sam Ortiz")
    return cast


def sign_in(page, port, slug, user_id):
    page.goto(address(slug, port, "/sign-in/"))
    page.get_by_label("User ID").fill(user_id)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/sign-in/" not in url)


def some_requests(cast):
    """One that waits, one that is approved and one that is over; returns the one that waits."""
    with binding.bind(cast.support):
        sam = User.objects.get(user_id="sam")
        AccessAsked.objects.create(
            instance_id=cast.good_therapy.id, instance="Good Therapy, Inc.", issuer=hosts.root(cast.good_therapy),
            user=sam, minutes=60, permissions=LOOK, why="Claims of May show twice", asked_by="Sam Ortiz",
            state="approved", key="support:0123456789ab", expires_at=timezone.now() + timedelta(hours=1),
        )
    with binding.bind(cast.good_therapy):
        found = [
            SupportRequest.objects.create(
                mark=uuid.uuid4(), asked_by="Sam Ortiz", user_id="sam", iss=hosts.root(cast.support), sub=str(sam.id),
                minutes=60, permissions=LOOK, why="Claims of May show twice",
            )
            for _ in range(3)
        ]
        more = {"by": system("Priya Raman"), "grantable": frozenset(Permission), "minutes": 60, "permissions": LOOK}
        support.approve(found[0], **more)
        support.approve(found[1], **more)
        support.end(found[1], by=system("Priya Raman"), reason="Enough")
    dispatches.settle()
    return found[2]


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["wide", "phone"])
def test_the_pages_are_fit_to_look_at(people, port, browser, viewport):
    waiting = some_requests(people)
    paths = [
        ("good-therapy", "/settings/third-party/"), ("good-therapy", "/settings/third-party/support/"),
        ("good-therapy", f"/support-requests/{waiting.id}/"),
        ("support", f"/console/instances/{people.good_therapy.id}/access/"),
    ]
    with open_page(browser, viewport=viewport) as page:
        sign_in(page, port, "good-therapy", "priya")
        sign_in(page, port, "support", "sam")
        for slug, path in paths:
            page.goto(address(slug, port, path))
            no_sideways_scroll(page)
            assert axe(page) == [], path
            if viewport == DESKTOP:
                shots(page, f"support {path.strip('/').replace('/', ' ')[:40]}")


def test_from_the_request_to_its_end_without_scripts(people, port, browser):
    with open_page(
        browser, viewport=PHONE, allow=["status of 401"], java_script_enabled=False
    ) as page:
        sign_in(page, port, "support", "sam")
        access = address("support", port, f"/console/instances/{people.good_therapy.id}/access/")
        page.goto(access)
        page.get_by_label("Why").fill("Claims of May show twice")
        page.get_by_label("View clients").check()
        page.get_by_role("button", name="Send the request").click()
        page.get_by_text("Good Therapy, Inc. is asked.").wait_for()
        dispatches.settle()

        sign_in(page, port, "good-therapy", "priya")
        page.goto(address("good-therapy", port, "/settings/third-party/"))
        page.get_by_role("link", name="Sam Ortiz, 1 hour").click()
        page.get_by_label("Approve", exact=True).check()
        page.get_by_role("button", name="Send the answer").click()
        page.get_by_text("Sam Ortiz, 1 hour was approved").wait_for()
        page.get_by_role("button", name="Sign out").click()
        dispatches.settle()

        page.goto(access)
        page.get_by_role("button", name="Enter Good Therapy, Inc.").click()
        page.get_by_text("as Sam Ortiz of Support").wait_for()
        page.get_by_role("button", name="Leave this practice").click()
        page.get_by_label("User ID").wait_for()
    assert len(people.events(people.good_therapy, action="visit.left")) == 1
