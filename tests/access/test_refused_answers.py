"""Answers that a practice refuses: replayed, another's, or of a home that is not the one it asked.

Security-cases 15, 16, 22, 24, 27, D3, D4; ASVS 10.1.2, 10.2.1, 10.2.2.
"""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone

from countersign.access import stages
from countersign.access.models import PreSession
from countersign.audit.actors import system
from countersign.identity import dispatches, notices, relying
from countersign.instances import binding, catalogue, hosts
from countersign.instances.models import InstanceState, ListingState
from countersign.people import accounts
from tests.access.steps import (
    changed,
    cookies,
    home_answers,
    host,
    opens,
    parameter,
    question,
    refusals,
    refused,
    reports,
    visits,
)
from tests.browsing import Browser
from tests.cast import KEY
from tests.identity.asking import entries

NO_FIRST_PART = "there was no first part in this browser"
OTHER_QUESTION = "the answer is to another question"
OTHER_ISSUER = "the answer is another issuer's"
TOO_LATE = "the first part was more than 10 minutes ago, or the Billing user was changed since"


@pytest.fixture
def asked(cast):
    """(browser before the answer, address of the right answer)"""
    cast.jane()
    cast.key()
    browser = cast.first_part()
    return browser, home_answers(browser)


def test_the_answer_alone_is_worth_nothing_in_another_browser(cast, asked):
    victim = Browser()

    with refused(cast, NO_FIRST_PART, reported=False) as go:
        go(victim.get(asked[1], follow=False))

    assert not opens(cast, victim)


def test_an_attackers_answer_does_not_sign_a_victim_in_who_has_a_first_part_of_their_own(cast, asked):
    victim = cast.first_part()

    with refused(cast, OTHER_QUESTION) as go:
        go(victim.get(asked[1], follow=False))

    assert not opens(cast, victim)


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"state": None}, OTHER_QUESTION),
        ({"state": ""}, OTHER_QUESTION),
        ({"state": "s" * 43}, OTHER_QUESTION),
        ({"state": "ſtate"}, OTHER_QUESTION),
        ({"code": None}, "the answer has no code"),
        ({"code": "short"}, "the answer has no code"),
        ({"code": "c" * 201}, "the answer has no code"),
        ({"error": "access_denied"}, "the home refused: access_denied"),
        ({"iss": None}, OTHER_ISSUER),
        ({"iss": ""}, OTHER_ISSUER),
    ],
)
def test_an_answer_to_no_question_of_ours_is_refused_before_a_token_is_asked_for(cast, asked, wire, parameters, reason):
    browser, url = asked

    with refused(cast, reason) as go:
        go(browser.get(changed(url, **parameters), follow=False))

    assert {path for _, path in wire.asked} == {"/refusals/", "/.well-known/jwks.json"}
    assert visits(cast) == []


def test_only_the_exact_issuer_is_the_issuer(cast, wire):
    cast.jane()
    cast.key()
    acme, rival = hosts.root(cast.acme), hosts.root(cast.rival)
    for iss in (acme + "/", acme.upper(), acme.replace("http", "https"), acme.replace("acme", "аcme"),
                acme.replace("acme-billing", "xn--cme-billing-1nj"), acme + ".", " " + acme, rival):
        browser = cast.first_part()
        url = home_answers(browser)

        with refused(cast, OTHER_ISSUER) as go:
            go(browser.get(changed(url, iss=iss), follow=False))

    assert "/token/" not in [path for _, path in wire.asked]


def test_an_answer_of_another_company_in_a_flow_begun_with_acme_reaches_no_token_endpoint(cast, wire):
    """IdP mix-up (RFC 9700 section 4.4): state of ACME's flow, code and issuer of Rival's."""
    cast.jane()
    cast.user(cast.rival, "mallory")
    cast.key()
    cast.key("rival-key", company=cast.rival)
    victim, attacker = cast.first_part(), cast.first_part("rival-key")
    ours, theirs = home_answers(victim), home_answers(attacker, "mallory")
    code = parameter(theirs, "code")
    for parameters in ({"code": code, "iss": hosts.root(cast.rival)}, {"code": code, "iss": None}):
        browser = cast.first_part()
        right = parameter(home_answers(browser), "state")

        with refused(cast, OTHER_ISSUER) as go:
            go(browser.get(changed(ours, state=right, **parameters), follow=False))

    assert "/token/" not in [path for _, path in wire.asked]
    assert visits(cast) == []


def test_a_relying_party_that_forgets_the_issuer_is_found(cast, asked, wire, monkeypatch):
    """The planted fault: without the comparison the code goes to a token endpoint, and the log shows it."""
    browser, url = asked
    monkeypatch.setattr(relying, "check_answer", lambda answer, *, issuer, state: answer["code"])

    browser.get(changed(url, iss=hosts.root(cast.rival)), follow=False)

    assert "/token/" in [path for _, path in wire.asked]


def test_the_code_of_another_company_under_acmes_name_is_unknown_at_acme(cast):
    cast.jane()
    cast.user(cast.rival, "mallory")
    cast.key()
    cast.key("rival-key", company=cast.rival)
    theirs = home_answers(cast.first_part("rival-key"), "mallory")
    browser = cast.first_part()
    ours = home_answers(browser)

    with refused(cast, "no ID token: 400 invalid_grant") as go:
        go(browser.get(changed(ours, code=parameter(theirs, "code")), follow=False))

    assert visits(cast) == []


def test_an_answer_counts_once(cast, asked):
    browser, url = asked
    cookie = cookies(cast, browser)["second-part"].value
    browser.get(url)
    thief = Browser()
    cookies(cast, thief)["second-part"] = cookie

    with refused(cast, "the answer was used before") as go:
        go(thief.get(url, follow=False))

    assert len(visits(cast)) == 1 and opens(cast, browser) and not opens(cast, thief)


def test_a_failed_answer_uses_the_first_part_up(cast, asked):
    browser, url = asked
    cookie = cookies(cast, browser)["second-part"].value
    with refused(cast, "no ID token: 400 invalid_grant") as go:
        go(browser.get(changed(url, code="c" * 48), follow=False))
    cookies(cast, browser)["second-part"] = cookie

    with refused(cast, "the answer was used before") as go:
        go(browser.get(url, follow=False))

    assert visits(cast) == []


def test_a_code_that_a_thief_redeemed_first_opens_nothing_and_ends_what_it_opened(cast, asked):
    browser, url = asked
    stolen = question(cast)
    with binding.bind(cast.good_therapy):
        relying.redeem(parameter(url, "code"), issuer=hosts.root(cast.acme), question=stolen)

    with refused(cast, "no ID token: 400 invalid_grant") as go:
        go(browser.get(url, follow=False))

    notices.settle()
    assert len(cast.events(cast.acme, action="identity.code.replayed")) == 1
    assert entries(cast) == (1, 0)


def test_the_first_part_is_worth_nothing_after_ten_minutes(cast, asked):
    browser, url = asked
    with binding.bind(cast.good_therapy):
        pre = PreSession.objects.get()
        assert pre.expires_at - pre.began_at <= timedelta(seconds=601)
        PreSession.objects.update(expires_at=timezone.now())

    with refused(cast, TOO_LATE) as go:
        go(browser.get(url, follow=False))


WITHDRAWALS = {
    "a new password": lambda key: accounts.set_password(key, password="eight swans on the weir", by=system()),
    "signed out everywhere": lambda key: accounts.sign_out_everywhere(key, by=system()),
    "inactivated": lambda key: accounts.inactivate(key, by=system()),
    "inactivated and back": lambda key: (
        accounts.inactivate(key, by=system()), accounts.reactivate(key, by=system(), grantable=None)
    ),
}


@pytest.mark.parametrize("withdraw", WITHDRAWALS.values(), ids=WITHDRAWALS)
def test_the_first_part_is_withdrawn_with_the_key(cast, withdraw):
    cast.jane()
    key = cast.key()
    browser = cast.first_part()
    url = home_answers(browser)
    with binding.bind(cast.good_therapy):
        withdraw(key)
    dispatches.settle()  # the company is told of the key; not while it is told of the refusal

    with refused(cast, TOO_LATE) as go:
        go(browser.get(url, follow=False))

    assert visits(cast) == []


def test_the_key_is_withdrawn_even_while_the_home_is_being_asked(cast, wire):
    cast.jane()
    key = cast.key()
    browser = cast.first_part()
    url = home_answers(browser)

    def meanwhile(environ, start_response):
        if environ["PATH_INFO"] == "/token/":
            with binding.bind(cast.good_therapy):
                accounts.set_password(key, password="eight swans on the weir", by=system())
        return wire.application(environ, start_response)

    wire.stands_in[host(cast.acme)] = meanwhile
    response = browser.get(url, follow=False)

    assert response.status_code == 403
    assert visits(cast) == []
    assert [event.reason for event in refusals(cast)] == [TOO_LATE]


def test_a_company_that_is_not_listed_is_refused_at_both_parts_and_told(cast, asked):
    browser, url = asked
    cast.installation.list(cast.acme, ListingState.SUSPENDED, "complaints")

    with refused(cast, "the company is not a listed billing company") as go:
        go(browser.get(url, follow=False))
    with refused(cast, "ACME Billing is not a listed billing company") as go:
        form = {"user_id": "acme-billing", "password": KEY}
        go(Browser().post(hosts.root(cast.good_therapy) + "/sign-in/", form, follow=False))

    assert visits(cast) == []


def test_a_company_whose_instance_is_suspended_is_refused_at_both_parts(cast, asked):
    browser, url = asked
    catalogue.change_state(cast.acme, state=InstanceState.SUSPENDED, by="Support", reason="unpaid")

    with refused(cast, "the company is not a listed billing company", reported=False) as go:
        go(browser.get(url, follow=False))
    with refused(cast, "ACME Billing is not a listed billing company", reported=False) as go:
        form = {"user_id": "acme-billing", "password": KEY}
        go(Browser().post(hosts.root(cast.good_therapy) + "/sign-in/", form, follow=False))


def test_a_suspended_practice_lets_nobody_in(cast, asked):
    browser, url = asked
    catalogue.change_state(cast.good_therapy, state=InstanceState.SUSPENDED, by="Support", reason="unpaid")

    assert browser.get(url, follow=False).status_code == 503
    assert visits(cast) == []


def test_a_stale_first_part_in_the_browser_does_not_lend_its_name_to_another_refusal(cast):
    cast.key()
    cast.key("rival-key", company=cast.rival)
    browser = cast.first_part()
    cast.installation.list(cast.rival, ListingState.SUSPENDED, "complaints")

    browser.post(hosts.root(cast.good_therapy) + "/sign-in/", {"user_id": "rival-key", "password": KEY}, follow=False)

    (refusal,) = refusals(cast)
    assert (refusal.user_id, refusal.object) == ("rival-key", "Rival Billing")
    assert reports(cast) == []


def test_a_person_inactivated_between_the_two_parts_is_refused(cast):
    jane = cast.jane()
    cast.key()
    browser = cast.first_part()
    url = home_answers(browser)
    with binding.bind(cast.acme):
        accounts.inactivate(jane, by=system())

    with refused(cast, "no ID token: 400 invalid_grant") as go:
        go(browser.get(url, follow=False))


def test_the_cookie_of_the_first_part_is_for_this_host_alone_and_short(cast):
    cast.key()
    browser = cast.first_part()

    cookie = cookies(cast, browser)["second-part"]

    assert (cookie["path"], cookie["domain"], cookie["httponly"], cookie["samesite"]) == ("/", "", True, "Lax")
    assert cookie["max-age"] == 600
    assert "session" not in cookies(cast, browser)


def test_under_tls_it_is_a_host_cookie(cast, monkeypatch):
    monkeypatch.setattr(settings, "TLS", True)
    monkeypatch.setattr(settings, "COOKIE_PREFIX", "__Host-")
    response = HttpResponse()
    key = cast.key()
    with binding.bind(cast.good_therapy):
        request = SimpleNamespace(address="127.0.0.1", META={}, COOKIES={})
        given = stages.ask_home(request, key, cast.acme).cookies["__Host-second-part"]
        stages.forget(response)

    for cookie in (given, response.cookies["__Host-second-part"]):
        assert (cookie["secure"], cookie["path"], cookie["domain"], cookie["samesite"]) == (True, "/", "", "Lax")
