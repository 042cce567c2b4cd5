"""Coming to the admin site: over the company's own sign-in, by a ticket that counts once and in one browser."""

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connections
from django.utils import timezone

from countersign.audit.actors import system
from countersign.instances import binding, hosts, listings, sites
from countersign.instances.models import ListingState
from countersign.people import accounts, crossings, sessions
from countersign.people.models import Crossing, User, UserType
from tests.browsing import Browser
from tests.cast import PASSWORD
from tests.customers.steps import asked, came, cookie, is_in, open_sessions, parameter, refusals, root
from tests.keyring.ringing import at_home


@pytest.fixture
def site(cast):
    cast.jane()
    return cast.site()


@pytest.fixture
def moved(monkeypatch):
    """Moves the clock of everything: moved(seconds)."""
    now, clock, off = timezone.now, time.time, [0]
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(seconds=off[0]))
    monkeypatch.setattr(time, "time", lambda: clock() + off[0])
    return lambda seconds: off.__setitem__(0, off[0] + seconds)


def ticket_for(cast, site, browser):
    """The address at the admin site with a ticket, which this browser has not taken yet."""
    return browser.get(asked(site, browser), follow=False)["Location"]


def test_whoever_has_no_session_signs_in_at_the_company_and_comes_back_to_where_they_wanted(cast, site):
    browser = came(cast, site, path="/customers/?q=good+therapy")

    assert browser.url == f"{root(site)}/customers/?q=good+therapy" and "Jane Doe" in browser.text
    assert [url for url in browser.trail if "password" in url] == []
    found = [(e.action, e.person, e.object) for e in cast.events(cast.acme, person="Jane Doe")]
    assert found == [
        ("sign-in.accepted", "Jane Doe", ""), ("sign-in.crossing.began", "Jane Doe", "acme-customers"),
        ("sign-in.crossing.accepted", "Jane Doe", "acme-customers"), ("customers.searched", "Jane Doe", "/customers/"),
    ]


def test_whoever_is_signed_in_at_the_company_comes_without_typing_anything(cast, site):
    browser = came(cast, site, browser=at_home(cast))

    assert browser.url == f"{root(site)}/customers/"
    assert len(open_sessions(cast)) == 1, "one session, at both hosts"


def test_the_admin_site_has_no_password_form(cast, site):
    page = Browser()
    assert page.get(f"{root(site)}/sign-in/", follow=False).status_code == 302
    assert page.post(f"{root(site)}/sign-in/", {"user_id": "jane", "password": PASSWORD}).status_code == 405


def test_each_host_has_a_cookie_of_its_own_that_is_worth_nothing_at_the_other(cast, site):
    browser = came(cast, site)
    here, there = cookie(browser, root(site)), cookie(browser, hosts.root(cast.acme))
    assert here and there and here != there

    other = Browser()
    other.at(urlsplit(root(site)).netloc).cookies[sessions.cookie_name()] = there
    other.at(urlsplit(hosts.root(cast.acme)).netloc).cookies[sessions.cookie_name()] = here

    assert not is_in(other, site)
    assert other.get(f"{hosts.root(cast.acme)}/launch-pad/", follow=False).status_code == 302
    assert len(cast.events(cast.acme, action="session.foreign")) == 2
    set_cookie = browser.at(urlsplit(root(site)).netloc).cookies[sessions.cookie_name()]
    assert set_cookie["domain"] == "" and set_cookie["httponly"] and set_cookie["samesite"] == "Lax"
    with binding.bind(cast.acme):
        kept = str(list(Crossing.objects.values()))
    assert here not in kept and there not in kept


@pytest.mark.parametrize("where", ["company", "site"])
def test_signing_out_at_either_host_ends_both(cast, site, where):
    browser = came(cast, site)
    at = hosts.root(cast.acme) if where == "company" else root(site)

    browser.post(f"{at}/sign-out/", follow=False)

    assert not is_in(browser, site) and open_sessions(cast) == []
    assert browser.get(f"{hosts.root(cast.acme)}/launch-pad/", follow=False).status_code == 302


def test_one_idle_time_for_both(cast, site, moved):
    browser = came(cast, site)
    for _ in range(3):
        moved(10 * 60)
        assert is_in(browser, site)
    assert browser.get(f"{hosts.root(cast.acme)}/launch-pad/", follow=False).status_code == 200

    moved(16 * 60)

    assert not is_in(browser, site)
    assert len(cast.events(cast.acme, action="session.expired")) == 1
    assert browser.get(f"{hosts.root(cast.acme)}/launch-pad/", follow=False).status_code == 302


def test_whoever_is_inactivated_or_signed_out_everywhere_is_out_of_it_at_the_next_request(cast, site):
    jane, june = came(cast, site), cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park")
    junes = came(cast, site, "june")
    with binding.bind(cast.acme):
        accounts.inactivate(User.objects.get(user_id="jane"), by=system())
        accounts.sign_out_everywhere(User.objects.get(id=june.id), by=system())

    assert not is_in(jane, site) and not is_in(junes, site)


def test_a_new_password_is_chosen_at_the_company_first(cast, site):
    browser = came(cast, site)
    with binding.bind(cast.acme):
        User.objects.filter(user_id="jane").update(password_forced_at=timezone.now(), password_forced_by="Ada")

    answer = browser.get(f"{root(site)}/customers/", follow=False)

    assert answer["Location"] == f"{hosts.root(cast.acme)}/profile/password/"


# The ticket


def test_a_ticket_counts_once(cast, site):
    browser = at_home(cast)
    address = ticket_for(cast, site, browser)
    secret = browser.at(urlsplit(root(site)).netloc).cookies[crossings.cookie_name()].value
    browser.get(address)
    assert is_in(browser, site)

    again = Browser()
    again.at(urlsplit(root(site)).netloc).cookies[crossings.cookie_name()] = secret  # even beside the same secret
    response = again.get(address)

    assert response.status_code == 403 and not is_in(again, site) and is_in(browser, site)
    assert refusals(cast) == ["the ticket was used before"]
    assert parameter(address, "ticket") not in str([vars(e) for e in cast.events(cast.acme)])


def test_of_two_at_once_one_comes_in(cast, site):
    browser = at_home(cast)
    address = ticket_for(cast, site, browser)
    secret = browser.at(urlsplit(root(site)).netloc).cookies[crossings.cookie_name()].value
    barrier = threading.Barrier(2)

    def bring(_):
        one = Browser()
        one.at(urlsplit(root(site)).netloc).cookies[crossings.cookie_name()] = secret
        barrier.wait()
        try:
            return one.get(address, follow=False).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(bring, range(2))) == [302, 403]


def test_a_ticket_is_good_for_a_minute(cast, site, moved):
    browser = at_home(cast)
    address = ticket_for(cast, site, browser)
    moved(settings.CROSSING_SECONDS + 1)

    assert browser.get(address).status_code == 403 and not is_in(browser, site)
    assert refusals(cast) == ["the ticket is more than a minute old"]


def test_a_clock_that_was_set_back_gives_a_ticket_no_second_life(cast, site, moved):
    browser = at_home(cast)
    address = ticket_for(cast, site, browser)
    moved(-3600)

    assert browser.get(address).status_code == 403
    assert refusals(cast) == ["the ticket is more than a minute old"]


@pytest.mark.parametrize("victim", ["came before", "has a session there", "never asked"])
def test_nobody_is_signed_in_with_somebody_elses_crossing(cast, site, victim):
    """Login CSRF: June's ticket, sent to Jane, who would then work under June's name; or stolen from June."""
    cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park")
    address = ticket_for(cast, site, at_home(cast, "june"))
    jane = Browser() if victim == "never asked" else at_home(cast)
    if victim == "came before":
        asked(site, jane)
    if victim == "has a session there":
        came(cast, site, browser=jane)

    response = jane.get(address)

    assert response.status_code == 403
    if victim == "has a session there":
        assert "Jane Doe" in (jane.get(f"{root(site)}/customers/") and jane.text)
    assert refusals(cast) == ["the ticket was given to another browser"]
    (event,) = cast.events(cast.acme, action="sign-in.crossing.refused")
    assert (event.person, event.user_id) == ("unknown", "june")


def test_a_ticket_that_came_to_another_browser_is_used_up(cast, site):
    browser = at_home(cast)
    address = ticket_for(cast, site, browser)
    Browser().get(address)

    assert browser.get(address).status_code == 403 and not is_in(browser, site)


def test_without_the_binding_to_the_browser_it_would_count(cast, site, monkeypatch):
    """The fault planted: shows that the tests above look."""
    monkeypatch.setattr(crossings, "_why_not", lambda found, secret, now: "")
    address = ticket_for(cast, site, at_home(cast))
    other = Browser()
    other.get(address)
    assert is_in(other, site)


def test_another_companys_ticket_opens_nothing(cast, site):
    cast.user(cast.rival, "mallory", UserType.RESTRICTED, name="Mallory")
    theirs = cast.site(cast.rival, "rival-customers")
    mallory = Browser()
    mallory.get(f"{root(theirs)}/")
    mallory.post(mallory.url, {"user_id": "mallory", "password": PASSWORD})
    assert is_in(mallory, theirs)
    own = mallory.at(urlsplit(root(theirs)).netloc)
    mallory.post(f"{root(theirs)}/sign-out/", follow=False)
    mallory.post(f"{hosts.root(cast.rival)}/sign-in/", {"user_id": "mallory", "password": PASSWORD})
    address = ticket_for(cast, theirs, mallory)
    there = mallory.at(urlsplit(root(site)).netloc)
    there.cookies[crossings.cookie_name()] = own.cookies[crossings.cookie_name()].value

    response = mallory.get(address.replace("rival-customers", "acme-customers"))

    assert response.status_code == 403 and not is_in(mallory, site)
    assert refusals(cast) == ["there is no such ticket for this site"]


def test_a_cookie_of_another_companys_admin_site_is_worth_nothing(cast, site):
    cast.user(cast.rival, "mallory", UserType.RESTRICTED, name="Mallory")
    theirs = cast.site(cast.rival, "rival-customers")
    mallory = Browser()
    mallory.get(f"{root(theirs)}/")
    mallory.post(mallory.url, {"user_id": "mallory", "password": PASSWORD})
    mallory.at(urlsplit(root(site)).netloc).cookies[sessions.cookie_name()] = cookie(mallory, root(theirs))

    assert is_in(mallory, theirs) and not is_in(mallory, site)


def test_a_session_that_ended_in_between_crosses_no_more(cast, site):
    browser = at_home(cast)
    address = ticket_for(cast, site, browser)
    browser.post(f"{hosts.root(cast.acme)}/sign-out/", follow=False)

    assert browser.get(address).status_code == 403
    assert refusals(cast) == ["the session that it was given to is over"]


def test_no_cookie_that_was_planted_becomes_a_session(cast, site):
    """Fixation: the value at the admin site is a new one each time, whatever the browser brought."""
    planted = "p" * 43
    browser = at_home(cast)
    browser.at(urlsplit(root(site)).netloc).cookies[sessions.cookie_name()] = planted

    came(cast, site, browser=browser)

    assert cookie(browser, root(site)) != planted and is_in(browser, site)
    with binding.bind(cast.acme):
        assert not Crossing.objects.filter(cookie=sessions.site_digest(planted)).exists()


@pytest.mark.parametrize("path", [
    "//evil.example/", "https://evil.example/", "/\\evil.example", "/sign-in/@evil", "/launch-pad/",
    "/x\r\nSet-Cookie: a=b",
])
def test_nobody_is_sent_anywhere_but_to_a_page_of_the_admin_site(cast, site, path):
    browser = at_home(cast)
    query = {"next": path}
    client = browser.at(urlsplit(root(site)).netloc)
    browser.get(client.get("/sign-in/", query)["Location"])

    assert browser.url == f"{root(site)}/customers/"


@pytest.mark.parametrize("query", [
    "", "?state=", "?state=short", f"?state={'a' * 44}", f"?state={'é' * 43}", f"?state={'a' * 42}%00", "?ticket=x",
])
def test_who_brings_no_question_of_the_admin_site_to_the_company_is_sent_to_ask_one(cast, site, query):
    answer = at_home(cast).get(f"{hosts.root(cast.acme)}/crossing/{query}", follow=False)

    assert answer["Location"] == f"{root(site)}/sign-in/"
    with binding.bind(cast.acme):
        assert not Crossing.objects.exists()


@pytest.mark.parametrize("ticket", ["x", "%00", "é", "a" * 5000, "%ff%fe"])
def test_a_ticket_that_is_none_is_refused_plainly(cast, site, ticket):
    browser = Browser()
    assert browser.get(f"{root(site)}/crossing/?ticket={ticket}").status_code == 403
    assert "You were not signed in here" in browser.text
    assert refusals(cast) == ["there is no such ticket for this site"]


def test_a_visit_at_a_company_that_is_a_practice_too_does_not_cross(cast, site):
    """Only the company's own people: the gate says so before there is a ticket."""
    from tests.security.kinds import Kind, Visitor

    visitor = Visitor(cast, cast.acme).become(Kind("visit", UserType.BILLING))
    assert visitor.send("GET", "/crossing/", {"state": "a" * 43}).status_code == 403
    with binding.bind(cast.acme):
        assert not Crossing.objects.exists()


# On and off


def test_off_again_is_404_at_the_next_request_and_on_again_brings_no_cookie_back(cast, site):
    browser = came(cast, site)
    sites.end(site, by="the test")
    assert browser.get(f"{root(site)}/customers/").status_code == 404
    assert browser.get(f"{root(site)}/sign-in/").status_code == 404
    assert at_home(cast).get(f"{hosts.root(cast.acme)}/crossing/?state={'a' * 43}").status_code == 200

    again = cast.site()

    assert not is_in(browser, again)
    came(cast, again, browser=browser)
    assert is_in(browser, again)


def test_a_company_that_is_not_listed_any_more_has_none(cast, site):
    browser = came(cast, site)
    listings.change(cast.acme, state=ListingState.SUSPENDED, by="the test", reason="x")
    assert browser.get(f"{root(site)}/customers/").status_code == 404
    assert at_home(cast).get(f"{hosts.root(cast.acme)}/crossing/?state={'a' * 43}", follow=False)["Location"] == "/"

    listings.change(cast.acme, state=ListingState.LISTED, by="the test", reason="x")

    assert is_in(browser, site)


def test_no_page_of_the_admin_site_leads_to_an_address_that_is_not_there(cast, site):
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    browser = came(cast, site, "ada")
    for path in ("/customers/", "/people/", "/people/?by=customer"):
        page = browser.get(root(site) + path).content.decode()
        for link in set(re.findall(r'href="(/[^"#]*)"', page)) - {path}:
            if not link.startswith("/static/"):
                assert browser.get(root(site) + link, follow=False).status_code in (200, 302), link
        for link in set(re.findall(rf'href="{re.escape(hosts.root(cast.acme))}(/[^"]*)"', page)):
            assert browser.get(hosts.root(cast.acme) + link, follow=False).status_code in (200, 302), link
