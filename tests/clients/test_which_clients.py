"""Locks and keys on clients, and 42 CFR Part 2: who sees whom, and since when."""

import csv
import io
from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from countersign.audit.actors import system
from countersign.clients import actions
from countersign.clients.consent import Consent
from countersign.clients.models import Client
from countersign.clients.reach import NOTICE, in_words
from countersign.instances import binding
from countersign.people import accounts, tags
from countersign.people.models import AccessTag, User
from countersign.people.permissions import BILLING_CEILING, Permission
from tests.clients.people import add, add_many, queries, text, with_permissions
from tests.security.kinds import Kind, Visitor

pytestmark = pytest.mark.usefixtures("home_not_asked")
NOTED = NOTICE.replace("'", "&#x27;")


@pytest.fixture
def good(cast):
    return cast.good_therapy


class Guest:
    """A visit through one Billing user, whose reach can be changed meanwhile."""

    def __init__(self, cast, *, holds=BILLING_CEILING, tags=(), sees_part_2=False):
        self.where, self.visitor = cast.good_therapy, Visitor(cast, cast.good_therapy)
        self.kind = Kind("visit", "billing", frozenset(holds))
        self.visitor.become(self.kind)
        self.user = self.visitor.users[self.kind]
        self.reach(tags=tags, sees_part_2=sees_part_2)

    def reach(self, *, tags=(), sees_part_2=False):
        with binding.bind(self.where):
            User.objects.filter(id=self.user.id).update(sees_part_2=sees_part_2)
            self.user.tags.set(AccessTag.objects.filter(name__in=tags))

    def get(self, address, data=None):
        return self.visitor.client.get(address, data)

    def post(self, address, data=None):
        return self.visitor.client.post(address, data)

    def names(self, **asked):
        return [row[1].partition(",")[0] for row in self.get("/clients/", asked).context["rows"]]


def tagged(where, client, *names, part_2=False, consented=False):
    with binding.bind(where):
        client.tags.set([AccessTag.objects.get_or_create(name=name, defaults={"created_by": "t"})[0] for name in names])
        Client.objects.filter(id=client.id).update(part_2=part_2)
        if consented:
            Consent.objects.create(client=client, given_on=date(2026, 1, 5), recorded_by="t")
    return client


@pytest.fixture
def five(good):
    """Nobody's lock, one lock, two locks; under Part 2 with and without a consent."""
    return {
        "Open": add(good, 1001, "Open"),
        "One": tagged(good, add(good, 1002, "One"), "Adults"),
        "Two": tagged(good, add(good, 1003, "Two"), "Adults", "North"),
        "Agreed": tagged(good, add(good, 1004, "Agreed"), part_2=True, consented=True),
        "Silent": tagged(good, add(good, 1005, "Silent"), part_2=True),
    }


@pytest.mark.parametrize(
    ("reach", "seen"),
    [
        ({}, ["Open"]),
        ({"tags": ["Adults"]}, ["One", "Open"]),
        ({"tags": ["North"]}, ["Open"]),
        ({"tags": ["Adults", "North"]}, ["One", "Open", "Two"]),
        ({"sees_part_2": True}, ["Agreed", "Open"]),
        ({"tags": ["Adults"], "sees_part_2": True}, ["Agreed", "One", "Open"]),
    ],
)
def test_a_billing_user_sees_those_whose_every_tag_it_holds(cast, five, reach, seen):
    guest = Guest(cast, **reach)

    listed, searched = guest.names(), guest.names(q="dana", status="all")
    opened = sorted(name for name, one in five.items() if guest.get(f"/clients/{one.id}/").status_code == 200)
    exported = sorted(
        row["Last name"] for row in csv.DictReader(io.StringIO(text(guest.get("/clients/export/")))) if row["Last name"]
    )

    assert (listed, searched, opened, exported) == (seen, seen, seen, seen)
    assert f"{len(seen)} of {len(seen)} client" in text(guest.get("/clients/"))


def test_the_practices_own_people_see_everybody_without_any_tag(cast, good, five):
    clinician = with_permissions(cast, Permission.VIEW_CLIENTS)

    assert [row[1] for row in clinician.get("/clients/").context["rows"]] == [
        "Agreed, Dana", "One, Dana", "Open, Dana", "Silent, Dana", "Two, Dana"
    ]
    assert {clinician.get(f"/clients/{one.id}/").status_code for one in five.values()} == {200}


def test_a_change_of_tags_switch_or_consent_counts_from_the_next_request(cast, good, five):
    guest = Guest(cast, tags=["Adults"], sees_part_2=True)
    before = guest.names()
    with binding.bind(good):
        tags.retire(AccessTag.objects.get(name="Adults"), by=system())
    retired = guest.names()
    with binding.bind(good):
        actions.revoke(Consent.objects.get(), by=system(), revoked_on=date(2026, 2, 1))
    revoked = guest.names()
    with binding.bind(good):
        actions.consent(five["Silent"], by=system(), given_on=date(2026, 2, 1), note="")
    consented = guest.names()
    guest.reach()

    assert before == retired == ["Agreed", "One", "Open"]
    assert (revoked, consented, guest.names()) == (["One", "Open"], ["One", "Open", "Silent"], ["Open"])


def test_a_long_list_is_counted_and_paged_within_the_set_alone(cast, good):
    add_many(good, 50)
    with binding.bind(good):
        tag = AccessTag.objects.create(name="Adults", created_by="t")
        tag.clients.set(Client.objects.filter(number__lte=1025))
    guest, holder = Guest(cast), Guest(cast, tags=["Adults"])

    assert "20 of 25 clients" in text(guest.get("/clients/"))
    assert "20 of 50 clients" in text(holder.get("/clients/"))
    last = guest.get("/clients/").context["rows"][-1][0]
    assert len(guest.get("/clients/", {"after": str(last)}).context["rows"]) == 5


def test_a_visit_costs_no_query_more_than_own_people(cast, good):
    add_many(good, 30)
    guest, browser = Guest(cast, tags=["Adults"], sees_part_2=True), with_permissions(cast, *BILLING_CEILING)
    counts = []
    for who in (browser, guest):
        who.get("/clients/")
        with queries(good) as sent:
            who.get("/clients/")
        # a visit's session is looked at by `access` too
        reads = [sql for sql in sent if sql.startswith("SELECT")]
        counts.append([sql for sql in reads if "access_" not in sql and "listing" not in sql])

    assert len(counts[0]) == len(counts[1])


# 42 CFR Part 2


def test_the_notice_is_on_every_screen_that_shows_such_a_client_to_a_visit_and_on_no_other(cast, good, five):
    guest = Guest(cast, sees_part_2=True)
    own = with_permissions(cast, *Permission)
    agreed, plain = (f"/clients/{five[name].id}/" for name in ("Agreed", "Open"))
    pages = ["", "payers/", "ledger/", "notes/", "notes/new/", "edit/", "disclosures/", "disclosures/new/",
             "accountings/new/", "opened/"]

    with_it = [text(guest.get(agreed + page)).count(NOTED) for page in pages]
    with_it.append(text(guest.get("/clients/")).count(NOTED))
    without = [text(guest.get(plain + page)).count(NOTED) for page in pages]
    log = text(guest.get("/reports/general-log/")).count(NOTED)

    assert (with_it, without, log) == ([1] * 11, [0] * 10, 1)
    assert text(guest.get("/clients/?q=open")).count(NOTED) == 0
    assert [text(own.get(agreed + page)).count(NOTED) for page in pages] == [0] * 10


def test_an_export_that_holds_such_a_client_ends_with_the_notice_and_counts_clients_only(cast, good, five):
    own = with_permissions(cast, Permission.EXPORT_CLIENTS, Permission.VIEW_GENERAL_LOG)

    whole = list(csv.reader(io.StringIO(text(own.get("/clients/export/")))))
    other = list(csv.reader(io.StringIO(text(own.get("/clients/export/?q=open")))))

    assert whole[-1] == [NOTICE] and [row[0] for row in whole[1:-1]] == ["1004", "1002", "1001", "1005", "1003"]
    assert NOTICE not in other[-1] and NOTICE[0].isalpha()
    assert [event.changes["rows"] for event in cast.events(good, action="clients.exported")] == [5, 1]


def last_but_one(told, format):
    """The last line is the checkpoint, which in a table is one row of several lines."""
    return list(csv.reader(io.StringIO(told)))[-2][0] if format == "csv" else told.splitlines()[-2]


@pytest.mark.parametrize("format", ["csv", "jsonl", "fhir"])
def test_an_export_of_the_record_says_it_too_before_its_last_line(cast, good, five, format):
    own = with_permissions(cast, *Permission)
    plain = text(own.get("/reports/general-log/export/", {"format": format}))
    own.get(f"/clients/{five['Agreed'].id}/")

    told = text(own.get("/reports/general-log/export/", {"format": format}))

    words = {"csv": "Federal rules", "jsonl": '{"notice":"Federal rules', "fhir": '"resourceType":"Binary"'}[format]
    assert words not in last_but_one(plain, format)
    assert words in last_but_one(told, format)


def test_consents_are_recorded_and_revoked_with_old_and_new(cast, good, five):
    own = with_permissions(cast, Permission.EDIT_CLIENTS, Permission.VIEW_CLIENTS)
    address = f"/clients/{five['Silent'].id}/consents/"

    given = own.post(address, {"given_on": "01/05/2026", "note": "Drawer 3"})
    again = own.post(address, {"given_on": "01/05/2026"})
    early = own.post(f"{address}revocation/", {"revoked_on": "01/04/2026"})
    ended = own.post(f"{address}revocation/", {"revoked_on": "02/04/2026"})
    nothing = own.post(f"{address}revocation/", {"revoked_on": "02/04/2026"})

    assert [r.status_code for r in (given, again, early, ended, nothing)] == [302, 422, 422, 302, 302]
    assert "A consent is in force already" in text(again)
    assert "It was given on 01/05/2026 and cannot be revoked before" in text(early)
    recorded, revoked = (cast.events(good, action=f"consent.{name}") for name in ("recorded", "revoked"))
    assert [event.changes for event in (*recorded, *revoked)] == [
        {"Given on": "01/05/2026", "Note": "Drawer 3"}, {"Revoked on": ["", "02/04/2026"]},
    ]


@pytest.mark.parametrize("typed", ["", "soon", "02/30/2026", "01/01/1800", "later"])
def test_a_consent_of_no_day_or_of_one_to_come_is_refused_beside_the_field(cast, good, five, typed):
    own = with_permissions(cast, Permission.EDIT_CLIENTS)
    with binding.bind(good):
        tomorrow = f"{timezone.localdate() + timedelta(days=1):%m/%d/%Y}"

    typed = tomorrow if typed == "later" else typed
    response = own.post(f"/clients/{five['Silent'].id}/consents/", {"given_on": typed})

    assert response.status_code == 422 and response.context["form"].errors["given_on"]
    with binding.bind(good):
        assert Consent.objects.count() == 1


def test_a_consent_for_a_client_who_needs_none_is_refused_in_words(cast, good, five):
    own = with_permissions(cast, Permission.EDIT_CLIENTS)

    response = own.post(f"/clients/{five['Open'].id}/consents/", {"given_on": "01/05/2026"})

    assert response.status_code == 422 and "is not marked as under 42 CFR Part 2" in text(response)


def test_the_database_holds_one_consent_in_force_and_no_revocation_before_it(cast, good, five):
    row = {"client": five["Agreed"], "given_on": date(2026, 2, 1), "recorded_by": "t"}
    with binding.bind(good):
        for more in ({}, {"revoked_on": date(2026, 1, 1)}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Consent.objects.create(**row, **more)


# Who decides


def edit(client, **more):
    return {
        "first_name": "Dana", "last_name": client.last_name, "born_on": "06/02/1988", "sex": "F",
        "started_on": "03/04/2024", "status": "active", "version": 1, **more,
    }


def test_a_visit_sees_no_field_for_tags_and_changes_none_whatever_it_sends(cast, good, five):
    guest = Guest(cast, tags=["Adults"])
    with binding.bind(good):
        north = str(AccessTag.objects.get(name="North").id)
    address = f"/clients/{five['One'].id}/edit/"

    page = text(guest.get(address))
    sent = guest.post(address, edit(five["One"], phone="1", tags=[north], part_2="on"))
    added = guest.post("/clients/new/", edit(five["One"], last_name="New", tags=[north], part_2="on"))

    assert ('name="tags"' in page, 'name="part_2"' in page) == (False, False)
    assert (sent.status_code, added.status_code) == (302, 302)
    with binding.bind(good):
        one, new = Client.objects.get(last_name="One"), Client.objects.get(last_name="New")
        assert [tag.name for tag in one.tags.all()] == ["Adults"] and not new.tags.exists()
        assert (one.part_2, new.part_2) == (False, False)


def test_tags_and_the_flag_are_changed_on_the_clients_page_with_old_and_new(cast, good, five):
    own = with_permissions(cast, Permission.EDIT_CLIENTS, Permission.VIEW_CLIENTS)
    with binding.bind(good):
        north = AccessTag.objects.get(name="North")
    address = f"/clients/{five['One'].id}/"

    own.post(f"{address}edit/", edit(five["One"], tags=[north.id], part_2="on"))

    (event,) = cast.events(good, action="client.changed")
    assert {name: event.changes[name] for name in ("tags", "part_2")} == {
        "tags": [["Adults"], ["North"]], "part_2": ["", "yes"]
    }
    assert "No consent in force" in text(own.get(address))


def test_two_tabs_that_change_tags_are_told_of_each_other(cast, good, five):
    own = with_permissions(cast, Permission.EDIT_CLIENTS)
    address = f"/clients/{five['Two'].id}/edit/"
    own.post(address, edit(five["Two"], tags=[]))

    late = own.post(address, edit(five["Two"], part_2="on"))

    assert late.status_code == 409
    with binding.bind(good):
        assert not Client.objects.get(last_name="Two").part_2


@pytest.mark.parametrize("wrong", ["nonsense", "00000000-0000-0000-0000-000000000007", "retired"])
def test_a_tag_that_does_not_exist_or_is_retired_is_refused_beside_the_field_and_nothing_is_half_saved(
    cast, good, five, wrong
):
    own = with_permissions(cast, Permission.EDIT_CLIENTS)
    with binding.bind(good):
        gone = tags.add(name="Gone", by=system())
        tags.retire(gone, by=system())
        adults = AccessTag.objects.get(name="Adults").id

    response = own.post(
        f"/clients/{five['Open'].id}/edit/",
        edit(five["Open"], last_name="Typed", tags=[adults, gone.id if wrong == "retired" else wrong]),
    )

    assert response.status_code == 422
    assert "One of these access tags does not exist or was retired" in str(response.context["form"].errors["tags"])
    assert 'value="Typed"' in text(response)
    with binding.bind(good):
        kept = Client.objects.get(number=1001)
        assert (kept.last_name, kept.tags.count()) == ("Open", 0)


def test_a_retired_tag_stays_on_the_client_that_has_it_and_can_be_taken_off(cast, good, five):
    own = with_permissions(cast, Permission.EDIT_CLIENTS)
    with binding.bind(good):
        adults = AccessTag.objects.get(name="Adults")
        tags.retire(adults, by=system())
    address = f"/clients/{five['One'].id}/edit/"

    page = text(own.get(address))
    kept = own.post(address, edit(five["One"], phone="1", tags=[adults.id]))
    off = own.post(address, edit(five["One"], version=2, tags=[]))

    assert "Adults (retired)" in page and (kept.status_code, off.status_code) == (302, 302)
    assert "Adults (retired)" not in text(own.get(f"/clients/{five['Open'].id}/edit/"))


# Settings > Access tags


def test_the_list_counts_clients_and_keys(cast, good, five):
    Guest(cast, tags=["Adults"])
    cast.administrator(good)
    browser = cast.signed_in(good)

    rows = {tag.name: (tag.locks, tag.holders) for tag in browser.get("/settings/access-tags/").context["live"]}

    assert rows == {"Adults": (2, 1), "North": (1, 0)}


def test_tags_are_added_renamed_and_retired_and_each_is_on_the_record(cast, good):
    cast.administrator(good)
    browser = cast.signed_in(good)
    browser.post("/settings/access-tags/", {"name": " Adults "})
    with binding.bind(good):
        tag = AccessTag.objects.get(name="Adults")
    address = f"/settings/access-tags/{tag.id}/"

    browser.post(address, {"name": "Grown-ups"})
    browser.post(f"{address}retirement/")
    browser.post(f"{address}retirement/")

    found = [(e.action, e.object, e.changes) for e in cast.events(good) if e.action.startswith("tag.")]
    assert found == [
        ("tag.added", "Adults", {"name": "Adults"}), ("tag.renamed", "Grown-ups", {"name": ["Adults", "Grown-ups"]}),
        ("tag.retired", "Grown-ups", {}),
    ]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "This field is required"), ("x" * 41, "at most 40 characters"), ("a\u202eb", "control characters"),
        ("adults", "Another access tag has this name"), ("GONE", "A retired access tag has this name"),
    ],
)
def test_a_name_that_cannot_be_is_refused_beside_the_field(cast, good, name, said):
    with binding.bind(good):
        tags.add(name="Adults", by=system())
        tags.retire(tags.add(name="Gone", by=system()), by=system())
    cast.administrator(good)

    response = cast.signed_in(good).post("/settings/access-tags/", {"name": name})

    assert response.status_code == 422 and said in str(response.context["form"].errors["name"])
    with binding.bind(good):
        assert AccessTag.objects.count() == 2


# On the Billing user


def test_a_billing_users_tags_and_switch_are_changed_with_old_and_new(cast, good, five):
    key = cast.key()
    with binding.bind(good):
        adults = AccessTag.objects.get(name="Adults")
        accounts.change(
            key, by=system(), grantable=None, name=key.name, email="", type="billing", groups=key.groups.all(),
            permissions=[], billing_company=key.billing_company, tags=[adults], sees_part_2=True,
        )

    (event,) = cast.events(good, action="user.changed")
    assert event.changes == {"tags": [[], ["Adults"]], "sees_part_2": [False, True]}


def test_a_change_that_says_nothing_of_them_leaves_them(cast, good, five):
    key = cast.key()
    with binding.bind(good):
        key.tags.set(AccessTag.objects.all())
        accounts.change(
            key, by=system(), grantable=None, name="Other", email="", type="billing", groups=[], permissions=[],
            billing_company=key.billing_company,
        )
        assert key.tags.count() == 2


def test_nobody_else_holds_tags_or_the_switch(cast, good, five):
    with binding.bind(good):
        found = AccessTag.objects.all()
        for more in ({"tags": list(found)}, {"sees_part_2": True}):
            with pytest.raises(ValidationError):
                accounts.create(
                    name="Nell", user_id="nell", password="brass lamp by the window", type="regular", by=system(),
                    **more,
                )
        assert not User.objects.filter(user_id="nell").exists()


@pytest.mark.parametrize(
    ("held", "switch", "words"),
    [
        ([], False, "Clients without tags; not 42 CFR Part 2"),
        (["Adults"], False, "Clients without tags, and those tagged Adults; not 42 CFR Part 2"),
        (["North", "Adults"], True,
         "Clients without tags, and those with no other tags than Adults and North; 42 CFR Part 2 with consent"),
    ],
)
def test_whose_data_is_said_in_words(cast, good, five, held, switch, words):
    guest = Guest(cast, tags=held, sees_part_2=switch)
    with binding.bind(good):
        assert in_words(User.objects.get(id=guest.user.id)) == words
