import html
import re
import uuid

import pytest

from countersign.people.permissions import Permission
from tests.clients.people import add, add_many, cover, queries, text, with_permissions


@pytest.fixture
def good(cast):
    return cast.good_therapy


@pytest.fixture
def browser(cast):
    return with_permissions(cast, Permission.VIEW_CLIENTS)


def names(response):
    return [
        html.unescape(name)
        for name in re.findall(r'<th scope="row"><a href="/clients/[0-9a-f-]+/">([^<]*)</a>', text(response))
    ]


def found(browser, q, **more):
    return names(browser.get("/clients/", {"q": q, **more}))


def test_a_list_shows_active_clients_by_name_with_payer_and_clinician(cast, good, browser):
    dana = add(good)
    cover(good, dana)
    add(good, 1043, "Abara", "Joy")
    add(good, 1044, "Gone", "Al", status="discharged", discharged_on="2024-09-01")

    response = browser.get("/clients/")

    assert names(response) == ["Abara, Joy", "Rivera, Dana"]
    row = re.search(rf'<tr><th scope="row"><a href="/clients/{dana.id}/">.*</tr>', text(response)).group()
    assert re.sub("<[^>]+>", "|", row).replace("|", " ").split() == (
        "Rivera, Dana 1042 06/02/1988 Harborlight Health Plan Adeyemi".split()
    )
    assert "2 of 2 clients" in text(response)
    (event,) = cast.events(good, action="clients.listed")
    assert (event.person, event.object, event.changes) == ("Worker", "clients", {})


def test_all_clients_are_shown_when_asked_for(good, browser):
    add(good)
    add(good, 1044, "Gone", "Al", status="discharged", discharged_on="2024-09-01")

    assert names(browser.get("/clients/?status=all")) == ["Gone, Al", "Rivera, Dana"]


@pytest.mark.parametrize(
    ("q", "expected"),
    [
        ("rivera", ["Rivera, Dana"]), ("DANA", ["Rivera, Dana"]), ("Rivera, Dana", ["Rivera, Dana"]),
        ("dana riv", ["Rivera, Dana"]), ("1042", ["Rivera, Dana"]), ("06/02/1988", ["Núñez, Zoë", "Rivera, Dana"]),
        ("rivera 06/02/1988", ["Rivera, Dana"]), ("nunez", ["Núñez, Zoë"]), ("NÚÑEZ zoe", ["Núñez, Zoë"]),
        ("ｒｉｖｅｒａ", ["Rivera, Dana"]), ("o'neil", ["O'Neil, Pat"]), ("O’Neil", ["O'Neil, Pat"]),
        ("100%", ["100% Real, Al_Ice"]), ("_", ["100% Real, Al_Ice"]), ("%", ["100% Real, Al_Ice"]),
        ("l_i", ["100% Real, Al_Ice"]), ("r%a", []), ("Riv_ra", []), ("\\", []), ("'", ["O'Neil, Pat"]), ('"', []),
        ("' OR 1=1 --", []), ("\x1b[31m", []), ("<script>alert(1)</script>", []), ("\x00", []), (",", []),
        ("13/45/2020", []),
        ("104", []), ("9" * 30, []), ("²", []), ("*", []), ("[a-z]", []), ("1042 nobody", []),
    ],
)
def test_a_search_takes_words_as_data(cast, good, browser, q, expected):
    add(good)
    add(good, 1043, "Núñez", "Zoë")
    add(good, 1044, "O'Neil", "Pat", born_on="1970-01-01")
    add(good, 1045, "100% Real", "Al_Ice", born_on="1970-01-02")

    assert sorted(found(browser, q)) == sorted(expected)
    (event,) = cast.events(good, action="clients.searched")
    assert event.changes == {"q": re.sub(r"[\x00\x1b]", "\ufffd", q)}


def test_a_search_that_finds_nothing_says_what_was_searched_for_and_runs_none_of_it(good, browser):
    add(good)

    page = text(browser.get("/clients/", {"q": "<script>alert(1)</script>"}))

    assert "No active client matches “&lt;script&gt;alert(1)&lt;/script&gt;”" in page
    assert "<script>alert" not in page


def test_an_empty_list_offers_to_add_only_to_who_may(cast, browser):
    adds = with_permissions(cast, Permission.VIEW_CLIENTS, Permission.ADD_CLIENTS, user_id="adds")

    assert ("No clients yet" in text(browser.get("/clients/")), "Add the first" in text(browser.get("/clients/"))) == (
        True, False
    )
    assert "Add the first client" in text(adds.get("/clients/"))


@pytest.mark.parametrize("count", [1, 20, 21, 47])
def test_pages_show_every_client_once_and_in_order(good, browser, count):
    add_many(good, count)

    seen, url, pages = [], "/clients/?status=all&q=family", 0
    while url:
        page = text(browser.get(url))
        assert f" of {count} client" in page
        seen += re.findall(r'<th scope="row"><a href="/clients/([0-9a-f-]+)/">', page)
        following = re.search(r'href="(\?[^"]+)" rel="next"', page)
        url = "/clients/" + following.group(1).replace("&amp;", "&") if following else None
        pages += 1

    assert (len(seen), len(set(seen)), pages) == (count, count, -(-count // 20))


def test_a_page_stays_where_it_was_when_a_client_is_added_before_it(good, browser):
    add_many(good, 30)
    first = text(browser.get("/clients/"))
    following = "/clients/" + re.search(r'href="(\?[^"]+)" rel="next"', first).group(1).replace("&amp;", "&")
    before = names(browser.get(following))

    add(good, 5000, "Aaa", "First")

    assert names(browser.get(following)) == before


@pytest.mark.parametrize("after", ["", "nonsense", "1042", "' OR 1=1", str(uuid.UUID(int=7))])
def test_a_page_after_nobody_is_missing_and_recorded(cast, good, browser, after):
    add(good)

    assert browser.get("/clients/", {"after": after}).status_code == 404
    assert len(cast.events(good, action="page.missing")) == 1


def test_a_client_of_another_practice_is_no_place_to_continue_from(cast, good, browser):
    stranger = add(cast.elm_street)

    assert browser.get("/clients/", {"after": str(stranger.id)}).status_code == 404


def test_a_name_is_text_and_never_markup(good, browser):
    add(good, 1042, "<script>alert(1)</script>", '"><img src=x onerror=alert(2)>')

    page = text(browser.get("/clients/"))

    assert ("<script>alert" in page, "<img" in page) == (False, False)
    assert names(browser.get("/clients/")) == ['<script>alert(1)</script>, "><img src=x onerror=alert(2)>']


def test_the_list_costs_the_same_few_queries_however_many_clients_it_shows(good, browser):
    add_many(good, 3)
    browser.get("/clients/")
    with queries(good) as few:
        browser.get("/clients/")
    add_many_more = [add(good, 2000 + number, f"More{number}") for number in range(30)]
    with queries(good) as many:
        browser.get("/clients/")

    assert len(add_many_more) == 30
    reads = [[sql for sql in sent if sql.startswith("SELECT")] for sent in (few, many)]
    # session with user, permissions of groups, the rows; one more that counts when there is a second page
    assert [len(read) for read in reads] == [3, 4]
    writes = [sql for sql in few if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert [sql.startswith("INSERT INTO") and "audit_event" in sql for sql in writes] == [True]


def test_the_count_is_of_all_who_are_asked_for(good, browser):
    add_many(good, 23)
    for number in (5001, 5002):
        add(good, number, status="discharged", discharged_on="2024-09-01")

    counted = [text(browser.get(url)).count(words) for url, words in (
        ("/clients/", "20 of 23 clients"), ("/clients/?status=all", "20 of 25 clients"),
    )]

    assert counted == [1, 1]
