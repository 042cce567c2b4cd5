"""What a client is told when they ask: six years back, within 60 days, kept as it was given."""

import csv
import io
from datetime import date

import pytest
from pypdf import PdfReader

from countersign.disclosures import law, reports
from countersign.disclosures.models import Accounting, Delivery, Disclosure
from countersign.instances import binding
from tests.disclosures.people import TYPED, all_of, on_record, today
from tests.disclosures.test_recording import shown
from tests.reports.written import queries

ASKED = {"asked_on": "03/02/2026", "asked_by": "Rivera, Dana", "since_on": "", "until_on": ""}


def ask(kit, client, **changed):
    return kit.post(f"/clients/{client.id}/accountings/new/", {**ASKED, **changed})


def paper(response):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(response.content)).pages).split())


@pytest.fixture
def asked(cast, dana, kit):
    """The address of an accounting that Dana asked for on 03/02/2026."""
    response = ask(kit, dana)
    assert response.status_code == 302
    return response["Location"]


def test_a_request_covers_six_years_before_it_and_is_due_in_sixty_days(cast, dana, kit, asked):
    assert all_of(cast, Accounting, "asked_on", "since_on", "until_on", "recorded_by") == [
        (date(2026, 3, 2), date(2020, 3, 2), date(2026, 3, 2), "Kit Keeper"),
    ]
    (event,) = cast.events(cast.good_therapy, action="accounting.asked")
    assert event.client_id == str(dana.id) and event.changes["From"] == "03/02/2020"
    assert "Overdue since 05/01/2026" in shown(kit.get(asked))
    assert "Overdue since 05/01/2026" in shown(kit.get(f"/clients/{dana.id}/disclosures/"))


@pytest.mark.parametrize(("day", "earliest"), [
    (date(2026, 3, 2), date(2020, 3, 2)), (date(2024, 2, 29), date(2018, 2, 28)),
    (date(2026, 2, 28), date(2020, 2, 28)),
    (date(2005, 1, 1), date(2003, 4, 14)), (date(2009, 4, 14), date(2003, 4, 14)),
])
def test_six_years_are_six_years(day, earliest):
    assert law.earliest(day) == earliest


@pytest.mark.parametrize(("changed", "said"), [
    ({"since_on": "03/01/2020"}, "reaches back six years: 03/02/2020"),
    ({"until_on": "03/03/2026"}, "This is after they asked"),
    ({"since_on": "02/02/2026", "until_on": "02/01/2026"}, "“To” cannot be before “From”"),
    ({"asked_on": "12/31/2099"}, "This day has not come yet"),
    ({"asked_on": ""}, "Enter date they asked"),
    ({"asked_by": ""}, "Enter who asked"),
    ({"since_on": "soon"}, "Enter a day as MM/DD/YYYY"),
])
def test_a_time_that_cannot_be_asked_for_is_refused(cast, dana, kit, changed, said):
    response = ask(kit, dana, **changed)

    assert response.status_code == 422 and said in shown(response)
    assert all_of(cast, Accounting, "id") == []


def test_the_edges_of_the_six_years_are_in_and_what_lies_beyond_is_not(cast, dana, kit, asked):
    for day in (date(2020, 3, 1), date(2020, 3, 2), date(2026, 3, 2), date(2026, 3, 3)):
        on_record(cast, dana, disclosed_on=day, recipient=f"Court {day}")
    on_record(
        cast, dana, disclosed_on=date(2019, 1, 1), last_on=date(2020, 3, 2), recipient="Series", frequency="monthly"
    )

    page = shown(kit.get(asked))
    assert [day for day in ("2020-03-01", "2020-03-02", "2026-03-02", "2026-03-03") if f"Court {day}" in page] == [
        "2020-03-02", "2026-03-02",
    ]
    assert "01/01/2019 to 03/02/2020, monthly" in page


def test_what_was_corrected_stands_as_corrected_and_what_was_a_mistake_is_left_out(cast, dana, kit, asked):
    wrong, mistake = on_record(cast, dana, recipient="Wrong Court"), on_record(cast, dana, recipient="Nobody at all")
    kit.post(f"/disclosures/{wrong.id}/correction/", {**TYPED, "recipient": "Right Court", "reason": "typo"})
    kit.post(f"/disclosures/{mistake.id}/correction/", {**TYPED, "recipient": "Nobody at all", "in_error": "on",
                                                       "reason": "other client"})

    page = shown(kit.get(asked))
    assert "Right Court" in page and "Wrong Court" not in page and "Nobody at all" not in page
    assert len(all_of(cast, Disclosure, "id")) == 4


@pytest.mark.parametrize(("days", "told"), [(1, False), (0, False), (-1, True)])
def test_what_law_enforcement_asked_to_keep_back_is_told_after_that_day(cast, dana, kit, asked, days, told):
    on_record(cast, dana, purpose="law_enforcement", recipient="Sheriff", suspended_until=today(days),
              suspended_for="Det. Ames")

    page, on_paper = shown(kit.get(asked)), paper(kit.get(f"{asked}pdf/"))
    assert ("Sheriff" in page, "Sheriff" in on_paper) == (told, told)
    assert ("Sheriff" in b"".join(kit.get(f"{asked}csv/")).decode()) == told
    assert "Ames" not in page + on_paper, "who asked is never told"
    assert ("Not told until" in shown(kit.get(f"/clients/{dana.id}/disclosures/"))) == (not told)


def test_another_clients_disclosures_are_not_in_it(cast, dana, kit, asked):
    from tests.clients.people import add

    on_record(cast, add(cast.good_therapy, 1043, "Park", "Min-ji"), recipient="Other Court")

    assert "Other Court" not in shown(kit.get(asked))


def test_page_paper_and_file_say_the_same(cast, dana, kit, asked):
    on_record(cast, dana, recipient="County Court", address="1 Court Square", what="Dates", basis="Order 26-CV-114")

    response = kit.get(f"{asked}pdf/")
    assert response["Content-Disposition"] == (
        'attachment; filename="accounting-of-disclosures-1042-2026-03-02.pdf"'
    )
    said = paper(response)
    for text in ("Good Therapy, Inc.", "Rivera, Dana", "02/03/2026", "County Court", "1 Court Square", "Dates",
                 "Order 26-CV-114", "03/02/2020", "1 of 1", "payment"):
        assert text in said, text
    rows = list(csv.reader(io.StringIO(b"".join(kit.get(f"{asked}csv/")).decode("utf-8-sig"))))
    assert rows[1][:4] == ["02/03/2026", "County Court", "1 Court Square", "Dates"]
    assert "County Court" in shown(kit.get(asked))
    actions = [e.action for e in cast.events(cast.good_therapy, action__startswith="accounting")]
    assert actions == ["accounting.asked", "accounting.downloaded", "accounting.exported", "accounting.opened"]


@pytest.mark.parametrize("hostile", ["=cmd|' /C calc'!A0", "@SUM(1)", "<b>Court</b>", "</para>", "王小明"])
def test_hostile_text_is_text_on_paper_and_in_the_file(cast, dana, kit, asked, hostile):
    on_record(cast, dana, recipient=hostile)

    rows = list(csv.reader(io.StringIO(b"".join(kit.get(f"{asked}csv/")).decode("utf-8-sig"))))
    assert rows[1][1] == (f"'{hostile}" if hostile[0] in "=@" else hostile)
    drawn = hostile if hostile.isascii() else r"\u738b\u5c0f\u660e"
    assert drawn.replace(" ", "") in paper(kit.get(f"{asked}pdf/")).replace(" ", "")


def test_an_accounting_of_nothing_says_so(cast, dana, kit, asked):
    assert "Nothing to account for" in shown(kit.get(asked))
    assert "there was no disclosure" in paper(kit.get(f"{asked}pdf/"))


def test_what_was_given_stays_as_it_was_given(cast, dana, kit, asked):
    on_record(cast, dana, recipient="County Court")
    for wrong, said in (({"given_on": "03/01/2026", "way": "by mail"}, "before it was asked for"),
                        ({"given_on": f"{today(1):%m/%d/%Y}", "way": "by mail"}, "has not come yet"),
                        ({"given_on": "03/09/2026", "way": ""}, "Enter how it was given")):
        response = kit.post(f"{asked}delivery/", wrong)
        assert response.status_code == 422 and said in shown(response)
    assert kit.post(f"{asked}delivery/", {"given_on": "03/09/2026", "way": "by mail"}).status_code == 302
    before = paper(kit.get(f"{asked}pdf/"))

    on_record(cast, dana, recipient="Late Court")
    kit.post(f"{asked}delivery/", {"given_on": "03/10/2026", "way": "again"})

    assert "Late Court" not in shown(kit.get(asked)) and "Given 03/09/2026" in shown(kit.get(asked))
    assert paper(kit.get(f"{asked}pdf/")) == before
    assert all_of(cast, Delivery, "way") == [("by mail",)]
    (event,) = cast.events(cast.good_therapy, action="accounting.given")
    assert event.changes == {"Given on": "03/09/2026", "How": "by mail", "Disclosures": 1}


def test_the_time_is_extended_once_with_a_reason(cast, dana, kit, asked):
    assert kit.post(f"{asked}extension/", {"reason": ""}).status_code == 422
    kit.post(f"{asked}extension/", {"reason": "Old files are off site"})
    kit.post(f"{asked}extension/", {"reason": "More"})

    page = shown(kit.get(asked))
    assert "Overdue since 05/31/2026" in page and "Old files are off site" in page and "More" not in page
    (event,) = cast.events(cast.good_therapy, action="accounting.extended")
    assert event.reason == "Old files are off site"


def test_the_queries_do_not_grow_with_the_disclosures(cast, dana, kit, asked):
    counted = []
    for count in (2, 30):
        for number in range(count):
            on_record(cast, dana, recipient=f"Court {number}")
        with queries(cast.good_therapy) as page:
            kit.get(asked)
        with queries(cast.good_therapy) as listed:
            kit.get(f"/clients/{dana.id}/disclosures/")
        counted.append((len(page), len(listed)))

    assert counted[0] == counted[1] and max(counted[0]) <= 9


def test_lines_are_oldest_first(cast, dana):
    for day in (date(2026, 2, 3), date(2025, 1, 1), date(2025, 6, 1)):
        on_record(cast, dana, disclosed_on=day)
    with binding.bind(cast.good_therapy):
        rows = reports.disclosures(dana, since_on=date(2020, 1, 1), until_on=date(2026, 3, 1), on=today())

    assert [row.disclosed_on.year * 100 + row.disclosed_on.month for row in rows] == [202501, 202506, 202602]
