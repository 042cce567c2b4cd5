"""Waiting work: a number on the admin site, where the practice lets the company know it, and nothing else."""

import pytest
from django.utils import timezone

from countersign.access import reminders, telling
from countersign.audit.actors import system
from countersign.clients.models import AccessTag, Clinician
from countersign.identity import dispatches
from countersign.instances import binding
from countersign.ledger import actions
from countersign.ledger.models import Service
from countersign.people import accounts
from tests.clients.people import add
from tests.customers.steps import came
from tests.keyring.ringing import jane_holds_a_key, stored
from tests.ledger.test_ledger import serve


@pytest.fixture
def key(cast):
    return jane_holds_a_key(cast)[2]


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", "Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


def kept_today(cast, count=3, number=1042):
    """A client of whom so many services were kept."""
    made, today = add(cast.good_therapy, number), timezone.localdate()
    with binding.bind(cast.good_therapy):
        clinician = Clinician.objects.filter(services__isnull=False).first()
    if clinician is None:
        serve(cast.good_therapy, made, count, served_on=today)
    else:
        with binding.bind(cast.good_therapy):
            Service.objects.bulk_create(
                Service(client=made, clinician=clinician, served_on=today, start_minute=540, stop_minute=595,
                        code="90837", label="Psychotherapy, 60 min", charge=188) for _ in range(count)
            )
    return made


def lets_know(cast, priya, told="yes"):
    answer = priya.post(f"/settings/third-party/{cast.acme.id}/waiting-work/", {"told": told})
    dispatches.settle()
    return answer


def a_day_passes(cast):
    with binding.bind(cast.good_therapy):
        reminders.daily()
    dispatches.settle()


def cell(page):
    """The number of services on the admin site's only line."""
    return page.split('<td class="num">')[1].partition("<")[0]


def test_a_practice_that_lets_nobody_know_tells_no_number(cast, key):
    kept_today(cast)
    a_day_passes(cast)

    assert stored(cast, key).waiting is None and cell(came(cast, cast.site()).page) == "–"


def test_the_number_stands_on_the_site_is_told_daily_and_is_gone_when_the_practice_says_so(cast, key, priya):
    kept_today(cast)

    assert lets_know(cast, priya).status_code == 302
    browser = came(cast, cast.site())
    assert cell(browser.page) == "3" and f"since {timezone.localdate():%m/%d/%Y}" in browser.page

    kept_today(cast, 2, 1043)
    assert stored(cast, key).waiting == 3
    before = len(cast.events(cast.acme))
    a_day_passes(cast)
    assert stored(cast, key).waiting == 5
    assert len(cast.events(cast.acme)) == before, "a number is no news for the record"

    lets_know(cast, priya, "no")
    assert (stored(cast, key).waiting, stored(cast, key).waiting_since) == (None, None)
    assert [e.action for e in cast.events(cast.good_therapy) if e.action.startswith("access.waiting")] == [
        "access.waiting.told", "access.waiting.kept",
    ]


def test_it_counts_what_the_billing_user_sees_and_nothing_else(cast, key, priya):
    kept_today(cast, 1)
    tagged = kept_today(cast, 2, 1043)
    paid = kept_today(cast, 4, 1044)
    with binding.bind(cast.good_therapy):
        tagged.tags.add(AccessTag.objects.create(name="Adults"))
        actions.mark(Service.objects.filter(client=paid).first(), by=system(), reason="Paid in full")

    lets_know(cast, priya)

    assert stored(cast, key).waiting == 1 + 3


def test_of_a_key_that_does_not_open_no_number_is_told(cast, key, priya):
    kept_today(cast)
    lets_know(cast, priya)
    priya.post(f"/settings/third-party/{cast.acme.id}/suspensions/", {"reason": "-"})
    dispatches.settle()

    assert (stored(cast, key).state, stored(cast, key).waiting) == ("suspended", None)


def test_without_the_ledger_no_service_is_counted(cast, key, priya):
    kept_today(cast)
    with binding.bind(cast.good_therapy):
        at_practice = accounts.User.objects.get(user_id="acme-billing")
        at_practice.groups.clear()
    lets_know(cast, priya)

    assert stored(cast, key).waiting is None


def test_saying_the_same_twice_changes_nothing(cast, key, priya):
    answer = lets_know(cast, priya, "no")

    assert answer.status_code == 422 and "It is so already." in answer.content.decode()


@pytest.mark.parametrize("counts", [
    5, "5", {"services": -1, "since": "2026-11-02"}, {"services": True, "since": "2026-11-02"},
    {"services": 5}, {"services": 5, "since": "2026-02-30"}, {"services": 5, "since": 7},
    {"services": 10**9, "since": "2026-11-02"}, {"services": "5", "since": "2026-11-02"},
])
def test_a_number_that_is_none_is_not_taken(cast, key, counts):
    with binding.bind(cast.good_therapy):
        body = telling.state_of(accounts.User.objects.get(user_id="acme-billing"))
        dispatches.send(key.issuer.replace("good-therapy", "acme-billing"), "key.changed",
                        {**body, "difference": "", "waiting": counts}, name="ACME Billing")
    dispatches.settle()

    assert stored(cast, key).waiting is None and stored(cast, key).told_at is not None
