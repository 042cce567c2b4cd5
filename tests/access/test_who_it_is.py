"""Identity is (iss, sub); names and addresses are for people to read. Security-cases 3, 4, 28, 29, D1, D8."""

import json
import logging
from datetime import timedelta

from django.utils import timezone

from countersign.access.models import PreSession
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.identity import notices
from countersign.instances import binding, hosts
from countersign.people import accounts, sessions
from countersign.people.models import Session
from tests.access.steps import cookies, home_answers, host, opens, parameter, question, visits
from tests.cast import KEY, PASSWORD


def test_a_new_user_with_the_name_and_address_of_an_old_one_is_somebody_else(cast):
    old = cast.jane()
    cast.key()
    browser = cast.visit()
    with binding.bind(cast.acme):
        accounts.inactivate(old, by=system())
    notices.settle()
    new = cast.user(cast.acme, "jane.doe", "restricted", name="Jane Doe", email="jane@example.org")

    cast.visit(user_id="jane.doe")

    assert not opens(cast, browser)
    assert [(v.person, v.email, v.sub) for v in visits(cast)] == [
        ("Jane Doe", "jane@example.org", str(old.id)), ("Jane Doe", "jane@example.org", str(new.id)),
    ]
    assert len(cast.events(cast.good_therapy, action="visit.began", sub=str(old.id))) == 1
    assert len(cast.events(cast.good_therapy, sub=str(new.id), action="visit.began")) == 1


def test_the_same_sub_at_another_company_is_somebody_else(cast):
    jane = cast.jane()
    double = cast.user(cast.rival, "jane", name="Jane Doe", email="jane@example.org")
    with binding.bind(cast.rival):
        double.active_times.all().delete()
        type(double).objects.filter(id=double.id).update(id=jane.id)
    cast.key()
    cast.key("rival-key", company=cast.rival)
    ours, theirs = cast.visit(), cast.visit("rival-key")

    with binding.bind(cast.rival):
        accounts.inactivate(accounts.User.objects.get(user_id="jane"), by=system())
    notices.settle()

    assert opens(cast, ours) and not opens(cast, theirs)
    first, second = visits(cast)
    assert first.sub == second.sub and first.iss != second.iss


def test_whoever_is_renamed_keeps_their_old_name_in_old_events(cast):
    jane = cast.jane()
    cast.key()
    cast.visit()
    with binding.bind(cast.acme):
        type(jane).objects.filter(id=jane.id).update(name="Jane Smith")

    cast.visit()

    began = cast.events(cast.good_therapy, action="visit.began")
    assert [event.person for event in began] == ["Jane Doe", "Jane Smith"]
    assert len({(event.iss, event.sub) for event in began}) == 1
    assert [visit.person for visit in visits(cast)] == ["Jane Doe", "Jane Smith"]


def test_the_session_is_a_new_one_after_the_second_part_and_the_old_one_is_dead(cast):
    cast.jane()
    cast.key()
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    browser = cast.first_part()
    planted = cast.signed_in(cast.good_therapy, "priya").cookies[sessions.cookie_name()].value
    cookies(cast, browser)[sessions.cookie_name()] = planted

    browser.get(home_answers(browser))

    assert cookies(cast, browser)[sessions.cookie_name()].value != planted
    thief = cast.client(cast.good_therapy)
    thief.cookies[sessions.cookie_name()] = planted
    assert thief.get("/profile/").status_code == 302
    with binding.bind(cast.good_therapy):
        old = Session.objects.get(user__user_id="priya")
        assert (old.ended_by, old.ended_because) == ("Jane Doe", "replaced by a new sign-in")


def test_a_cookie_that_an_attacker_chose_is_never_a_session(cast):
    cast.jane()
    cast.key()
    browser = cast.first_part()
    cookies(cast, browser)[sessions.cookie_name()] = "a" * 43

    browser.get(home_answers(browser))

    assert cookies(cast, browser)[sessions.cookie_name()].value != "a" * 43


def test_the_second_person_at_one_browser_is_the_second_person_from_then_on(cast):
    cast.jane()
    june = cast.user(cast.acme, "june", name="June Lee")
    cast.key()
    browser = cast.visit()
    first_cookie = cookies(cast, browser)[sessions.cookie_name()].value

    cast.first_part(browser=browser)
    assert "Continue as Jane Doe" in browser.text
    browser.get(browser.url + "&prompt=login")
    cast.second_part(browser, "june")

    cast.go(browser, "/clients/")
    assert "June Lee of ACME Billing" in browser.text and "Jane Doe" not in browser.text
    assert cast.events(cast.good_therapy, action="clients.listed")[-1].sub == str(june.id)
    thief = cast.client(cast.good_therapy)
    thief.cookies[sessions.cookie_name()] = first_cookie
    assert thief.get("/clients/").status_code == 302
    with binding.bind(cast.good_therapy):
        first, second = Session.objects.filter(individual__isnull=False).order_by("signed_in_at")
        assert first.ended_at is not None and second.ended_at is None
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    assert (ended.person, ended.reason) == ("Jane Doe", "replaced by a new sign-in")


def test_with_half_of_the_cookies_gone_nobody_is_anybody(cast):
    cast.jane()
    cast.key()
    browser = cast.visit()
    browser.at(host(cast.acme)).cookies.clear()
    assert opens(cast, browser)  # the visit stands on its own

    del cookies(cast, browser)[sessions.cookie_name()]
    cast.first_part(browser=browser)

    assert "Continue as" not in browser.text
    assert not opens(cast, browser)


def test_a_home_session_older_than_twelve_hours_signs_in_again(cast):
    cast.jane()
    cast.key()
    browser = cast.visit()
    long_ago = timezone.now() - timedelta(hours=12, seconds=1)
    with binding.bind(cast.acme):
        Session.objects.update(signed_in_at=long_ago)

    cast.first_part(browser=browser)

    assert "max_age=43200" in browser.url
    assert "Continue as" not in browser.text and "Password" in browser.text


def test_no_event_lacks_a_person_on_either_side(cast):
    cast.jane()
    cast.key()
    browser = cast.first_part()
    browser.get(hosts.root(cast.good_therapy) + "/clients/")
    cast.first_part(browser=browser)
    cast.second_part(browser, password="wrong password here")
    cast.second_part(browser)
    cast.go(browser, "/clients/")
    browser.post(hosts.root(cast.good_therapy) + "/leave/")

    for instance in (cast.good_therapy, cast.acme):
        events = cast.events(instance)
        assert len(events) > 3
        assert all(event.person.strip() for event in events)
        third_party = [event for event in events if event.source == "third party"]
        assert all(e.iss and e.sub and e.company and e.billing_user and e.visit for e in third_party)
        # "unknown" only where nobody could be named yet
        assert {event.action for event in events if event.person == "unknown"} <= {
            "sign-in.first-part.accepted", "sign-in.refused",
        }


def test_no_secret_of_the_sign_in_is_in_any_record_or_log(cast, caplog):
    caplog.set_level(logging.DEBUG)
    cast.jane()
    cast.key()
    browser = cast.first_part()
    secret = question(cast)
    pre_cookie = cookies(cast, browser)["second-part"].value
    url = home_answers(browser)
    browser.get(url)
    browser.get(url)  # and a refusal
    session_cookie = cookies(cast, browser)[sessions.cookie_name()].value
    home_cookie = browser.at(host(cast.acme)).cookies[sessions.cookie_name()].value
    secrets = {
        secret.state, secret.nonce, secret.verifier, pre_cookie, session_cookie, home_cookie, parameter(url, "code"),
        KEY, PASSWORD,
    }
    assert len(secrets) == 9 and all(len(text) >= 20 for text in secrets)

    written = caplog.text
    for instance in (cast.good_therapy, cast.acme):
        with binding.bind(instance):
            written += json.dumps(list(Event.objects.values()), default=str)
    with binding.bind(cast.good_therapy):
        rows = [*PreSession.objects.values(), *Session.objects.values()]
        written += json.dumps([{name: str(value) for name, value in row.items()} for row in rows])

    assert [text for text in secrets if text in written] == []
