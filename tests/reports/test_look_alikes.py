"""What was typed to deceive: marked where it stands, and inert (cases 39, 69 and 77)."""

import pytest

from countersign.audit.actions import ACTIONS
from countersign.reports import wording
from countersign.ui.browsers import browser
from tests.cast import PASSWORD
from tests.reports.written import AUDIT, JANE, LOG, rows, write


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("\u0440riya", "\u0440riya looks unusual \\u0440riya"),  # Cyrillic er
        ("pri\u200bya", "pri\ufffdya looks unusual pri\\ufffdya"),  # zero width
        ("\u202epriya", "\ufffdpriya looks unusual \\ufffdpriya"),  # turned around
        ("priy\u0430\u0301", "priy\u0430\u0301 looks unusual priy\\u0430\\u0301"),  # combining
        ("priya", "priya"),
    ],
)
def test_a_user_id_that_is_not_plain_is_marked_with_its_code_points(cast, priya, typed, shown):
    cast.client(cast.good_therapy).post("/sign-in/", {"user_id": typed, "password": PASSWORD + "x"})

    for path in (AUDIT, LOG):
        person = next(row[1] for row in rows(priya.get(path, {"action": "sign-in.refused"})))
        assert person == f"unknown {shown}"


def test_full_width_letters_are_the_account_they_stand_for(cast, priya):
    cast.client(cast.good_therapy).post("/sign-in/", {"user_id": "ｐｒｉｙａ", "password": PASSWORD + "x"})

    (row,) = rows(priya.get(AUDIT, {"person": "priya", "action": "sign-in.refused"}))
    assert row[1] == "unknown priya" and "wrong password" in row[5]


def test_markup_in_a_name_is_text_on_every_page(cast, priya):
    nasty = "<img src=x onerror=alert(1)>{{7*7}}"
    (seq,) = write(cast.good_therapy, {
        **JANE, "person": nasty, "company": nasty, "billing_user": nasty, "user_id": nasty, "client": nasty,
        "client_id": '"><script>', "object": nasty, "rule": nasty, "reason": nasty, "browser": nasty,
        "factors": nasty, "address": "<b>", "action": "visit.began", "changes": {nasty: [nasty, nasty]},
    })

    for path in (AUDIT, LOG, f"{LOG}{seq}/"):
        page = priya.get(path).content.decode()
        assert "<img src=x" not in page and "<script>" not in page and "<b>" not in page
        assert "&lt;img src=x onerror=alert(1)&gt;{{7*7}}" in page


@pytest.mark.parametrize(
    ("agent", "short"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 "
         "Safari/537.36 Edg/142.0.0.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Version/18.5 Mobile/15E148 Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 "
         "Safari/537.36", "Chrome, Linux"),
        ("curl/8.5", "curl/8.5"),
        ("x" * 31, "x" * 29 + "…"),
        ("", ""),
    ],
)
def test_a_browser_is_named_in_two_words(agent, short):
    assert browser(agent) == short


def test_every_action_stands_under_one_heading_of_its_own():
    grouped = [action for _, choices in wording.choices(ACTIONS) for action, _ in choices]
    assert sorted(grouped) == sorted(ACTIONS)
