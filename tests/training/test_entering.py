"""A company that asks for its training lets nobody in without it, and the practice sees who is trained (issue 4).

Time is moved by changing what was written down, never by sleeping."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from countersign.access.models import Visit
from countersign.identity import dispatches
from countersign.identity.models import Entry
from countersign.instances import binding
from tests.access.steps import opens
from tests.identity.asking import Asking

MISSING = "Your company asks for its training first: “Using Countersign” (not passed yet), and 1 more"


@pytest.fixture
def polled(cast):
    """As if the home had last been asked more than a minute ago."""
    def poll():
        with binding.bind(cast.good_therapy):
            Visit.objects.update(confirmed_at=timezone.now() - timedelta(seconds=61))
    return poll


def test_whoever_is_not_trained_reads_which_course_and_both_records_say_so(cast, company):
    cast.key()
    cast.jane()
    company.require()
    browser = cast.first_part()

    response = cast.second_part(browser)

    assert response.status_code == 403 and f"{MISSING}." in browser.text
    assert not opens(cast, browser)
    (home,) = cast.events(cast.acme, action="identity.refused")
    assert (home.person, home.reason) == ("Jane Doe", MISSING)
    dispatches.settle()
    (practice,) = cast.events(cast.good_therapy, action="entry.refused")
    assert (practice.person, practice.billing_user, practice.reason) == ("Jane Doe", "acme-billing", MISSING)


def test_without_the_rule_and_with_the_training_they_come_in(cast, company):
    cast.key()
    jane = cast.jane()
    assert opens(cast, cast.visit())
    company.require()
    company.passed(jane)

    assert opens(cast, cast.visit())


def test_one_course_of_two_is_not_enough(cast, company):
    cast.key()
    jane = cast.jane()
    company.require()
    company.passed(jane, "Using Countersign")
    browser = cast.first_part()

    assert cast.second_part(browser).status_code == 403
    assert "“Handling health information” (not passed yet)." in browser.text


def test_what_is_missing_when_the_code_is_redeemed_counts(cast, company):
    cast.jane()
    asking = Asking(cast, billing_user="acme-billing")
    code = asking.code()
    company.require()

    status, answer = asking.redeem(code)

    assert status == 400 and answer["error"] == "invalid_grant"
    with binding.bind(cast.acme):
        assert Entry.objects.count() == 0


def test_a_rule_that_is_switched_on_is_found_by_the_poll(cast, company, polled):
    cast.key()
    cast.jane()
    browser = cast.visit()
    company.require()
    polled()

    assert not opens(cast, browser)
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    assert ended.reason == f"ended at home: {MISSING}"


def test_training_that_runs_out_by_the_clock_alone_is_found_by_the_poll(cast, company, polled):
    cast.key()
    jane = cast.jane()
    company.require()
    company.passed(jane)
    browser = cast.visit()
    polled()
    assert opens(cast, browser)
    company.ago(days=400)
    polled()

    assert not opens(cast, browser)
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    assert "“Using Countersign” (overdue since " in ended.reason
    with binding.bind(cast.acme):
        assert [entry.ended_at is None for entry in Entry.objects.all()] == [False]


def test_a_text_that_counts_at_once_puts_out_whoever_is_in(cast, company, polled):
    cast.key()
    jane = cast.jane()
    edition = company.write()
    company.require()
    company.passed(jane)
    browser = cast.visit()
    company.change(edition, text="# Locks\n\nLock the door.", at_once=True)
    polled()

    assert not opens(cast, browser)
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    assert ended.reason.endswith("“Our own rules” (changed: pass it again)")


def test_the_longest_reason_fits_where_it_is_kept(cast, company, polled):
    cast.key()
    jane = cast.jane()
    edition = company.write("W" * 80)
    company.require()
    company.passed(jane)
    browser = cast.visit()
    company.change(edition, text="# Locks\n\nOther.", at_once=True)
    polled()

    assert not opens(cast, browser)
    with binding.bind(cast.acme):
        assert Entry.objects.get().ended_because.endswith("(changed: pass it again)")


def test_another_companys_rule_is_its_own(cast, company):
    cast.key("rival", company=cast.rival)
    cast.user(cast.rival, "mallory", name="Mallory")
    company.require()

    assert opens(cast, cast.visit("rival", "mallory"))


def test_the_practice_sees_since_when_they_are_trained(cast, company):
    cast.key()
    jane = cast.jane()
    company.passed(jane)
    company.ago(days=30)
    cast.administrator(cast.good_therapy)
    day = f"{timezone.localdate(timezone.now() - timedelta(days=30)):%m/%d/%Y}"
    browser = cast.visit()

    assert f"Trained on {day}" in cast.signed_in(cast.good_therapy).get("/visits/").content.decode()
    (began,) = cast.events(cast.good_therapy, action="visit.began")
    assert began.changes == {"Trained on": day}
    browser.post(browser.url.replace("/clients/", "/") + "leave/", {})
    assert f"Trained on {day}" in cast.signed_in(cast.good_therapy).get("/visits/").content.decode()


def test_of_whoever_is_not_trained_the_practice_is_told_nothing(cast):
    cast.key()
    cast.jane()
    cast.administrator(cast.good_therapy)
    cast.visit()

    assert "Trained on" not in cast.signed_in(cast.good_therapy).get("/visits/").content.decode()
    (began,) = cast.events(cast.good_therapy, action="visit.began")
    assert began.changes == {}


def test_a_claim_of_the_protocol_is_overwritten_by_nobody(cast, company, monkeypatch):
    cast.key()
    jane = cast.jane()
    protocol = ("iss", "sub", "aud", "exp", "iat", "sid", "nonce", "auth_time", "amr", "name", "billing_user")
    monkeypatch.setattr(settings, "ENTRY_CLAIMS", dict.fromkeys(protocol, f"{__name__}.lie"))

    assert opens(cast, cast.visit())
    with binding.bind(cast.good_therapy):
        assert Visit.objects.get().sub == str(jane.id)


def lie(user):
    return "somebody else"
