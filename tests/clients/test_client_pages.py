import uuid

import pytest
from django.db import IntegrityError, transaction

from countersign.clients.models import Client, Coverage
from countersign.instances import binding
from countersign.people.permissions import Permission
from tests.clients.people import add, client_row, cover, queries, text, with_permissions

P = Permission
TYPED = {
    "first_name": "Dana", "last_name": "Rivera", "born_on": "06/02/1988", "sex": "F", "street": "", "town": "",
    "state": "", "postal_code": "", "phone": "", "email": "", "started_on": "03/04/2024", "clinician": "",
}


@pytest.fixture
def good(cast):
    return cast.good_therapy


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/clients/", P.VIEW_CLIENTS), ("/clients/{id}/", P.VIEW_CLIENTS), ("/clients/{id}/payers/", P.VIEW_CLIENTS),
        ("/clients/new/", P.ADD_CLIENTS), ("/clients/{id}/edit/", P.EDIT_CLIENTS),
        ("/clients/export/", P.EXPORT_CLIENTS),
        ("/clients/{id}/ledger/", P.VIEW_LEDGER), ("/clients/{id}/notes/", P.VIEW_NOTES),
        ("/clients/{id}/notes/new/", P.WRITE_NOTES),
        ("/clients/{id}/psychotherapy-notes/", P.VIEW_PSYCHOTHERAPY_NOTES),
    ],
)
def test_a_page_opens_with_its_one_permission_and_with_no_other(cast, good, path, permission):
    client = add(good)
    address = path.format(id=client.id)
    holder = with_permissions(cast, permission, user_id="holder")
    others = with_permissions(cast, *(set(P) - {permission}), user_id="others")

    opened, refused = holder.get(address), others.get(address)

    assert (opened.status_code, refused.status_code) == (200, 403)
    assert text(opened)
    assert "Rivera" not in text(refused)
    (event,) = cast.events(good, action="page.refused")
    assert (event.rule, event.object) == (str(permission), address)


@pytest.mark.parametrize(
    ("path", "action"),
    [
        ("", "client.opened"), ("payers/", "payers.opened"), ("edit/", "client.opened"), ("ledger/", "ledger.opened"),
        ("notes/", "notes.listed"), ("psychotherapy-notes/", "psychotherapy-notes.listed"),
    ],
)
def test_each_read_names_the_client(cast, good, path, action):
    client = add(good)
    cast.administrator(good)
    browser = cast.signed_in(good)

    browser.get(f"/clients/{client.id}/{path}")

    event = cast.events(good)[-1]
    assert (event.action, event.client_id, event.client, event.person) == (
        action, str(client.id), "Rivera, Dana (1042)", "Ada Admin"
    )


@pytest.mark.parametrize("path", ["", "payers/", "edit/", "ledger/", "notes/", "notes/new/", "psychotherapy-notes/"])
def test_a_client_of_another_practice_is_not_there_and_the_attempt_is_recorded(cast, good, path):
    stranger = add(cast.elm_street)
    cast.administrator(good)
    browser = cast.signed_in(good)

    answers = [browser.get(f"/clients/{id}/{path}").status_code for id in (stranger.id, uuid.uuid4())]

    assert answers == [404, 404]
    assert cast.events(good, action="page.missing")[0].object == f"/clients/{stranger.id}/{path}"
    assert "Rivera" not in str([vars(event) for event in cast.events(good)])


def test_tabs_lead_only_where_the_person_may_go(cast, good):
    client = add(good)
    front = with_permissions(cast, P.VIEW_CLIENTS, user_id="front")
    biller = with_permissions(cast, P.VIEW_CLIENTS, P.VIEW_LEDGER, user_id="biller")
    cast.administrator(good)

    tabs = [
        [tab["label"] for tab in browser.get(f"/clients/{client.id}/").context["tabs"]]
        for browser in (front, biller, cast.signed_in(good))
    ]

    assert tabs == [
        ["Profile", "Payers"], ["Profile", "Payers", "Ledger"],
        ["Profile", "Payers", "Ledger", "Notes", "Psychotherapy notes", "Disclosures", "Who opened this client"],
    ]


def test_a_diagnosis_is_shown_to_those_who_work_with_services_or_notes(cast, good):
    client = add(good)
    cover(good, client)
    front = with_permissions(cast, P.VIEW_CLIENTS, user_id="front")
    biller = with_permissions(cast, P.VIEW_CLIENTS, P.VIEW_LEDGER, user_id="biller")

    shown = ["F41.1" in text(browser.get(f"/clients/{client.id}/")) for browser in (front, biller)]

    assert shown == [False, True]


def test_payers_stand_in_the_order_of_billing_and_earlier_ones_apart(cast, good):
    client = add(good)
    cover(good, client)
    browser = with_permissions(cast, P.VIEW_CLIENTS)

    context = browser.get(f"/clients/{client.id}/payers/").context

    assert [one.member_id for one in context["current"]] == ["HL00112233"]
    assert [one.member_id for one in context["other"]] == ["OLD77"]


def test_profile_and_payers_cost_few_queries(cast, good):
    client = add(good)
    cover(good, client)
    browser = with_permissions(cast, P.VIEW_CLIENTS, P.VIEW_LEDGER)
    counts = []

    for path in ("", "payers/", "ledger/"):
        with queries(good) as sent:
            browser.get(f"/clients/{client.id}/{path}")
        counts.append(len([sql for sql in sent if sql.startswith("SELECT")]))

    assert counts == [4, 4, 6]  # two of the gate, the client, and what the page shows


def test_a_new_client_gets_the_next_number_and_is_recorded(cast, good):
    add(good, 1042)
    browser = with_permissions(cast, P.ADD_CLIENTS, P.VIEW_CLIENTS)

    response = browser.post("/clients/new/", {**TYPED, "last_name": "Park", "state": "ky"})

    (event,) = cast.events(good, action="client.added")
    assert response["Location"] == f"/clients/{event.client_id}/"
    assert event.client == "Park, Dana (1043)"
    with binding.bind(good):
        added = Client.objects.get(id=event.client_id)
    assert (added.state, added.filed_as, added.created_by) == ("KY", "park dana", "Worker")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("last_name", "", "Enter last name"), ("born_on", "1988", "valid date"), ("born_on", "06/02/1850", "1900"),
        ("born_on", "06/02/2199", "1900"), ("last_name", "a\r\nb", "line ends"),
        ("last_name", "\u202eabc", "line ends"),
        ("state", "Kentucky", "at most 2"), ("state", "1!", "two letters"), ("postal_code", "4190", "five digits"),
        ("email", "nobody", "valid email"), ("sex", "X", "valid choice"),
        ("started_on", "01/01/1980", "before the date"),
        ("clinician", str(uuid.UUID(int=7)), "valid choice"), ("last_name", "x\x00y", "Null characters"),
    ],
)
def test_what_cannot_be_is_answered_with_422_and_kept(cast, good, field, value, words):
    browser = with_permissions(cast, P.ADD_CLIENTS)

    response = browser.post("/clients/new/", {**TYPED, "street": "7 Kept Lane", field: value})

    page = text(response)
    assert (response.status_code, words in page, "7 Kept Lane" in page) == (422, True, True)
    assert cast.events(good, action="client.added") == []
    assert len(cast.events(good, action="page.invalid")) == 1


def typed(client, **more):
    return {**TYPED, "status": "active", "discharged_on": "", "version": client.version, **more}


def test_a_change_is_recorded_with_old_and_new(cast, good):
    client = add(good)
    browser = with_permissions(cast, P.EDIT_CLIENTS, P.VIEW_CLIENTS)

    response = browser.post(f"/clients/{client.id}/edit/", typed(
        client, street="12 Orchard Way", town="Harlow Mills", state="KY", postal_code="41903", phone="(502) 555-0100",
        email="dana@example.org",
    ))

    assert response.status_code == 302
    (event,) = cast.events(good, action="client.changed")
    assert event.changes == {"phone": ["(502) 555-0199", "(502) 555-0100"]}


def test_nothing_changed_is_no_change(cast, good):
    client = add(good, street="", town="", state="", postal_code="", phone="", email="")
    browser = with_permissions(cast, P.EDIT_CLIENTS)

    browser.post(f"/clients/{client.id}/edit/", typed(client))

    with binding.bind(good):
        assert Client.objects.get(id=client.id).version == 1
    assert cast.events(good, action="client.changed") == []


def test_of_two_tabs_the_second_is_told_and_replaces_nothing_unseen(cast, good):
    client = add(good)
    browser = with_permissions(cast, P.EDIT_CLIENTS, P.VIEW_CLIENTS)
    address = f"/clients/{client.id}/edit/"

    first = browser.post(address, typed(client, phone="(502) 555-0001"))
    second = browser.post(address, typed(client, phone="(502) 555-0002"))
    with binding.bind(good):
        kept = Client.objects.get(id=client.id)
    again = browser.post(address, typed(kept, phone="(502) 555-0002"))

    assert (first.status_code, second.status_code, again.status_code) == (302, 409, 302)
    assert kept.phone == "(502) 555-0001"
    page = text(second)
    assert all(shown in page for shown in ("Phone: (502) 555-0001", 'value="(502) 555-0002"', 'value="2"'))


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"status": "discharged"}, "Enter the day of the discharge"),
        ({"discharged_on": "05/05/2024"}, "An active client has no day of discharge"),
        ({"status": "discharged", "discharged_on": "05/05/2023"}, "before the start"),
        ({"version": "x"}, "whole number"),
    ],
)
def test_a_discharge_needs_its_day_and_a_day_its_discharge(cast, good, answers, words):
    client = add(good)
    browser = with_permissions(cast, P.EDIT_CLIENTS)

    response = browser.post(f"/clients/{client.id}/edit/", typed(client, **answers))

    assert (response.status_code, words in text(response)) == (422, True)
    assert cast.events(good, action="client.changed") == []


def test_fields_that_the_form_does_not_ask_for_are_not_taken(cast, good):
    client = add(good)
    browser = with_permissions(cast, P.EDIT_CLIENTS)

    beyond = {"number": "7", "filed_as": "x", "created_by": "me", "id": str(uuid.uuid4())}
    browser.post(f"/clients/{client.id}/edit/", typed(client, **beyond))

    with binding.bind(good):
        kept = Client.objects.get()
    assert (kept.id, kept.number, kept.filed_as, kept.created_by) == (client.id, 1042, "rivera dana", "test")


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0}, {"sex": "X"}, {"last_name": ""}, {"status": "discharged"}, {"discharged_on": "2024-05-05"},
        {"status": "discharged", "discharged_on": "2020-01-01"}, {"born_on": "2025-01-01"}, {"number": 1042},
    ],
)
def test_the_database_refuses_a_client_that_cannot_be(cast, good, wrong):
    add(good)

    with binding.bind(good), pytest.raises(IntegrityError), transaction.atomic():
        client_row(**{"number": 1050, **wrong}).save()


@pytest.mark.parametrize(
    "wrong", [{"rank": 0}, {"rank": 1}, {"member_id": ""}, {"copay": -1}, {"ends_on": "2023-01-01"}]
)
def test_the_database_refuses_a_coverage_that_cannot_be(cast, good, wrong):
    client = add(good)
    cover(good, client)

    with binding.bind(good):
        payer = Coverage.objects.first().payer
        details = {"rank": 2, "member_id": "M1", "subscriber_last_name": "R", "starts_on": "2024-01-01", **wrong}
        with pytest.raises(IntegrityError), transaction.atomic():
            Coverage.objects.create(client=client, payer=payer, **details)
