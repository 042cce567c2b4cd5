"""Filters, pages and bad input: what is asked for is what is shown, and what is typed is only ever data."""

import re
from datetime import UTC, datetime
from itertools import product
from urllib.parse import parse_qs

import pytest

from countersign.audit.models import Event
from countersign.instances import binding
from countersign.reports import wording
from countersign.reports.forms import GeneralLogFilters, UserAuditFilters
from countersign.reports.search import NEWEST_FIRST, page, search
from tests.reports.written import AUDIT, JANE, LOG, PARK, RIVERA, rows, write

EVERYTHING = [
    {},
    {**JANE, "action": "client.opened", **RIVERA},
    {**JANE, "action": "client.opened", **PARK},
    {**JANE, "person": "June Doe", "action": "sign-in.second-part.refused", "result": "refused"},
    {"source": "support", "person": "Sol Support", "user_id": "sol", "action": "user.created"},
    {"source": "system", "person": "Countersign", "user_id": "", "action": "visit.ended"},
    {"source": "unknown", "person": "unknown", "user_id": "cole", "action": "sign-in.refused", "result": "refused"},
    {"person": "100% O'Hara_\\", "user_id": "ohara", "action": "page.failed", "result": "failed"},
]


def found(browser, **filters):
    """Who is shown for these filters among the events of the test, oldest first."""
    response = browser.get(LOG, {"until": "03/02/2026", **filters})
    assert response.status_code == 200
    return [row[1].split(" of ")[0] for row in rows(response)][::-1]


@pytest.mark.parametrize(
    ("filters", "people"),
    [
        ({"who": "third party"}, ["Jane Doe", "Jane Doe", "June Doe"]),
        ({"who": "support"}, ["Sol Support"]),
        ({"who": "ours"}, ["Cole Whitaker", "100% O'Hara_\\"]),
        ({"who": "unknown"}, ["unknown cole"]),
        ({"person": "DOE"}, ["Jane Doe", "Jane Doe", "June Doe"]),
        ({"person": "cole"}, ["Cole Whitaker", "unknown cole"]),
        ({"person": "%"}, ["100% O'Hara_\\"]),
        ({"person": "_"}, ["100% O'Hara_\\"]),
        ({"person": "\\"}, ["100% O'Hara_\\"]),
        ({"person": "'"}, ["100% O'Hara_\\"]),
        ({"person": "' OR 1=1 --"}, []),
        ({"person": '"><script>alert(1)</script>'}, []),
        ({"person": "\x1b[31mdoe"}, []),
        ({"action": "client.opened"}, ["Jane Doe", "Jane Doe"]),
        ({"result": "refused"}, ["June Doe", "unknown cole"]),
        ({"result": "failed"}, ["100% O'Hara_\\"]),
        ({"client": "1042"}, ["Jane Doe"]),
        ({"client": "rivera"}, ["Jane Doe"]),
        ({"client": "%"}, []),
        ({"client": PARK["client_id"]}, ["Jane Doe"]),
        ({"client": "0e7cf3a2-0000-4000-8000-000000000000"}, []),
        ({"person": "june", "who": "third party", "result": "refused"}, ["June Doe"]),
        ({"person": "june", "who": "ours"}, []),
        ({"company": "acme"}, ["Jane Doe", "Jane Doe", "June Doe"]),
        ({"company": "acme", "result": "refused"}, ["June Doe"]),
        ({"company": "%"}, []),
        ({"billing_user": "ACME-"}, ["Jane Doe", "Jane Doe", "June Doe"]),
        ({"billing_user": "acme-billing", "client": PARK["client_id"]}, ["Jane Doe"]),
        ({"text": "rivera", "client": RIVERA["client_id"]}, ["Jane Doe"]),
        ({"text": "rivera", "client": PARK["client_id"]}, []),
    ],
    ids=str,
)
def test_a_filter_finds_what_it_says(cast, priya, filters, people):
    write(cast.good_therapy, *EVERYTHING)

    assert found(priya, **filters) == people


def test_what_was_typed_comes_back_as_text(cast, priya):
    page = priya.get(LOG, {"person": '"><script>alert(1)</script>'}).content.decode()

    assert "<script>alert" not in page
    assert 'value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"' in page


def test_days_are_those_of_the_instance_and_both_are_included(cast):
    # 11:59 PM on 03/08 and 12:00 AM on 03/09 in Chicago, the day its clocks went forward being 23 hours long.
    last = datetime(2026, 3, 9, 4, 59, tzinfo=UTC)
    write(cast.elm_street, {"person": "Last minute"}, {"person": "First minute"}, at=last)
    write(cast.elm_street, {"person": "Midnight"}, at=datetime(2026, 3, 8, 6, 0, tzinfo=UTC))
    cast.administrator(cast.elm_street, "ellis")
    client = cast.signed_in(cast.elm_street, "ellis")

    def people(**filters):
        return [row[1] for row in rows(client.get(LOG, {"who": "ours", **filters}))]

    assert people(since="03/08/2026", until="03/08/2026") == ["Last minute", "Midnight"]
    assert people(since="03/09/2026", until="03/09/2026") == ["First minute"]
    assert people(since="2026-03-09", until="03/09/2026") == ["First minute"]


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("who", "everyone", "Choose who from the list."),
        ("action", "client.stolen", "Choose what happened from the list."),
        ("result", "maybe", "Choose result from the list."),
        ("since", "02/30/2026", "Enter a day for “From” as MM/DD/YYYY, between 2000 and 2099."),
        ("until", "01/01/0001", "Enter a day for “To” as MM/DD/YYYY, between 2000 and 2099."),
        ("until", "12/31/9999", "Enter a day for “To” as MM/DD/YYYY, between 2000 and 2099."),
        ("before", "-1", "This page of the list does not exist."),
        ("before", "99999999999999999999", "This page of the list does not exist."),
        ("before", "1 OR 1=1", "This page of the list does not exist."),
        ("before", "987654321", "This page of the list does not exist."),
        ("person", "x" * 101, "Ensure this value has at most 100 characters (it has 101)."),
        ("person", "a\0b", "Null characters are not allowed."),
        ("client", "a\0b", "Null characters are not allowed."),
    ],
)
def test_bad_input_is_named_at_its_field_kept_and_loads_nothing(cast, priya, field, typed, message):
    write(cast.good_therapy, *EVERYTHING)

    for path in (LOG, f"{LOG}export/"):
        response = priya.get(path, {field: typed})

        body = response.content.decode()
        assert response.status_code == 422
        assert message in body and "<tbody>" not in body
        if field in ("since", "until"):
            assert f'value="{typed}"' in body and f'id="id_{field}_error"' in body
    assert {e.result for e in cast.events(cast.good_therapy, action="page.invalid")} == {"refused"}


def test_a_last_day_before_the_first_is_refused(priya):
    response = priya.get(AUDIT, {"since": "03/02/2026", "until": "03/01/2026"})

    assert response.status_code == 422
    assert "Enter a day for “To” that is not before “From”." in response.content.decode()


def test_pages_follow_each_other_without_a_gap_or_a_repetition_and_keep_the_filter(cast, priya):
    """Several at the same moment included, and whatever is written meanwhile."""
    write(cast.good_therapy, *[{**JANE, "reason": f"n{n}"} for n in range(60)])
    write(cast.good_therapy, *[{**JANE, "reason": f"n{n}"} for n in range(60, 120)])  # the same minutes again
    write(cast.good_therapy, *[{} for _ in range(60)])

    seen, url = [], "?who=third+party&until=03%2F02%2F2026"
    while url:
        response = priya.get(LOG + url)
        seen.append([row[6] for row in rows(response)])
        write(cast.good_therapy, {"person": "Newcomer"})
        following = re.search(r'href="(\?[^"]*)" rel="next"', response.content.decode())
        url = following[1].replace("&amp;", "&") if following else ""
        assert not url or parse_qs(url[1:])["who"] == ["third party"]

    assert [len(page) for page in seen] == [50, 50, 20]
    flat = [int(reason[1:]) for page in seen for reason in page]
    assert flat == [n for minute in range(59, -1, -1) for n in (minute + 60, minute)]


def test_reading_many_short_lists_finds_what_reading_everything_finds(cast):
    write(cast.good_therapy, *EVERYTHING * 20)
    nothing = dict.fromkeys(GeneralLogFilters.base_fields, "")
    with binding.bind(cast.good_therapy):
        everything = {True: list(Event.objects.order_by("-seq")), False: list(Event.objects.order_by(*NEWEST_FIRST))}
        for who, person, client, result, action, actions in product(
            ["", "third party", "support"], ["", "doe", "cole", "o"], ["", "rivera", "1"], ["", "ok", "refused"],
            ["", "client.opened"], [None, UserAuditFilters.actions],
        ):
            asked = {**nothing, "who": who, "person": person, "client": client, "result": result, "action": action}
            sought = search(asked, actions=actions)
            quick, more = page(sought)
            slow = [
                e for e in everything[sought.by_words]
                if (not who or e.source == who)
                and (person in e.person.casefold() or person == e.user_id)
                and (not client or (client in e.client.casefold() and client != "1"))
                and (not result or e.result == result)
                and (not action or e.action == action)
                and (action or actions is None or e.action in wording.USER_AUDIT)
            ]
            assert [e.seq for e in quick] == [e.seq for e in slow[:50]], asked
            assert more == (len(slow) > 50)


@pytest.mark.parametrize("address", [LOG, AUDIT])
@pytest.mark.parametrize("words", ["%", "\x00", "***", "()"])
def test_words_that_hold_no_word_find_nothing(priya, address, words):
    response = priya.get(address, {"text": words})

    assert response.status_code in (200, 422)
    assert not rows(response)
