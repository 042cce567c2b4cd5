"""Somebody leaves the company while they are inside three practices: one button ends it, and a page proves it.

One of the practices is not reached at first; every page is looked at by axe, at 1280 and at 390 px.
"""

import pytest
from django.utils import timezone

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.keyring import ring
from countersign.people import accounts
from countersign.people.models import User
from tests.access.steps import host
from tests.browser.parties import COMPANY, PRACTICE, acquainted, delivered, enters, settled, signs_in
from tests.cast import KEY, Cast, agree
from tests.keyring.ringing import ADA, assign

pytestmark = pytest.mark.browser


@pytest.fixture
def cast(port, installation, unhurried):
    """Jane holds the keys of three practices."""
    with timezone.override("America/New_York"):
        cast = Cast(installation)
        acquainted(cast)
        cast.birch_lane = installation.open("birch-lane", "Birch Lane Clinic")
        with binding.bind(cast.acme):
            jane = User.objects.get(user_id="jane")
        for practice, user_id in ((cast.elm_street, "acme-elm"), (cast.birch_lane, "acme-birch")):
            lets_in(cast, practice, user_id, jane)
        yield cast


def lets_in(cast, practice, user_id, jane):
    with binding.bind(practice):
        agree(cast.acme)
        accounts.create(
            name="ACME Billing", user_id=user_id, type="billing", by=system(), password=KEY,
            billing_company=cast.acme.id, permissions=["view_clients"],
        )
    with binding.bind(cast.acme):
        key = ring.add(practice, user_id=user_id, password=KEY, by=ADA)
    assign(cast, key, jane)


def test_one_button_ends_a_person_in_three_practices_and_a_page_proves_it(cast, wire, walkers):
    with walkers(3) as (ada, jane, priya):
        signs_in(jane, "jane")
        enters(jane)
        enters(jane, "Elm Street Counseling", "elm-street", "acme-elm")
        enters(jane, "Birch Lane Clinic", "birch-lane", "acme-birch")
        signs_in(ada, "ada")
        wire.silence(host(cast.elm_street))
        ada_inactivates_jane(ada)
        settled()
        two_of_three_are_reached(ada)
        wire.stands_in.clear()
        delivered()
        the_third_is_reached(ada)
        jane_is_out_everywhere(jane)
        the_practice_reads_who_left(priya)
    for practice in (cast.good_therapy, cast.elm_street, cast.birch_lane):
        (left,) = cast.events(practice, action="person.left")
        (ended,) = cast.events(practice, action="visit.ended")
        assert left.object == "Jane Doe (jane)" and left.changes["Left at"]
        assert ended.reason == "ended at home: the user was inactivated"


def ada_inactivates_jane(ada):
    ada.through_the_menu("Settings", "Users")
    ada.heading("Users")
    ada.follow("Jane Doe")
    ada.heading("Jane Doe", picture="somebody who is about to leave")
    ada.follow("Inactivate & force log off")
    dialog = ada.page.get_by_role("dialog")
    dialog.get_by_role("heading", name="Inactivate Jane Doe?").wait_for()
    ada.looked("leaving is confirmed")
    dialog.get_by_role("button", name="Inactivate & force log off").click()
    ada.page.get_by_role("link", name="where Jane Doe was ended").wait_for()
    ada.heading("Jane Doe", picture="somebody who has left")


def two_of_three_are_reached(ada):
    ada.follow("where Jane Doe was ended")
    ada.heading("Where Jane Doe was ended", picture="two of three practices are reached")
    assert "2 of 3" in ada.main() and "Not every practice was reached" in ada.main()
    first = ada.region("Practices that Jane Doe ever entered").get_by_role("row").nth(1).inner_text()
    assert "Elm Street Counseling" in first and "not confirmed" in first and "not yet" in first


def the_third_is_reached(ada):
    ada.follow("Refresh")
    ada.page.get_by_text("3 of 3").wait_for()
    ada.heading("Where Jane Doe was ended", picture="all three practices are reached")
    assert "not" not in ada.region("Practices that Jane Doe ever entered").inner_text()


def jane_is_out_everywhere(jane):
    """Where she stands the next click says why; at home she cannot even sign in."""
    jane.page.reload()
    jane.heading("Sign in to Birch Lane Clinic", picture="out of a practice after leaving")
    assert "Your visit ended: ended at home." in jane.main()
    for slug in (PRACTICE, "elm-street"):
        jane.go(slug, "/clients/")
        jane.page.get_by_role("heading", name="Sign in to").wait_for()
    jane.go(COMPANY, "/launch-pad/")
    jane.heading("Sign in to ACME Billing")


def the_practice_reads_who_left(priya):
    signs_in(priya, "priya")
    priya.through_the_menu("Visits")
    priya.heading("Visits", picture="who left their company")
    assert "Left the company" in priya.region("Who left their company").get_by_role("row").nth(1).inner_text()
