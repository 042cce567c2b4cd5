"""When a Billing user opens nothing: at the first part, at the second, and for whoever is inside; and why is said."""

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from countersign.access import standing, terms
from countersign.access.models import AgreementEnding, Ending, Requirement, Suspension, Term
from countersign.audit.actors import system
from countersign.identity import dispatches
from countersign.instances import binding, hosts
from countersign.people import passwords
from countersign.people.models import User
from countersign.people.permissions import PREDEFINED_GROUPS
from tests.access.steps import SENTENCE, home_answers, opens, refusals, reports, visits
from tests.browsing import Browser
from tests.cast import KEY, agree
from tests.security.fillings import open_visit

DAY = timedelta(days=1)


@pytest.fixture
def key(cast):
    cast.jane()
    return cast.key()


def at(instance, verb, *args, **kwargs):
    with binding.bind(instance):
        return verb(*args, **kwargs)


def suspend_key(cast, key):
    at(cast.good_therapy, terms.suspend, cast.acme, key=key, by=system("Priya Raman"), reason="we look into it")


def suspend_company(cast, key):
    at(cast.good_therapy, terms.suspend, cast.acme, by=system("Priya Raman"), reason="we look into it")


def end_agreement(cast, key):
    with binding.bind(cast.good_therapy):
        AgreementEnding.objects.create(agreement=agree(cast.acme), ended_by="Priya Raman", reason="we part")


def end_key(cast, key):
    with binding.bind(cast.good_therapy):
        Term.objects.create(key=key, last_on=timezone.localdate() - DAY, set_by="Priya Raman", reason="done")


def today():
    return f"{timezone.localdate():%m/%d/%Y}"


def yesterday():
    return f"{timezone.localdate() - DAY:%m/%d/%Y}"


WAYS = [
    (suspend_key, lambda: "the Billing user is suspended by the practice"),
    (suspend_company, lambda: "the company is suspended by the practice"),
    (end_agreement, lambda: f"the agreement with ACME Billing was ended on {today()}"),
    (end_key, lambda: f"the Billing user ended on {yesterday()}"),
]


@pytest.fixture(params=WAYS, ids=lambda way: way[0].__name__)
def way(request):
    return request.param


def shut(response, why):
    page = response.content.decode()
    assert response.status_code == 403
    assert why in page and SENTENCE not in page


def test_at_the_first_part_whoever_has_the_password_is_told_why_and_both_records_say_it(cast, key, way):
    close, why = way
    close(cast, key)

    form = {"user_id": "acme-billing", "password": KEY}
    shut(Browser().post(hosts.root(cast.good_therapy) + "/sign-in/", form, follow=False), why())

    assert [event.reason for event in refusals(cast)] == reports(cast) == [why()]
    assert visits(cast) == []


def test_an_outsider_without_the_password_learns_nothing_of_it(cast, key, way):
    close, why = way
    close(cast, key)

    form = {"user_id": "acme-billing", "password": "not the password"}
    page = Browser().post(hosts.root(cast.good_therapy) + "/sign-in/", form, follow=False).content.decode()

    assert "The User ID or the password is not right." in page and why() not in page


def test_at_the_second_part_it_is_asked_again(cast, key, way):
    close, why = way
    browser = cast.first_part()
    answer = home_answers(browser)
    if close in (suspend_key, suspend_company):  # that ends the first part itself
        with binding.bind(cast.good_therapy):
            Suspension.objects.create(
                company_id=cast.acme.id, company="ACME", suspended_by="Priya", reason="-",
                key=key if close is suspend_key else None,
            )
    else:
        close(cast, key)

    shut(browser.get(answer, follow=False), why())

    assert [event.reason for event in refusals(cast)] == reports(cast) == [why()]
    assert visits(cast) == []


def test_whoever_is_inside_is_out_at_the_next_request_and_told_why(cast, key, way):
    close, why = way
    inside = cast.visit()
    assert opens(cast, inside)

    close(cast, key)

    page = inside.get(hosts.root(cast.good_therapy) + "/clients/").content.decode()
    assert f"Your visit ended: {why()}." in page
    dispatches.settle()
    with binding.bind(cast.good_therapy):
        assert [ending.reason for ending in Ending.objects.all()] == [why()]
    (told,) = cast.events(cast.acme, action="entry.shut")
    assert (told.person, told.object, told.reason) == ("Jane Doe", "Good Therapy, Inc. (acme-billing)", why())


def test_another_key_of_the_company_goes_on_when_one_is_suspended(cast, key):
    other = cast.key("acme-claims")
    suspend_key(cast, key)

    assert at(cast.good_therapy, standing.why_not, other) == ""
    assert at(cast.good_therapy, standing.why_not, key) != ""


def test_a_suspension_comes_once_is_lifted_once_and_revives_no_visit(cast, key):
    inside = cast.visit()
    suspend_key(cast, key)
    with binding.bind(cast.good_therapy):
        with pytest.raises(ValidationError):
            terms.suspend(cast.acme, key=key, by=system(), reason="again")
        one = Suspension.objects.get()
        terms.lift(one, by=system("Priya Raman"), reason="all is well")
        with pytest.raises(ValidationError):
            terms.lift(one, by=system(), reason="again")

    assert not opens(cast, inside)
    assert opens(cast, cast.visit())
    assert [e.reason for e in cast.events(cast.good_therapy, action="access.resumed")] == ["all is well"]


def test_the_words_for_an_agreement_that_is_not_in_force(cast):
    key = cast.key(agreed=False)
    day = timezone.localdate()
    with binding.bind(cast.good_therapy):
        assert standing.why_not(key) == "the agreement with ACME Billing is missing"
        agree(cast.acme, from_on=day + 2 * DAY, until_on=day + 9 * DAY)
        assert standing.why_not(key) == f"the agreement with ACME Billing begins on {day + 2 * DAY:%m/%d/%Y}"
        assert standing.why_not(key, at=timezone.now() + 2 * DAY) == ""
        assert standing.why_not(key, at=timezone.now() + 10 * DAY) == (
            f"the agreement with ACME Billing expired on {day + 9 * DAY:%m/%d/%Y}"
        )
        agree(cast.acme, from_on=day - DAY, until_on=day + DAY)  # shorter than the one that comes after it
        assert standing.why_not(key) == ""
        Requirement.objects.create(agreement=False, set_by="Priya", reason="-")
        assert standing.why_not(key, at=timezone.now() + 10 * DAY) == ""
        assert standing.why_not(key, at=timezone.now() + 400 * DAY).startswith("the Billing user ended on ")


def test_the_last_day_counts_to_its_end_in_the_practice_s_own_zone(cast):
    key = cast.key()
    with binding.bind(cast.good_therapy), timezone.override("America/New_York"):
        Term.objects.create(key=key, last_on=datetime(2030, 3, 9).date(), set_by="Priya", reason="-")
        Requirement.objects.create(agreement=False, set_by="Priya", reason="-")
        assert standing.why_not(key, at=datetime(2030, 3, 10, 4, 59, tzinfo=UTC)) == ""  # 11:59 PM there
        just_after = datetime(2030, 3, 10, 5, 1, tzinfo=UTC)
        assert standing.why_not(key, at=just_after) == "the Billing user ended on 03/09/2030"


def test_a_billing_user_ends_365_days_after_its_creation_unless_somebody_says_otherwise(cast, key):
    with binding.bind(cast.good_therapy):
        made = timezone.localdate(key.created_at)
        assert standing.last_on(key) == made + timedelta(days=365)
        terms.set_end(key, last_on=made + 40 * DAY, by=system("Priya Raman"), reason="for the summer")
        assert standing.last_on(key) == made + 40 * DAY
        for wrong in (made - DAY, made + 366 * DAY, made + 40 * DAY):
            with pytest.raises(ValidationError):
                terms.set_end(key, last_on=wrong, by=system(), reason="-")
        assert Term.objects.count() == 1
    (event,) = cast.events(cast.good_therapy, action="access.end.set")
    assert event.changes == {"last_on": [f"{made + timedelta(days=365)}", f"{made + 40 * DAY}"]}


def test_it_costs_a_page_of_a_visit_one_query_more(cast, key):
    with binding.bind(cast.good_therapy):
        open_visit(cast, key)
        key = User.objects.get(id=key.id)
        standing.why_not(key)
        wrapper = connections["default"]
        with CaptureQueriesContext(wrapper) as captured:
            assert standing.why_not(key) == ""
    assert len(captured) == 1


def test_the_company_is_told_the_whole_state_once_for_each_change(cast, key, monkeypatch):
    monkeypatch.setitem(settings.DISPATCHES, "key.changed", "tests.access.test_standing.note")
    TOLD.clear()
    suspend_key(cast, key)
    dispatches.settle()
    with binding.bind(cast.good_therapy):
        terms.lift(Suspension.objects.get(), by=system(), reason="all is well")
    dispatches.settle()

    with binding.bind(cast.good_therapy):
        password = passwords.id_of(key.password)
    always = {
        "billing_user": "acme-billing", "name": "ACME Billing", "difference": "",
        "password": password,
        "last_on": f"{timezone.localdate(key.created_at) + timedelta(days=365)}",
        "permissions": sorted(PREDEFINED_GROUPS["Billing full cycle"][1]),
    }
    assert TOLD == [
        {**always, "state": state, "because": because}
        for state, because in [("suspended", "the Billing user is suspended by the practice"), ("live", "")]
    ]


TOLD = []


def note(received):
    TOLD.append(received.body)
