"""*What can they see?* says what a visit finds: asked of the page, and of a visit through the same Billing user."""

from datetime import timedelta

import pytest
from django.utils import timezone

from countersign.access import terms, uses, winding
from countersign.audit.actors import system
from countersign.clients.models import Client, Clinician
from countersign.instances import binding
from countersign.ledger import actions as ledger
from countersign.ledger.models import SelfPay, Service
from countersign.oversight import seeing
from countersign.people.models import User, UserType
from countersign.people.permissions import BILLING_CEILING
from countersign.people.permissions import Permission as P
from tests.cast import agree
from tests.clients.people import add, add_many, cover, text, with_permissions
from tests.clients.test_which_clients import Guest, tagged

pytestmark = pytest.mark.usefixtures("home_not_asked")
PRIYA = system("Priya Raman")


@pytest.fixture
def priya(cast):
    with binding.bind(cast.good_therapy):
        agree(cast.acme)
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


@pytest.fixture
def five(cast):
    """Nobody's lock, one lock, two locks; under Part 2 with and without a consent."""
    good = cast.good_therapy
    return {
        "Open": add(good, 1001, "Open"),
        "One": tagged(good, add(good, 1002, "One"), "Adults"),
        "Two": tagged(good, add(good, 1003, "Two"), "Adults", "North"),
        "Agreed": tagged(good, add(good, 1004, "Agreed"), part_2=True, consented=True),
        "Silent": tagged(good, add(good, 1005, "Silent"), part_2=True),
    }


def serve(cast, client, *days_ago):
    """A session of the client on each day."""
    with binding.bind(cast.good_therapy):
        clinician = Clinician.objects.create(first_name="Cole", last_name="Weaver")
        return [
            Service.objects.create(
                client=Client.objects.get(id=client.id), clinician=clinician, start_minute=600, stop_minute=650,
                served_on=timezone.localdate() - timedelta(days=days), code="90834", label="Session", charge="142.00",
            )
            for days in days_ago
        ]


def preview(browser, guest):
    response = browser.get(f"/billing-users/{guest.user.id}/preview/")
    assert response.status_code == 200, text(response)
    return response.context["seen"]


def line(seen, kind):
    return next(one for one in seen.lines if one.kind == kind)


@pytest.mark.parametrize("reach", [
    {}, {"tags": ["Adults"]}, {"tags": ["North"]}, {"tags": ["Adults", "North"]}, {"sees_part_2": True},
    {"tags": ["Adults"], "sees_part_2": True},
])
def test_the_preview_lists_whom_a_visit_lists(cast, priya, five, reach):
    guest = Guest(cast, **reach)

    seen, listed = preview(priya, guest), guest.get("/clients/").context

    assert (seen.rows, seen.total) == (listed["rows"], listed["total"])
    opened = [one for one in five.values() if guest.get(f"/clients/{one.id}/").status_code == 200]
    assert line(seen, "Insurance").amount == f"{len(opened)} of 5 clients"
    part_2 = [one for one in opened if one in (five["Agreed"], five["Silent"])]
    assert line(seen, "Records under 42 CFR Part 2").amount == f"{len(part_2)} of 2 clients"


def test_of_a_long_list_it_is_the_first_page_and_discharged_clients_are_not_on_it(cast, priya):
    add_many(cast.good_therapy, 25)
    with binding.bind(cast.good_therapy):
        Client.objects.filter(number__lte=1002).update(status="discharged", discharged_on=timezone.localdate())
    guest = Guest(cast)

    seen, listed = preview(priya, guest), guest.get("/clients/").context

    assert (seen.rows, seen.total) == (listed["rows"], listed["total"]) and (len(seen.rows), seen.total) == (20, 23)
    assert line(seen, "Insurance").answer == seeing.YES


def test_services_are_counted_as_the_ledger_shows_them(cast, priya, five):
    """Without those that the client paid, until the practice opens one; none after the last day of a winding down."""
    paid, late, _ = serve(cast, five["Open"], 3, 0, 5)
    serve(cast, five["One"], 4)
    guest = Guest(cast)
    with binding.bind(cast.good_therapy):
        ledger.mark(paid, by=PRIYA, reason="Asked for it")

    def shown():
        return guest.get(f"/clients/{five['Open'].id}/ledger/").context["totals"]["count"]

    assert shown() == 2 and line(preview(priya, guest), "Services and charges").amount == "2 of 4 services"
    assert line(preview(priya, guest), "Services that the client paid in full").answer == seeing.NO
    with binding.bind(cast.good_therapy):
        ledger.show(SelfPay.objects.get(service=paid), by=PRIYA, reason="The check bounced")
    assert shown() == 3 and line(preview(priya, guest), "Services and charges").amount == "3 of 4 services"
    assert line(preview(priya, guest), "Services that the client paid in full").amount == "1 of 1 services"
    with binding.bind(cast.good_therapy):
        Service.objects.filter(id=late.id).update(served_on=timezone.localdate() + timedelta(days=3))
        winding.begin(
            cast.acme, by=PRIYA, services_until_on=timezone.localdate(), reason="we part",
            workable_until_on=timezone.localdate() + timedelta(days=9),
        )
    seen = preview(priya, guest)
    assert shown() == 2 and line(seen, "Services and charges").amount == "2 of 4 services"
    assert line(seen, "The client list as a file").answer == seeing.NO
    assert guest.get("/clients/export/").status_code == 403


def test_each_kind_is_answered_as_the_doors_answer(cast, priya):
    client = add(cast.good_therapy, 1001, "Open")
    cover(cast.good_therapy, client)
    doors = {
        "Addresses and contact data": [f"/clients/{client.id}/", f"/clients/{client.id}/edit/"],
        "Insurance": [f"/clients/{client.id}/payers/"], "Services and charges": [f"/clients/{client.id}/ledger/"],
        "Progress notes": [f"/clients/{client.id}/notes/", f"/clients/{client.id}/notes/new/"],
        "Disclosures": [f"/clients/{client.id}/disclosures/"], "The client list as a file": ["/clients/export/"],
        "The record and reports: who opened what": ["/reports/general-log/", "/reports/user-audit/"],
    }
    guest, faults = Guest(cast, holds=()), []
    for permission in sorted(BILLING_CEILING):
        with binding.bind(cast.good_therapy):
            User.objects.filter(id=guest.user.id).update(permissions=[permission])
        seen = preview(priya, guest)
        for kind, addresses in doors.items():
            opens = any(guest.get(address).status_code == 200 for address in addresses)
            if opens != (line(seen, kind).answer == seeing.YES):
                faults.append((permission, kind, opens))
    assert faults == []


def test_every_permission_that_shows_health_information_stands_in_the_list():
    listed = {permission for _, opens, _ in seeing.KINDS for permission in opens}
    shows = {permission for permission in BILLING_CEILING - uses.WITHOUT_A_PAGE if permission.words.opens}

    assert shows - listed == {P.ADD_CLIENTS}  # nothing is seen by adding


def test_looking_is_an_event_of_its_own_and_changes_nothing(cast, priya, five):
    guest = Guest(cast)
    page = text(priya.get(f"/billing-users/{guest.user.id}/preview/"))

    (event,) = cast.events(cast.good_therapy, action="access.previewed")
    assert (event.person, event.object_id) == ("Priya Raman", str(guest.user.id))
    assert event.changes == {"clients shown": 1}
    assert "A preview." in page and f"/clients/{five['Open'].id}/" not in page
    assert not cast.events(cast.good_therapy, action="clients.listed")
    assert priya.post(f"/billing-users/{guest.user.id}/preview/").status_code == 405


def test_whoever_may_not_view_clients_is_shown_no_name(cast, five):
    guest = Guest(cast)
    manager = with_permissions(cast, P.MANAGE_THIRD_PARTY_ACCESS)

    page = text(manager.get(f"/billing-users/{guest.user.id}/preview/"))

    assert "Open, Dana" not in page and "1 active client." in page
    (event,) = cast.events(cast.good_therapy, action="access.previewed")
    assert event.changes == {"clients shown": 0}


def test_what_is_shut_says_so_and_a_person_is_no_billing_user(cast, priya, five):
    guest = Guest(cast)
    with binding.bind(cast.good_therapy):
        terms.suspend(cast.acme, key=guest.user, by=PRIYA, reason="We look into something")
        person = User.objects.filter(type=UserType.ADMINISTRATOR).first()

    page = text(priya.get(f"/billing-users/{guest.user.id}/preview/"))

    assert "It opens nothing at the moment: the Billing user is suspended by the practice." in page
    assert "Open, Dana" in page
    assert priya.get(f"/billing-users/{person.id}/preview/").status_code == 404
