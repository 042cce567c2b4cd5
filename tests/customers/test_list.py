"""The list of customers: what each person may enter, how it stands, and nobody's database but the company's own."""

from datetime import date, timedelta

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from countersign.customers import lists
from countersign.customers.models import Favorite
from countersign.identity.models import Entry, RelyingParty
from countersign.instances import binding, hosts, locations
from countersign.keyring import assignments, deliveries, ring
from countersign.keyring.models import Assignment, Key, KeyState
from countersign.people.models import User, UserType
from tests.access.steps import opens
from tests.browsing import Browser
from tests.cast import KEY, PASSWORD
from tests.customers.steps import came, root
from tests.keyring.ringing import ADA, assign, jane_holds_a_key, put_in


@pytest.fixture
def site(cast):
    return cast.site()


def june(cast):
    return cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park")


def ada(cast, site):
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    return came(cast, site, "ada")


def many(cast, count, *, user=None):
    """Keys of customers that are no instances here: nothing but rows of ACME's."""
    with binding.bind(cast.acme):
        keys = Key.objects.bulk_create([
            Key(issuer=f"https://practice-{n}.example", practice=f"Practice {n:03}", user_id="acme", kid="k",
                sealed=b"x", put_by="Ada", added_by="Ada") for n in range(count)
        ])
        if user:
            Assignment.objects.bulk_create([
                Assignment(key=key, user=user, begins_on=date(2026, 1, 5), made_by="Ada") for key in keys
            ])
    return keys


def names(page):
    return [part.split("<")[0] for part in page.split('<th scope="row">')[1:]]


def test_each_person_sees_what_they_may_enter_and_a_manager_sees_all(cast, site):
    jane, _, _ = jane_holds_a_key(cast)
    cast.key("acme-claims")
    cast.key("acme-payments")
    assign(cast, put_in(cast, "acme-claims"), june(cast))
    with binding.bind(cast.acme):
        later = assignments.today() + timedelta(days=2)
    assign(cast, put_in(cast, "acme-payments"), jane, begins_on=later)

    mine, all_of_them = came(cast, site), ada(cast, site)

    assert "acme-billing" in mine.page and "acme-claims" not in mine.page and "acme-payments" not in mine.page
    assert mine.page.count("formaction") == 2 and "1 of 1 customer key<" in mine.page
    assert [key in all_of_them.page for key in ("acme-billing", "acme-claims", "acme-payments")] == [True] * 3
    assert all_of_them.text.count("Not assigned to you") == 3 and "/entry/" not in all_of_them.page
    assert "Key ring" not in mine.page and mine.get(f"{root(site)}/people/").status_code == 403


def test_a_team_counts_and_taking_back_counts_at_once(cast, site):
    jane, _, _ = jane_holds_a_key(cast)
    browser = came(cast, site)
    with binding.bind(cast.acme):
        assignments.end(Assignment.objects.get(user=jane), by=ADA)
    assert "No customer yet" in (browser.get(f"{root(site)}/customers/") and browser.page)
    with binding.bind(cast.acme):
        team = assignments.make_team(name="Full cycle", by=ADA)
        assignments.join(team, jane, by=ADA, grantor=User(type="administrator"))
    assign(cast, Key(id=_key_id(cast)), team)
    assert names(browser.get(f"{root(site)}/customers/").content.decode()) == ["Good Therapy, Inc."]


def _key_id(cast):
    with binding.bind(cast.acme):
        return Key.objects.get().id


@pytest.mark.parametrize("state", KeyState)
def test_each_state_is_shown_as_the_practice_told_it_and_only_what_is_open_has_a_button(cast, site, state):
    _, _, key = jane_holds_a_key(cast)
    last_on = timezone.localdate() + timedelta(days=100)
    with binding.bind(cast.acme):
        Key.objects.filter(id=key.id).update(
            state=state, state_because="As agreed", ends_on=last_on, told_at=timezone.now()
        )

    page = came(cast, site).page

    assert f">{state.label}</span>" in page and "As agreed" in page
    assert (f"until {last_on:%m/%d/%Y}" in page) == (state == "live"), "suspended until then would be another thing"
    assert (f"/customers/{key.id}/entry/" in page) == (state == "live")
    assert ("Not now" in page) == (state != "live")


@pytest.mark.parametrize(("days", "label"), [(31, "Expiring"), (32, "Live")])
def test_a_month_before_its_end_a_key_is_expiring_and_still_opens(cast, site, days, label):
    _, _, key = jane_holds_a_key(cast)
    with binding.bind(cast.acme):
        Key.objects.filter(id=key.id).update(ends_on=timezone.localdate() + timedelta(days=days))

    page = came(cast, site).page

    assert f">{label}</span>" in page and f"/customers/{key.id}/entry/" in page


def test_what_a_practice_delivered_waits_for_approval(cast, site):
    jane_holds_a_key(cast)
    with binding.bind(cast.acme):
        deliveries.keep(cast.good_therapy, user_id="acme-billing", password=KEY, came_at=timezone.now())
        deliveries.keep(cast.elm_street, user_id="acme-new", password=KEY, came_at=timezone.now())

    janes, adas = came(cast, site), ada(cast, site)

    assert janes.page.count("Waiting for approval") == 1 and "acme-new" not in janes.page
    assert adas.page.count("Waiting for approval") == 2 and "Not accepted yet" in adas.page
    assert names(adas.page) == ["Elm Street Counseling", "Good Therapy, Inc."]


def test_a_key_that_this_company_ended_is_gone(cast, site):
    _, _, key = jane_holds_a_key(cast)
    browser = came(cast, site)
    with binding.bind(cast.acme):
        ring.end(Key.objects.get(id=key.id), by=ADA, reason="over")
    assert "No customer yet" in (browser.get(f"{root(site)}/customers/") and browser.page)
    assert browser.post(f"{root(site)}/customers/{key.id}/entry/").status_code == 422


def test_the_last_entry_is_this_persons_own(cast, site):
    jane, _, _ = jane_holds_a_key(cast)
    other = june(cast)
    with binding.bind(cast.acme):
        party = RelyingParty.objects.create(client_id=hosts.root(cast.good_therapy), name="Good", registered_by="x")
        for user, day in ((jane, 5), (jane, 7), (other, 9)):
            entry = Entry.objects.create(party=party, user=user, billing_user="acme-billing")
            Entry.objects.filter(id=entry.id).update(entered_at=f"2026-03-0{day}T15:00:00Z")

    page = came(cast, site).page

    assert "03/07/2026 10:00 AM" in page, "as everywhere: the filter `moment`" and "03/09/2026" not in page


# Entering


def test_one_click_enters_with_both_parts_on_both_records(cast, site):
    _, _, key = jane_holds_a_key(cast)
    browser = came(cast, site)

    response = browser.post(f"{root(site)}/customers/{key.id}/entry/")

    assert response.status_code == 200 and browser.url == hosts.root(cast.good_therapy) + "/clients/", browser.text
    assert opens(cast, browser)
    practice = [e.action for e in cast.events(cast.good_therapy) if e.source == "third party"]
    assert practice[:3] == ["sign-in.first-part.accepted", "sign-in.first-part.brought", "visit.began"]
    home = [e.action for e in cast.events(cast.acme, person="Jane Doe")]
    assert home[-3:] == ["key.used", "identity.confirmed", "identity.entered"]
    assert not any(KEY in url for url in browser.trail)
    browser.get(f"{root(site)}/customers/")
    assert '<td class="nowrap">–</td>' not in browser.page, "when it was stands on the list"


def test_signing_out_at_the_admin_site_ends_the_visits_too(cast, site):
    from countersign.identity import notices

    _, _, key = jane_holds_a_key(cast)
    browser = came(cast, site)
    browser.post(f"{root(site)}/customers/{key.id}/entry/")

    browser.post(f"{root(site)}/sign-out/", follow=False)

    notices.settle()
    assert [e.reason for e in cast.events(cast.good_therapy, action="visit.ended")] == ["ended at home: signed out"]
    assert not opens(cast, browser)


def test_a_click_is_of_the_same_session_and_of_no_other(cast, site):
    """At the company's host somebody else has signed in meanwhile: the practice's question is asked of them anew."""
    _, _, key = jane_holds_a_key(cast)
    assign(cast, key, june(cast))
    browser = came(cast, site)
    address = browser.post(f"{root(site)}/customers/{key.id}/entry/", follow=False)["Location"]
    company = browser.at(hosts.root(cast.acme).partition("://")[2])
    company.cookies.clear()
    browser.post(f"{hosts.root(cast.acme)}/sign-in/", {"user_id": "june", "password": PASSWORD})

    browser.get(address)

    assert "Continue as June Park" in browser.text and not opens(cast, browser)


def test_why_not_is_said_on_the_list_and_on_both_records(cast, site):
    jane, _, key = jane_holds_a_key(cast)
    browser = came(cast, site)
    with binding.bind(cast.acme):
        assignments.end(Assignment.objects.get(user=jane), by=ADA)

    response = browser.post(f"{root(site)}/customers/{key.id}/entry/", {"q": "good"})

    assert response.status_code == 422 and "You could not enter Good Therapy, Inc." in browser.text
    assert "The key acme-billing is not assigned to you." in browser.text and 'value="good"' in browser.page
    assert [e.reason for e in cast.events(cast.acme, action="identity.refused")] == [
        "The key acme-billing is not assigned to you"
    ]
    assert browser.post(f"{root(site)}/customers/{cast.acme.id}/entry/").status_code == 404


# Searching and favorites


@pytest.mark.parametrize(("q", "found"), [
    ("practice 00", 3), ("PRACTICE 001", 1), ("practice-2.example", 1), ("acme 002", 1), ("live", 3), ("suspended", 0),
    ("nothing of it", 0), ("  ", 3), ("<script>", 0), ("%00", 0), ("\ufffd" * 200, 0), ("é", 0),
])
def test_every_word_must_be_found(cast, site, q, found):
    many(cast, 3, user=cast.jane())
    browser = came(cast, site)
    response = browser.at(root(site).partition("://")[2]).get("/customers/", {"q": q})

    page = response.content.decode()
    assert response.status_code == 200 and f"{found} of 3 customer keys" in page and "<script>" not in page
    event = cast.events(cast.acme, action__startswith="customers.")[-1]
    assert (event.action == "customers.searched") == bool(q.strip())


def test_favorites_are_ones_own_and_come_first(cast, site):
    jane, other = cast.jane(), june(cast)
    keys = many(cast, 3, user=jane)
    with binding.bind(cast.acme):
        Assignment.objects.create(key=keys[2], user=other, begins_on=date(2026, 1, 5), made_by="Ada")
    browser, junes = came(cast, site), came(cast, site, "june")
    address = f"{root(site)}/customers/{keys[2].id}/favorite/"

    for _ in range(2):
        browser.post(address, {"favorite": "on", "q": "practice"})
    assert browser.url == f"{root(site)}/customers/?q=practice"
    assert names(browser.page) == ["Practice 002", "Practice 000", "Practice 001"] and browser.page.count("★") == 1
    assert "★" not in (junes.get(f"{root(site)}/customers/") and junes.page)

    browser.post(address, {"favorite": "off"})
    assert names(browser.page) == ["Practice 000", "Practice 001", "Practice 002"]
    with binding.bind(cast.acme):
        assert not Favorite.objects.exists()
    assert [e.action for e in cast.events(cast.acme, action__startswith="customer.")] == [
        "customer.marked", "customer.unmarked"
    ]


@pytest.mark.parametrize("wanted", ["", "maybe", "on\x00"])
def test_a_favorite_that_is_neither_on_nor_off_changes_nothing(cast, site, wanted):
    keys = many(cast, 1, user=cast.jane())
    browser = came(cast, site)

    response = browser.post(f"{root(site)}/customers/{keys[0].id}/favorite/", {"favorite": wanted})

    assert response.status_code == 422 and "Nothing was changed" in browser.text
    with binding.bind(cast.acme):
        assert not Favorite.objects.exists()


# People × customers


def test_managers_see_people_and_customers_from_either_side(cast, site):
    jane_holds_a_key(cast)
    june(cast)
    browser = ada(cast, site)

    browser.get(f"{root(site)}/people/")
    assert names(browser.page) == ["Ada Whitlock", "Jane Doe", "June Park"]
    assert "Jane Doe jane 1 Good Therapy, Inc. (acme-billing)" in browser.text
    browser.get(f"{root(site)}/people/?by=customer&q=jane")
    assert "Good Therapy, Inc. acme-billing 1 Jane Doe" in browser.text
    browser.get(f"{root(site)}/people/?q=good")
    assert names(browser.page) == ["Jane Doe"]
    assert "Nothing matches" in (browser.get(f"{root(site)}/people/?q=elm") and browser.text)


# What it costs, and whose databases it opens


def test_the_number_of_queries_does_not_grow_with_the_customers(cast):
    jane = cast.jane()

    def counted():
        with binding.bind(cast.acme):
            user = User.objects.get(id=jane.id)
            found = []
            for call in (
                lambda: lists.customers(user, manages=False), lambda: lists.customers(user, manages=True, q="prac"),
                lists.people, lambda: lists.people(by_customer=True),
            ):
                with CaptureQueriesContext(connections["default"]) as queries:
                    call()
                found.append(len(queries))
            return found

    many(cast, 3, user=jane)
    few = counted()
    with binding.bind(cast.acme):
        Key.objects.all().update(ended_at=timezone.now(), kid="", sealed=b"")
    many(cast, 60, user=jane)

    assert counted() == few == [4, 5, 4, 4]


def test_no_database_of_a_customer_is_opened(cast, site, monkeypatch):
    _, _, key = jane_holds_a_key(cast)
    browser = came(cast, site, browser=Browser(raise_request_exception=False))
    before = names(browser.page)
    for practice in (cast.good_therapy, cast.elm_street):
        binding.pool.forget(practice)
    real = locations.database

    def unreadable(instance):
        if instance.id in (cast.good_therapy.id, cast.elm_street.id):
            return {**real(instance), "NAME": "/nonexistent/gone" if not instance.server else "gone"}
        return real(instance)

    monkeypatch.setattr(locations, "database", unreadable)
    client = cast.client(cast.good_therapy, raise_request_exception=False)
    gone = client.post("/sign-in/", {"user_id": "x", "password": "y"}).status_code
    assert gone == 503, "the databases are gone, or this test shows nothing"

    for path in ("/customers/", "/customers/?q=good"):
        browser.get(root(site) + path)
        assert names(browser.page) == before == ["Good Therapy, Inc."]
    refused = browser.post(f"{root(site)}/customers/{key.id}/entry/")
    assert refused.status_code == 422 and "The practice does not answer." in browser.text
