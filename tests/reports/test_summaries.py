"""Who opened this client, this visit step by step, this company this month, and accesses at a glance."""

import re
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest

from countersign.instances import binding
from countersign.reports import charts, summaries
from countersign.reports.steps import STEPS
from countersign.reports.templatetags.reports import span
from tests.reports.written import JANE, LOG, NOON, RIVERA, queries, rows, write
from tests.security.fillings import a_client

VISIT = "0e7cf3a2-9d38-4d7f-9a3c-0000000000aa"
IN = {**JANE, "visit": VISIT, "address": "198.51.100.4", "browser": "Firefox/145.0"}
OVERVIEW = "/reports/overview/"


@pytest.fixture
def rivera(cast):
    return str(a_client(cast, cast.good_therapy, {}))


def tables(response):
    body = response.content.decode()
    return dict(zip(re.findall(r"<caption>(.*?)</caption>", body, re.S), (
        rows(type("Part", (), {"content": f"<tbody>{part}</tbody>".encode()})())
        for part in re.findall(r"<tbody>(.*?)</tbody>", body, re.S)
    ), strict=True))


def test_who_opened_a_client_is_told_by_person_then_event_by_event(cast, priya, rivera):
    about = {"client_id": rivera, "client": "Rivera, Dana (1042)"}
    write(
        cast.good_therapy, {**about, "action": "client.opened"}, {**JANE, **about, "action": "client.opened"},
        {**JANE, **about, "action": "ledger.opened"}, {**JANE, "action": "client.opened", **RIVERA}, {},
    )

    response = priya.get(f"/clients/{rivera}/opened/")

    summary, events = tables(response).values()
    assert summary == [
        ["Jane Doe", "Third party", "ACME Billing", "2", "03/02/2026 12:01 PM", "03/02/2026 12:02 PM"],
        ["Cole Whitaker", "Ours", "", "1", "03/02/2026 12:00 PM", "03/02/2026 12:00 PM"],
    ]
    assert [row[1].split(" of ")[0] for row in events] == ["Jane Doe", "Jane Doe", "Cole Whitaker"]
    assert response.content.decode().count("tag guest") == 3
    (read,) = cast.events(cast.good_therapy, action="client-history.opened")
    assert read.client_id == rivera
    assert tables(priya.get(f"/clients/{rivera}/opened/"))["Who opened this client"][0][0] == "Jane Doe"


def test_the_events_of_a_client_are_paged_without_a_gap_while_more_are_written(cast, priya, rivera):
    about = {"client_id": rivera, "client": "Rivera, Dana (1042)"}
    write(cast.good_therapy, *[{**JANE, **about, "reason": f"n{n}"} for n in range(120)])
    seen, url = [], "?"
    while url:
        response = priya.get(f"/clients/{rivera}/opened/{url}")
        seen += [row[5] for row in list(tables(response).values())[-1] if row[5].startswith("n")]
        following = re.search(r'href="(\?[^"]*)" rel="next"', response.content.decode())
        url = following[1] if following else ""
    assert seen == [f"n{n}" for n in range(119, -1, -1)]


def test_a_client_that_nobody_opened_says_what_will_appear(cast, priya, rivera):
    assert "Nobody has opened this client" in priya.get(f"/clients/{rivera}/opened/").content.decode()
    assert priya.get(f"/clients/{uuid.uuid4()}/opened/").status_code == 404


def test_only_who_may_read_the_general_log_sees_the_tab(cast, rivera):
    cast.user(cast.good_therapy, "without", permissions=["view_clients"])
    cast.user(cast.good_therapy, "with", permissions=["view_clients", "view_general_log"])

    assert "opened/" not in cast.signed_in(cast.good_therapy, "without").get(f"/clients/{rivera}/").content.decode()
    assert f"/clients/{rivera}/opened/" in cast.signed_in(
        cast.good_therapy, "with").get(f"/clients/{rivera}/").content.decode()


def test_a_visit_is_told_step_by_step_with_its_pauses_refusals_and_end(cast, priya):
    write(
        cast.good_therapy, {**IN, "action": "visit.began", "object": "acme-billing"},
        {**IN, **RIVERA, "action": "client.opened"}, {**JANE, "visit": str(uuid.uuid4())},
        {**IN, "action": "page.refused", "object": "/settings/users/", "result": "refused", "rule": "manage_users"},
    )
    write(cast.good_therapy, {
        "person": "Priya Raman", "action": "visit.ended", "object": "Jane Doe, for ACME Billing",
        "object_type": "visit", "object_id": VISIT, "reason": "ended by the practice",
    }, at=NOON + timedelta(hours=1, minutes=5))

    response = priya.get(f"/reports/visits/{VISIT}/")

    (steps,) = tables(response).values()
    assert [row[:5] for row in steps] == [
        ["12:00:00 PM", "", "signed in through acme-billing", "", "Done"],
        ["12:01:00 PM", "1 min 00 s", "opened client Rivera, Dana (1042)", "Rivera, Dana (1042)", "Done"],
        ["12:03:00 PM", "2 min 00 s", "was refused /settings/users/", "", "Refused"],
    ]
    assert steps[2][5] == "Manage users"
    text = " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())
    for words in ("acme-billing", "198.51.100.4, Firefox", "after 1 h 05 min", "(ended by the practice), by Priya"):
        assert words in text, words
    (read,) = cast.events(cast.good_therapy, action="visit.opened")
    assert read.object == "Jane Doe, for ACME Billing"


def test_a_long_visit_is_paged_and_its_pauses_go_on(cast, priya):
    write(cast.good_therapy, *[{**IN, "reason": f"n{n}"} for n in range(STEPS + 5)])

    first = priya.get(f"/reports/visits/{VISIT}/")
    following = re.search(r'href="(\?after=\d+)" rel="next"', first.content.decode())[1]
    (second,) = tables(priya.get(f"/reports/visits/{VISIT}/{following}")).values()

    assert [row[5] for row in second] == [f"n{n}" for n in range(STEPS, STEPS + 5)]
    assert {row[1] for row in second} == {"1 min 00 s"}
    assert "No end is on the record" in first.content.decode()


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30, "1", "²"])
def test_a_page_that_does_not_exist_is_404(cast, priya, after):
    write(cast.good_therapy, IN)
    assert priya.get(f"/reports/visits/{VISIT}/", {"after": after}).status_code == 404
    assert priya.get(f"/reports/visits/{uuid.uuid4()}/").status_code == 404


def test_a_real_visit_is_found_from_its_event(cast):
    cast.jane()
    cast.key()
    cast.administrator(cast.good_therapy, "priya")
    browser = cast.visit()
    cast.go(browser, "/clients/")
    (began,) = cast.events(cast.good_therapy, action="visit.began")
    priya = cast.signed_in(cast.good_therapy, "priya")

    assert f'href="/reports/visits/{began.visit}/"' in priya.get(f"{LOG}{began.seq}/").content.decode()
    page = priya.get(f"/reports/visits/{began.visit}/").content.decode()
    assert "Still in the practice" in page and "listed the clients" in page


def test_a_month_of_a_company_is_counted_by_person_and_by_day(cast, priya):
    write(
        cast.good_therapy, {**IN, **RIVERA, "action": "client.opened"}, {**IN, **RIVERA, "action": "ledger.opened"},
        {**IN, "action": "clients.exported"}, {**IN, "person": "June Doe", "result": "refused"},
        {**JANE, "company": "Rival Billing"}, {},
    )
    last = datetime(2026, 4, 1, 3, 59, tzinfo=UTC)  # 11:59 PM on 03/31 in New York
    write(cast.good_therapy, IN, IN, at=last)

    response = priya.get("/reports/companies/ACME Billing/", {"month": "2026-03"})

    found = tables(response)
    assert [row[:6] for row in found["People"]] == [
        ["Jane Doe", "1", "1", "1", "0", "4"], ["June Doe", "1", "0", "0", "1", "1"],
    ]
    assert found["Day by day"] == [["03/02/2026", "4"], ["03/31/2026", "1"]]
    body = response.content.decode()
    assert 'href="?month=2026-02"' in body and 'href="?month=2026-04"' in body
    assert body.count("<rect") == 31 and 'role="img"' in body and "03/02/2026: 4" in body
    assert [row[:1] for row in tables(priya.get("/reports/companies/ACME Billing/?month=2026-04"))["People"]] == [
        ["Jane Doe"]]


@pytest.mark.parametrize("month", ["2026-13", "x", "2026", "0001-01", "2026-03-02", "' OR 1=1"])
def test_no_such_month_or_company_is_404(cast, priya, month):
    write(cast.good_therapy, IN)
    assert priya.get("/reports/companies/ACME Billing/", {"month": month}).status_code == 404
    assert priya.get("/reports/companies/Nobody/").status_code == 404
    assert "Nothing in this month" in priya.get("/reports/companies/ACME Billing/?month=2020-01").content.decode()


def test_accesses_at_a_glance_have_the_same_numbers_in_charts_and_table(cast, priya):
    write(cast.good_therapy, *[{**IN, **RIVERA}] * 3, {**JANE, "company": "Rival Billing", "result": "refused"}, {})
    write(cast.good_therapy, {**IN, **RIVERA}, at=NOON + timedelta(days=1))

    response = priya.get(OVERVIEW, {"since": "03/01/2026", "until": "03/03/2026"})

    found = tables(response)
    assert found["Day by day, 03/01/2026 to 03/03/2026, newest first"] == [
        ["03/03/2026", "1", "0", "1", "1", "0", "0.0%"],
        ["03/02/2026", "3", "1", "4", "5", "1", "20.0%"],
        ["03/01/2026", "0", "0", "0", "0", "0", "0.0%"],
    ]
    assert [row[:2] for row in found["Clients that third parties opened most"]] == [["Rivera, Dana (1042)", "4"]]
    body = response.content.decode()
    for title in ("03/02/2026: 3", "03/02/2026: 1", "03/02/2026: 20.0%"):
        assert f"<title>{title}</title>" in body
    assert "style=" not in body.partition("<main")[2]


@pytest.mark.parametrize(("asked", "status"), [
    ({"since": "01/01/2026", "until": "04/02/2026"}, 200), ({"since": "01/01/2026", "until": "04/03/2026"}, 422),
    ({"since": "04/02/2026", "until": "01/01/2026"}, 422), ({"since": "soon"}, 422), ({"until": "12/31/2099"}, 200),
    ({"since": "12/20/2099"}, 200), ({"until": "01/02/2000"}, 200), ({}, 200),
])
def test_a_range_is_at_most_92_days(priya, asked, status):
    assert priya.get(OVERVIEW, asked).status_code == status


def test_days_are_counted_between_midnights_of_the_instance(cast):
    """The day on which the clocks went forward has 23 hours."""
    write(cast.elm_street, {}, at=datetime(2026, 3, 8, 6, 0, tzinfo=UTC))  # midnight in Chicago
    write(cast.elm_street, {}, {}, at=datetime(2026, 3, 9, 4, 59, tzinfo=UTC))  # the last minute, and the next day
    cast.administrator(cast.elm_street, "ellis")
    found = tables(cast.signed_in(cast.elm_street, "ellis").get(OVERVIEW, {"since": "3/7/2026", "until": "3/9/2026"}))
    assert [row[-3] for row in next(iter(found.values()))] == ["1", "2", "0"]


def test_the_pages_cost_the_same_few_queries_however_much_they_show(cast, priya, rivera):
    paths = (
        f"/clients/{rivera}/opened/", f"/reports/visits/{VISIT}/", "/reports/companies/ACME Billing/?month=2026-03",
        f"{OVERVIEW}?since=03/01/2026&until=03/31/2026",
    )
    sent = []
    for many in (1, 60):
        write(cast.good_therapy, *[{**IN, "client_id": rivera, "client": "R", "person": f"Jane {n}"}
                                   for n in range(many)])
        for path in paths:
            priya.get(path)
            with queries(cast.good_therapy) as used:
                assert priya.get(path).status_code == 200
            sent.append(len([sql for sql in used if sql.startswith(("SELECT", "WITH", "INSERT"))]))
    assert sent[:4] == sent[4:]
    assert max(sent) <= 10, sent


def test_more_days_than_a_page_can_count_are_refused_below_it_too(cast):
    with binding.bind(cast.good_therapy), pytest.raises(ValueError, match="92"):
        summaries.Overview(date(2026, 1, 1), date(2026, 4, 3))


def test_a_bar_is_as_high_as_its_value_and_never_nothing_for_something():
    bars = charts.Bars("x", "X", "", [("a", 0), ("b", 1), ("c", 500), ("d", 1000)], 1000).bars
    assert [(bar["height"], bar["y"] + bar["height"]) for bar in bars] == [(0, 60), (1, 60), (30, 60), (60, 60)]
    assert charts.Bars("x", "X", "", [("a", 0)], 0).bars[0]["height"] == 0


def test_one_is_counted_as_one():
    assert [charts.counted(count, "refusal") for count in (0, 1, 1200)] == ["0 refusals", "1 refusal", "1,200 refusals"]


@pytest.mark.parametrize(("seconds", "words"), [
    (0, "0.0 s"), (-5, "0.0 s"), (9.94, "9.9 s"), (59, "59 s"), (125, "2 min 05 s"), (3780, "1 h 03 min"),
])
def test_a_length_of_time_is_told_in_its_two_largest_units(seconds, words):
    assert span(timedelta(seconds=seconds)) == words
