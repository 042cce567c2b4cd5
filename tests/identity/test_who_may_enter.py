"""The home says who of its people may enter with which key (settings.ENTRY_CHECKS), at every step; both sides know."""

import pytest
from django.conf import settings

from countersign.identity import dispatches, entries
from countersign.identity.models import Entry
from countersign.instances import binding, hosts
from countersign.people.models import Session
from tests.access.steps import opens
from tests.cast import PASSWORD
from tests.identity.asking import Asking

refused = {}  # User ID of the key → why


def check(user, party, billing_user):
    return refused.get(billing_user, "")


@pytest.fixture(autouse=True)
def checks(monkeypatch):
    monkeypatch.setattr(settings, "ENTRY_CHECKS", [f"{__name__}.check"])
    refused.clear()
    return refused


def test_whoever_may_not_use_the_key_reads_why_and_both_records_name_them(cast, checks):
    cast.key()
    jane = cast.jane()
    checks["acme-billing"] = "Nobody has assigned acme-billing to you"
    browser = cast.first_part()

    response = cast.second_part(browser)

    assert response.status_code == 403 and "Nobody has assigned acme-billing to you." in browser.text
    assert browser.url.startswith(hosts.root(cast.acme)) and not opens(cast, browser)
    (home,) = cast.events(cast.acme, action="identity.refused")
    assert (home.person, home.object, home.reason) == ("Jane Doe", "Good Therapy, Inc.", checks["acme-billing"])
    dispatches.settle()
    (practice,) = cast.events(cast.good_therapy, action="entry.refused")
    assert (practice.person, practice.sub, practice.company) == ("Jane Doe", str(jane.id), "ACME Billing")
    assert (practice.billing_user, practice.reason, practice.result) == (
        "acme-billing", checks["acme-billing"], "refused",
    )


def test_another_key_of_the_same_practice_is_judged_by_itself(cast, checks):
    cast.key()
    cast.key("acme-payments")
    cast.jane()
    checks["acme-billing"] = "not assigned"

    assert opens(cast, cast.visit("acme-payments"))


def test_a_question_about_one_key_opens_no_other(cast, checks):
    """Who may use one key, and knows the password of another, changes the question on its way through the browser."""
    cast.key()
    cast.key("acme-payments")
    cast.jane()
    checks["acme-billing"] = "not assigned"
    browser = cast.first_part()
    browser.url = browser.url.replace("billing_user=acme-billing", "billing_user=acme-payments")

    response = cast.second_part(browser)

    assert response.status_code == 403 and not opens(cast, browser)
    (event,) = cast.events(cast.good_therapy, action="sign-in.second-part.refused")
    assert event.reason == "the home answered for another Billing user"


def test_what_changes_before_the_code_is_redeemed_counts(cast, checks):
    cast.jane()
    asking = Asking(cast, billing_user="acme-billing")
    code = asking.code()
    checks["acme-billing"] = "the assignment ended"

    status, answer = asking.redeem(code)

    assert status == 400 and answer["error"] == "invalid_grant"
    assert entry_count(cast) == 0


def entry_count(cast):
    with binding.bind(cast.acme):
        return Entry.objects.count()


def test_what_changes_while_they_are_in_is_found_by_the_poll_and_ends_the_entry(cast, checks, monkeypatch):
    cast.key()
    cast.jane()
    browser = cast.visit()
    assert opens(cast, browser)
    checks["acme-billing"] = "the assignment ended"
    monkeypatch.setattr(settings, "STANDING_POLL_SECONDS", 0)

    assert not opens(cast, browser)
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    assert ended.reason == "ended at home: the assignment ended"
    with binding.bind(cast.acme):
        assert [e.ended_because for e in Entry.objects.all()] == ["the assignment ended"]


def test_an_open_session_at_home_is_refused_just_the_same(cast, checks):
    cast.key()
    jane = cast.jane()
    browser = cast.first_part()
    browser.post(hosts.root(cast.acme) + "/sign-in/", {"user_id": jane.user_id, "password": PASSWORD})
    checks["acme-billing"] = "not trained"
    question = cast.first_part(browser=browser)

    response = question.post(question.url, {})

    assert response.status_code == 403 and "not trained." in question.text


def test_the_first_reason_counts(cast, checks, monkeypatch):
    monkeypatch.setattr(settings, "ENTRY_CHECKS", [f"{__name__}.check", f"{__name__}.another"])
    checks["acme-billing"] = "first"

    assert entries.why_not(None, None, "acme-billing") == "first"
    assert entries.why_not(None, None, "acme-payments") == "second"


def another(user, party, billing_user):
    return "second"


def test_a_reason_in_any_alphabet_refuses_the_code_and_breaks_nothing(cast, checks):
    """RFC 6749 section 5.2 knows neither quotation marks nor accents in an error's description."""
    cast.jane()
    asking = Asking(cast, billing_user="acme-billing")
    code = asking.code()
    checks["acme-billing"] = "“Zürich” \"is\" \\ missing 課程"

    status, answer = asking.redeem(code)

    assert status == 400 and answer["error"] == "invalid_grant"
    assert answer["error_description"] == "The person may not enter: 'Z?rich' 'is' ' missing ??"


@pytest.mark.parametrize(("told", "taken"), [
    ("10/27/2026", "10/27/2026"), ("a\nb\x00\u202ec", "a b c"), ("x" * 500, "x" * 40), ({"a": 1}, ""), (5, ""),
])
def test_what_a_home_tells_beside_who_it_is_comes_as_one_safe_line(cast, monkeypatch, told, taken):
    cast.key()
    cast.jane()
    monkeypatch.setattr(settings, "ENTRY_CLAIMS", {"trained_on": f"{__name__}.tell"})
    telling["text"] = told

    cast.visit()

    with binding.bind(cast.good_therapy):
        assert Session.objects.get(visit__isnull=False).individual.get("trained_on", "") == taken


telling = {}


def tell(user):
    return telling["text"]
