import csv
import io
import re

import pytest

from countersign.people.permissions import Permission
from tests.clients.people import add, add_many, cover, text, with_permissions


@pytest.fixture
def good(cast):
    return cast.good_therapy


@pytest.fixture
def browser(cast):
    return with_permissions(cast, Permission.EXPORT_CLIENTS)


def exported(response):
    return list(csv.DictReader(io.StringIO(text(response), newline="")))


def test_an_export_holds_each_client_once_and_says_so_in_the_record(cast, good, browser):
    dana = add(good)
    cover(good, dana)
    add_many(good, 30)

    rows = exported(browser.get("/clients/export/"))

    assert len(rows) == 31
    row = rows[-1]
    assert {key: row[key] for key in ("Number", "Last name", "Date of birth", "Payer", "Member ID", "Clinician")} == {
        "Number": "1042", "Last name": "Rivera", "Date of birth": "06/02/1988", "Payer": "Harborlight Health Plan",
        "Member ID": "HL00112233", "Clinician": "Adeyemi",
    }
    (event,) = cast.events(good, action="clients.exported")
    assert (event.object, event.changes) == ("clients", {"rows": 31})


def test_an_export_is_of_what_was_searched_for(cast, good, browser):
    add(good)
    add(good, 1043, "Park", "Min-ji")

    rows = exported(browser.get("/clients/export/?q=park&status=all"))

    assert [row["Last name"] for row in rows] == ["Park"]
    (event,) = cast.events(good, action="clients.exported")
    assert event.changes == {"q": "park", "status": "all", "rows": 1}


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n"])
def test_a_name_that_could_be_a_formula_is_text(good, browser, start):
    add(good, 1042, f"{start}HYPERLINK(1)", f"{start}2+3", street=f"{start}x")

    (row,) = exported(browser.get("/clients/export/"))

    assert (row["Last name"], row["First name"], row["Street"]) == (
        f"'{start}HYPERLINK(1)", f"'{start}2+3", f"'{start}x"
    )


def test_the_file_name_is_plain_whatever_the_practice_is_called(cast):
    odd = cast.installation.open("odd", 'A/../b"\r\nSet-Cookie: x=1 ＝名')
    browser = with_permissions(cast, Permission.EXPORT_CLIENTS, instance=odd)

    response = browser.get("/clients/export/")

    assert re.fullmatch(
        r'attachment; filename="clients-a-b-set-cookie-x-1-\d{4}-\d\d-\d\d\.csv"', response["Content-Disposition"]
    )
    assert response["Cache-Control"] == "no-store"
    assert exported(response) == []
