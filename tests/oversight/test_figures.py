"""The arithmetic of a month, against one that was counted by hand: at the edges of the month, and as clocks change."""

from datetime import UTC, date

import pytest
from django.utils import timezone

from countersign.instances import binding
from countersign.oversight import figures, months, shown, statements, stays
from tests.oversight.written import NEW_YORK, a_month, at, came, did
from tests.reports.written import queries

MARCH = date(2026, 3, 1)


def of(cast, month=MARCH, company=None):
    company = company or cast.acme
    with binding.bind(cast.good_therapy), timezone.override(NEW_YORK):
        return figures.of(company.id, month, name=company.name)


@pytest.fixture
def march(cast):
    a_month(cast)
    return of(cast)


def test_the_totals_are_those_counted_by_hand(march):
    assert march["totals"] == {
        # 45 min after midnight, 1 h over the change of the clocks, 90 min in two browsers, 20 min 20 s until the last
        # request, 10 min before midnight
        "people": 2, "visits": 6, "seconds": (45 + 60 + 90 + 20 + 10) * 60 + 20,
        "requests": 14, "clients": 4, "ledgers": 2, "searches": 2, "exports": 1, "changes": 3, "refusals": 2,
        "failures": 0,
    }


def test_the_people_are_told_apart_by_who_they_are_and_where_they_came_from(march):
    june, jane = march["people"]

    assert (june["person"], june["visits"], june["seconds"]) == ("June Park", 4, (90 + 20 + 10) * 60 + 20)
    assert june["addresses"] == ["198.51.100.4", "203.0.113.7"] and june["billing_users"] == ["acme-billing"]
    assert (june["first"], june["last"]) == ("2026-03-10T13:00:00Z", "2026-04-01T03:50:00Z")
    assert (june["clients"], june["changes"], june["refusals"], june["is_new"]) == (3, 3, 2, True)
    assert (jane["person"], jane["visits"], jane["seconds"]) == ("Jane Doe", 2, 105 * 60)
    assert jane["billing_users"] == ["acme-billing", "acme-payments"]
    assert (jane["is_new"], jane["first_ever"]) == (False, "2026-03-01T04:30:00Z")  # 11:30 PM on 02/28


def test_what_they_did_and_what_refused_them_is_in_words(march):
    did_ = {one["words"]: one["count"] for one in march["did"]}

    assert (did_["Opened client …"], did_["Opened the ledger of client …"], did_["Changed client …"]) == (3, 2, 3)
    assert march["refused"] == [{"words": "Manage users", "rule": "manage_users", "count": 2}]
    assert march["turned_away"] == [{"reason": "the Billing user is inactive", "count": 1}]
    assert [one["day"] for one in shown.busiest(march)] == [
        "2026-03-10", "2026-03-08", "2026-03-01", "2026-03-12", "2026-03-13",
    ]


def test_each_visit_stands_in_it_as_it_was(march):
    eve, night, _, _, idle, last = march["visits"]

    assert (eve["began"], eve["ended"], eve["seconds"], eve["how"]) == (
        "2026-03-01T04:30:00Z", "2026-03-01T05:45:00Z", 45 * 60, "left")
    assert night["seconds"] == 3600
    assert (idle["ended"], idle["how"], idle["seconds"]) == ("2026-03-12T13:20:20Z", "time limit", 20 * 60 + 20)
    assert (last["ended"], last["how"], last["seconds"]) == ("", "", 600)  # the month ended before the visit did


def test_the_months_beside_it_hold_the_rest(cast, march):
    february, april = of(cast, date(2026, 2, 1)), of(cast, date(2026, 4, 1))

    assert (february["totals"]["seconds"], february["totals"]["clients"]) == (30 * 60, 1)
    assert april["totals"]["seconds"] == (20 + 60) * 60 and april["totals"]["people"] == 2
    assert of(cast, company=cast.rival)["totals"]["clients"] == 1


def test_a_company_of_the_same_name_is_another_company(cast, march):
    with binding.bind(cast.good_therapy):
        cast.rival.name = cast.acme.name
        visit = came(cast.rival, "jo", at(3, 2, 9), at(3, 2, 10), through="their-key")
        did(visit, at(3, 2, 9, 1), "client.opened", client="c8")

    assert of(cast)["totals"] == march["totals"]


def test_in_another_zone_the_month_begins_at_another_moment(cast, march):
    with binding.bind(cast.good_therapy), timezone.override("America/Chicago"):
        chicago = figures.of(cast.acme.id, MARCH, name="ACME Billing")

    # 0:45 in New York is still 02/28 in Chicago, and its 04/01 begins an hour later
    assert [visit["person"] for visit in chicago["visits"]] == ["Jane Doe", *["June Park"] * 4, "Jo Ruiz"]


@pytest.mark.parametrize(("month", "hours"), [
    (date(2026, 3, 1), 31 * 24 - 1), (date(2025, 11, 1), 30 * 24 + 1), (date(2024, 2, 1), 29 * 24),
    (date(2025, 12, 1), 31 * 24),
])
def test_a_month_is_as_long_as_it_is(month, hours):
    with timezone.override(NEW_YORK):
        start, end = months.span(month)

    assert (end - start).total_seconds() == hours * 3600


def test_an_hour_that_happens_twice_counts_twice():
    begin, end = at(11, 2, 0, 30, year=2025), at(11, 2, 1, 30, year=2025, fold=1)

    assert stays.seconds([(begin.astimezone(UTC), end.astimezone(UTC))]) == 2 * 3600


def test_spans_that_overlap_count_once():
    one, within = (at(3, 10, 9), at(3, 10, 10)), (at(3, 10, 9, 30), at(3, 10, 9, 40))
    later = at(3, 10, 11), at(3, 10, 12)

    assert stays.seconds([later, within, one]) == 2 * 3600
    assert stays.seconds([]) == 0


def test_the_current_month_says_so_far(cast, monkeypatch):
    now = at(3, 12)
    monkeypatch.setattr(timezone, "now", lambda: now)
    with binding.bind(cast.good_therapy), timezone.override(NEW_YORK):
        visit = came(cast.acme, "jane", now - timezone.timedelta(minutes=5), seen=now)
        numbers = figures.of(cast.acme.id, months.current(), name="ACME Billing")

    assert not numbers["complete"]
    assert numbers["visits"][0]["id"] == str(visit.id) and numbers["visits"][0]["ended"] == ""
    assert numbers["people"][0]["seconds"] == 300


NO_MONTHS = ["2026-13", "2026-00", "2026-1", "1999-12", "9999-01", "0000-01", "٢٠٢٦-01", "2026-01\n"]


@pytest.mark.parametrize("text", NO_MONTHS)
def test_a_month_that_is_none_is_none(text):
    assert months.read(text) is None


def test_the_queries_do_not_grow_with_the_month(cast, march):
    with queries(cast.good_therapy) as few:
        of(cast)
    with binding.bind(cast.good_therapy):
        for number in range(40):
            visit = came(cast.acme, "jo", at(3, 15, 9, number), at(3, 15, 10), address=f"192.0.2.{number}")
            did(visit, at(3, 15, 9, 59), "client.opened", client=f"d{number}", count=20)
    with queries(cast.good_therapy) as many:
        numbers = of(cast)

    assert numbers["totals"]["visits"] == 46
    assert len(many) == len(few) == 4


def test_the_list_of_months_is_read_in_three_queries(cast, march):
    with queries(cast.good_therapy) as sent, binding.bind(cast.good_therapy), timezone.override(NEW_YORK):
        found = [(line.company, f"{line.month:%Y-%m}", line.state) for line in statements.lines()]

    assert found == [
        ("ACME Billing", "2026-04", "open"), ("ACME Billing", "2026-03", "open"), ("Rival Billing", "2026-03", "open"),
        ("ACME Billing", "2026-02", "open"),
    ]
    assert len(sent) == 3
