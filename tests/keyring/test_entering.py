"""*Enter* on the launch pad: one click, both parts, and nothing that opens anything alone (security cases 5 to 14)."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from countersign.access.models import PreSession, Ticket, Visit
from countersign.audit.actors import system
from countersign.identity import dispatches
from countersign.identity.models import Click
from countersign.instances import binding, hosts
from countersign.people import accounts
from countersign.people.models import User, UserType
from tests.access.steps import opens, parameter, refusals
from tests.browsing import Browser
from tests.cast import KEY, PASSWORD
from tests.keyring.ringing import assign, at_home, enter, jane_holds_a_key, put_in, stored


def visits(cast):
    with binding.bind(cast.good_therapy):
        return list(Visit.objects.all())


def test_one_click_takes_the_person_in_by_name_with_both_parts_on_both_records(cast):
    jane, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)

    response = enter(cast, browser, key)

    assert response.status_code == 200 and browser.url == hosts.root(cast.good_therapy) + "/clients/", browser.text
    assert opens(cast, browser)
    (visit,) = visits(cast)
    assert (visit.person, visit.sub, visit.billing_user) == ("Jane Doe", str(jane.id), "acme-billing")
    practice = [(e.action, e.person, e.reason) for e in cast.events(cast.good_therapy) if e.source == "third party"]
    through = "through the key ring of ACME Billing"
    assert practice[:3] == [
        ("sign-in.first-part.accepted", "Jane Doe", through), ("sign-in.first-part.brought", "Jane Doe", through),
        ("visit.began", "Jane Doe", ""),
    ]
    home = [(e.action, e.person) for e in cast.events(cast.acme)
            if e.action.startswith(("key.", "identity.")) and e.source == "ours"]
    assert home[-3:] == [
        ("key.used", "Jane Doe"), ("identity.confirmed", "Jane Doe"), ("identity.entered", "Jane Doe"),
    ]


def test_nothing_secret_is_in_an_address_a_record_or_a_page(cast):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    enter(cast, browser, key)

    ticket = parameter(next(url for url in browser.trail if "ticket=" in url), "ticket")
    for instance in (cast.acme, cast.good_therapy):
        kept = str([(e.object, e.reason, e.changes, e.rule) for e in cast.events(instance)])
        assert KEY not in kept and ticket not in kept
    assert KEY not in "".join(browser.trail)
    with binding.bind(cast.good_therapy):
        assert ticket not in str(list(Ticket.objects.values()))


def test_without_the_click_a_ticket_opens_nothing_by_itself(cast):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    address = enter(cast, browser, key, follow=False)["Location"]
    another = Browser()

    another.get(address)

    assert another.url.startswith(hosts.root(cast.acme)) and "Sign in with your own account" in another.text
    assert visits(cast) == [] and not opens(cast, another)


def test_the_ticket_is_for_the_person_it_was_given_to(cast):
    """June, of the same company and with the same right, brings Jane's ticket."""
    _, _, key = jane_holds_a_key(cast)
    assign(cast, key, cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park"))
    address = enter(cast, at_home(cast), key, follow=False)["Location"]
    june = at_home(cast, "june")

    june.get(address)
    response = june.post(june.url)

    assert response.status_code == 403 and not opens(cast, june) and visits(cast) == []
    assert [e.reason for e in refusals(cast)] == ["the key ring gave the first part to another person"]


def test_junes_click_answers_no_question_of_janes_session_nor_for_another_key(cast):
    _, _, key = jane_holds_a_key(cast)
    cast.key("acme-payments")
    other = put_in(cast, "acme-payments")
    june = cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park")
    assign(cast, key, june)
    assign(cast, other, june)
    browser = at_home(cast, "june")
    enter(cast, browser, other, follow=False)

    question = cast.first_part("acme-billing", browser=browser)

    assert "Continue as June Park" in question.text and visits(cast) == []
    janes = at_home(cast)
    assert "Continue as Jane Doe" in cast.first_part("acme-billing", browser=janes).text


def test_a_click_answers_one_question(cast):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    enter(cast, browser, key)

    again = cast.first_part(browser=browser)

    assert "Continue as Jane Doe" in again.text


def test_a_ticket_and_a_click_are_good_for_a_minute(cast, monkeypatch):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    address = enter(cast, browser, key, follow=False)["Location"]
    now, clock = timezone.now, time.time
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=61))
    monkeypatch.setattr(time, "time", lambda: clock() + 61)

    response = browser.get(address)

    assert response.status_code == 403 and visits(cast) == []
    assert [e.reason for e in refusals(cast)] == [
        "the ticket is more than a minute old, or the Billing user was changed since"
    ]
    monkeypatch.setattr(settings, "TICKET_SECONDS", 600)
    browser.get(enter(cast, browser, key, follow=False)["Location"], follow=False)
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=125))
    assert "Continue as Jane Doe" in cast.first_part(browser=browser).text


@pytest.mark.parametrize("name", ["key", "clicks"])
def test_a_clock_set_back_lengthens_neither(cast, monkeypatch, name):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    address = enter(cast, browser, key, follow=False)["Location"]
    with binding.bind(cast.good_therapy if name == "key" else cast.acme):
        later = timezone.now() + timedelta(days=1)
        if name == "key":
            Ticket.objects.update(given_at=later, expires_at=later)
        else:
            Click.objects.update(clicked_at=later, expires_at=later)

    browser.get(address)

    assert visits(cast) == []


def test_a_ticket_is_used_once_and_a_second_use_is_on_both_records(cast):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    address = enter(cast, browser, key, follow=False)["Location"]
    browser.get(address)

    response = Browser().get(address)

    assert response.status_code == 403 and len(visits(cast)) == 1
    assert [e.reason for e in refusals(cast)] == ["the ticket was used before"]
    assert [e.reason for e in cast.events(cast.acme, rule="refused by the practice")] == ["the ticket was used before"]


def test_of_twenty_that_bring_one_ticket_one_may_go_on(cast):
    _, _, key = jane_holds_a_key(cast)
    address = enter(cast, at_home(cast), key, follow=False)["Location"]
    together = threading.Barrier(20)

    def bring(_):
        browser = Browser()
        browser.at(hosts.root(cast.good_therapy).partition("://")[2])
        together.wait()
        try:
            return browser.get(address, follow=False).status_code
        finally:
            connections["control"].close()

    with ThreadPoolExecutor(20) as threads:
        answers = sorted(threads.map(bring, range(20)))

    assert answers == [302] + [403] * 19
    with binding.bind(cast.good_therapy):
        assert PreSession.objects.count() == 1


def change(cast, user_id, verb, **more):
    with binding.bind(cast.good_therapy):
        verb(User.objects.get(user_id=user_id), by=system("Priya Raman"), **more)


def test_what_the_practice_changes_in_the_minute_counts(cast):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    address = enter(cast, browser, key, follow=False)["Location"]
    change(cast, "acme-billing", accounts.set_password, password="nine grey herons standing")

    assert browser.get(address).status_code == 403 and visits(cast) == []


def test_each_refusal_of_the_practice_is_said_in_words_and_noted_on_the_key(cast):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    change(cast, "acme-billing", accounts.set_password, password="nine grey herons standing")

    response = enter(cast, browser, key)

    assert response.status_code == 422
    assert "The practice knows no such User ID with this password." in browser.text
    assert stored(cast, key).trouble == "The practice knows no such User ID with this password."
    (event,) = cast.events(cast.good_therapy, action="sign-in.first-part.refused")
    assert (event.person, event.company, event.reason) == (
        "Jane Doe", "ACME Billing", "wrong password, through the key ring of ACME Billing",
    )
    change(cast, "acme-billing", accounts.set_password, password=KEY)
    change(cast, "acme-billing", accounts.inactivate)
    enter(cast, browser, key)
    assert "The practice has ended or suspended this Billing user." in browser.text
    with binding.bind(cast.good_therapy):
        accounts.reactivate(User.objects.get(user_id="acme-billing"), by=system(), grantable=None)
    assert enter(cast, browser, key).status_code == 200 and stored(cast, key).trouble == ""


def test_too_many_tries_are_throttled_for_the_company_and_for_nobody_else(cast):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    change(cast, "acme-billing", accounts.set_password, password="nine grey herons standing")
    for _ in range(10):
        enter(cast, browser, key)
    change(cast, "acme-billing", accounts.set_password, password=KEY)

    enter(cast, browser, key)

    assert "too many attempts" in browser.text and visits(cast) == []
    assert len(cast.events(cast.good_therapy, action="sign-in.throttled")) == 1


def test_a_practice_that_is_silent_is_said_to_be(cast, wire):
    _, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    wire.silence(hosts.root(cast.good_therapy).partition("://")[2])

    assert enter(cast, browser, key).status_code == 422
    assert "The practice does not answer." in browser.text


def test_nobody_else_enters_with_the_key_whether_by_clicking_or_by_typing(cast):
    _, _, key = jane_holds_a_key(cast)
    cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park")
    june = at_home(cast, "june")

    assert enter(cast, june, key).status_code == 422
    assert "The key acme-billing is not assigned to you." in june.text
    typed = cast.first_part(browser=june)
    assert typed.post(typed.url).status_code == 403 and visits(cast) == []
    dispatches.settle()
    assert [e.person for e in cast.events(cast.good_therapy, action="entry.refused")] == ["June Park"] * 2


def test_typing_the_password_stays_possible_for_whoever_is_assigned(cast):
    jane_holds_a_key(cast)

    assert opens(cast, cast.visit())


def test_where_the_company_wants_it_no_key_of_the_ring_is_typed(cast):
    _, _, key = jane_holds_a_key(cast)
    cast.key("acme-payments")  # in no ring
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    ada = cast.signed_in(cast.acme, "ada")
    ada.post("/key-ring/rules/", {"launch_pad_only": "on"})
    browser = at_home(cast)

    typed = cast.first_part(browser=browser)
    assert typed.post(typed.url).status_code == 403
    assert "The key acme-billing is used from the launch pad only: press Enter there." in typed.text
    assert visits(cast) == []
    assert enter(cast, browser, key).status_code == 200 and len(visits(cast)) == 1
    assert opens(cast, cast.visit("acme-payments"))
    ada.post("/key-ring/rules/", {})
    assert opens(cast, cast.visit())
    assert [e.changes["launch_pad_only"] for e in cast.events(cast.acme, action="key-ring.changed")] == [
        [False, True], [True, False],
    ]


def test_enter_takes_a_form_of_our_own_page(cast):
    _, _, key = jane_holds_a_key(cast)
    client = cast.signed_in(cast.acme, "jane", PASSWORD, enforce_csrf_checks=False)
    client.handler.enforce_csrf_checks = True

    assert client.post(f"/launch-pad/{key.id}/entry/").status_code == 403
    assert client.get(f"/launch-pad/{key.id}/entry/").status_code == 405


def test_another_company_brings_the_first_part_of_no_key_but_its_own(cast):
    cast.key()
    cast.user(cast.rival, "mallory", UserType.RESTRICTED, name="Mallory Ray")
    from countersign.keyring import asking

    with binding.bind(cast.rival), pytest.raises(asking.Refused) as refusal:
        asking.ask(hosts.root(cast.good_therapy), user_id="acme-billing", password=KEY,
                   person=User.objects.get(user_id="mallory"), purpose=asking.ENTER)

    assert refusal.value.code == "another company"
    with binding.bind(cast.good_therapy):
        assert not Ticket.objects.exists()
