"""A leaver is ended everywhere at once, every practice they entered has the notice, and a page at home proves which."""

from types import SimpleNamespace

import pytest
from django.conf import settings
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext

from countersign.audit.actors import system
from countersign.identity import dispatches, leavers, notices
from countersign.identity.models import Departure
from countersign.instances import binding, hosts
from countersign.people import accounts
from countersign.people.models import User
from tests.access.steps import host
from tests.browsing import Browser
from tests.cast import KEY, PASSWORD, agree

PRACTICES = ("good_therapy", "elm_street", "birch_lane")


@pytest.fixture
def inside(cast, wire):
    """A browser in which Jane is inside three practices."""
    cast.birch_lane = cast.installation.open("birch-lane", "Birch Lane Clinic")
    cast.jane()
    browser = None
    for slug in PRACTICES:
        practice = getattr(cast, slug)
        with binding.bind(practice):
            agree(cast.acme)
            accounts.create(
                name="ACME Billing", user_id="acme-key", type="billing", by=system(), password=KEY,
                billing_company=cast.acme.id, permissions=["view_clients"],
            )
        browser = enter(cast, practice, browser)
    return browser


def enter(cast, practice, browser):
    browser = browser or Browser()
    browser.post(f"{hosts.root(practice)}/sign-in/", {"user_id": "acme-key", "password": KEY})
    form = {} if "Continue as" in browser.text else {"user_id": "jane", "password": PASSWORD}
    browser.post(browser.url, form)
    assert browser.url.startswith(hosts.root(practice)), browser.text
    return browser


def leave(cast, verb=accounts.inactivate, **more):
    with binding.bind(cast.acme):
        verb(User.objects.get(user_id="jane"), by=system("Ada Whitlock"), **more)
    notices.settle()
    dispatches.settle()


def page(cast):
    if not hasattr(cast, "ada"):
        cast.administrator(cast.acme)
        cast.ada = cast.signed_in(cast.acme)
    with binding.bind(cast.acme):
        jane = User.objects.get(user_id="jane")
    return cast.ada.get(f"/settings/users/{jane.id}/departure/").content.decode()


def is_in(browser, practice):
    return browser.get(f"{hosts.root(practice)}/clients/", follow=False).status_code == 200


def test_a_leaver_is_out_of_three_practices_and_each_has_a_dated_notice(cast, inside):
    assert all(is_in(inside, getattr(cast, slug)) for slug in PRACTICES)

    leave(cast)

    for slug in PRACTICES:
        practice = getattr(cast, slug)
        assert not is_in(inside, practice)
        (event,) = cast.events(practice, action="person.left")
        assert event.person == "ACME Billing (home)" and event.object == "Jane Doe (jane)" and event.changes["Left at"]
        assert len(cast.events(practice, action="visit.ended")) == 1
    shown = page(cast)
    assert "3 of 3" in shown and "Not every practice was reached" not in shown
    assert all(getattr(cast, slug).name.replace("'", "&#x27;") in shown for slug in PRACTICES)


def test_a_practice_that_was_not_reached_is_named_until_it_is(cast, inside, wire):
    wire.silence(host(cast.elm_street))

    leave(cast)

    shown = page(cast)
    assert "2 of 3" in shown and "Not every practice was reached" in shown
    assert shown.index("Elm Street Counseling") < shown.index("Birch Lane Clinic")  # what is missing comes first
    assert "not confirmed" in shown and "not yet" in shown
    wire.stands_in.clear()
    with binding.bind(cast.acme):
        dispatches.send_soon()
    dispatches.settle()
    assert "3 of 3" in page(cast) and "not confirmed" not in page(cast)
    assert not is_in(inside, cast.elm_street)


def test_the_notice_ends_what_a_lost_sign_out_left_open(cast, inside, wire):
    """The two messages are independent: either of them is enough."""
    wire.refuse(host(cast.elm_street), "/sign-out/back-channel/")

    leave(cast)

    (ended,) = cast.events(cast.elm_street, action="visit.ended")
    assert ended.reason == "ended at home: the user was inactivated"
    assert not is_in(inside, cast.elm_street)


def test_only_that_person_of_that_company_is_ended(cast, inside):
    cast.user(cast.acme, "june", name="June Park")
    with binding.bind(cast.acme):
        accounts.inactivate(User.objects.get(user_id="june"), by=system())
    dispatches.settle()

    assert all(is_in(inside, getattr(cast, slug)) for slug in PRACTICES)
    assert not cast.events(cast.good_therapy, action="person.left")  # June never entered: nobody need know


def test_whoever_comes_back_is_announced_and_may_leave_again(cast, inside):
    leave(cast)
    leave(cast, accounts.reactivate, grantable=None)
    leave(cast)

    assert [e.action for e in cast.events(cast.good_therapy, action__startswith="person.")] == [
        "person.left", "person.returned", "person.left",
    ]
    with binding.bind(cast.acme):
        assert [bool(one.returned_at) for one in Departure.objects.order_by("id")] == [True, False]


def test_what_is_undone_tells_nobody(cast, inside):
    with binding.bind(cast.acme), transaction.atomic():
        accounts.inactivate(User.objects.get(user_id="jane"), by=system())
        transaction.set_rollback(True)
    dispatches.settle()

    assert not cast.events(cast.good_therapy, action="person.left")
    assert "Still with us" in page(cast)


def test_the_practice_reads_on_its_page_of_visits_who_left(cast, inside):
    leave(cast)
    cast.administrator(cast.good_therapy)

    shown = cast.signed_in(cast.good_therapy).get("/visits/").content.decode()

    assert "Who left their company" in shown and "Jane Doe (jane)" in shown and "Left the company" in shown


def test_the_page_asks_few_questions_however_many_practices(cast, inside):
    leave(cast)
    with binding.bind(cast.acme):
        found = Departure.objects.prefetch_related("notices").get()
        with CaptureQueriesContext(connections["default"]) as asked:
            assert len(leavers.told(found)) == 3
    assert len(asked) <= 2


# Planted faults: whom nobody told is on the page, because it counts what they entered and not what was sent


def test_a_practice_that_is_left_out_of_the_notice_is_named(cast, inside, monkeypatch):
    parties = leavers.RelyingParty.objects
    monkeypatch.setattr(leavers, "RelyingParty", SimpleNamespace(objects=SimpleNamespace(
        filter=lambda **which: parties.filter(**which).exclude(name=cast.elm_street.name)
    )))

    leave(cast)

    assert not cast.events(cast.elm_street, action="person.left")
    shown = page(cast)
    assert "2 of 3" in shown and "Not every practice was reached" in shown
    assert shown.index("Elm Street Counseling") < shown.index("not yet") < shown.index("Birch Lane Clinic")


def test_a_leaver_of_whom_nobody_is_told_is_named_at_every_practice(cast, inside, monkeypatch):
    monkeypatch.setattr(leavers, "_tell", lambda user, kind: [])

    leave(cast)

    assert "0 of 3" in page(cast) and page(cast).count("not yet") == 3


def test_a_notice_that_the_practice_did_not_take_is_no_proof(cast, inside, monkeypatch):
    monkeypatch.setitem(settings.DISPATCHES, "person.left", "tests.identity.test_leavers.refuse")

    leave(cast)

    assert "0 of 3" in page(cast) and page(cast).count(">refused<") == 3


def refuse(received):
    raise dispatches.Refused("it is not wanted here")
