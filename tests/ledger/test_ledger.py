import re
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from countersign.instances import binding
from countersign.ledger.models import Service
from countersign.ledger.views import clock
from countersign.people.permissions import Permission
from tests.clients.people import add, cover, queries, text, with_permissions


@pytest.fixture
def good(cast):
    return cast.good_therapy


@pytest.fixture
def browser(cast):
    return with_permissions(cast, Permission.VIEW_LEDGER)


def serve(instance, client, count=1, **more):
    clinician = cover(instance, client)
    with binding.bind(instance):
        Service.objects.bulk_create(
            Service(**{
                "client": client, "clinician": clinician, "served_on": date(2026, 6, 1) - timedelta(days=index // 2),
                "start_minute": 540, "stop_minute": 595, "code": "90837", "label": "Psychotherapy, 60 min",
                "charge": Decimal("188.00"), "place": "10", **more,
            })
            for index in range(count)
        )
    return clinician


def dates(page):
    return re.findall(r'<th scope="row">(\d\d/\d\d/\d{4})</th>', page)


def test_a_ledger_shows_what_was_done_and_what_it_costs(cast, good, browser):
    client = add(good)
    serve(good, client)

    page = text(browser.get(f"/clients/{client.id}/ledger/"))

    row = re.search(r'<tr><th scope="row">06/01/2026.*</tr>', page).group()
    assert " ".join(re.sub("<[^>]+>", " ", row).split()) == (
        "06/01/2026 9:00 AM–9:55 AM 90837 Psychotherapy, 60 min F41.1 Adeyemi Video, at home 1 188.00"
    )
    (event,) = cast.events(good, action="ledger.opened")
    assert (event.client_id, event.client) == (str(client.id), "Rivera, Dana (1042)")


def test_totals_are_of_all_services_not_of_the_page(good, browser):
    client = add(good)
    serve(good, client, 120)

    context = browser.get(f"/clients/{client.id}/ledger/").context

    totals = context["totals"]
    assert (totals["count"], totals["charge"], len(context["rows"])) == (120, Decimal("22560"), 50)


def test_pages_run_newest_first_without_gap_or_repeat_though_days_are_shared(good, browser):
    client = add(good)
    serve(good, client, 120)

    seen, address = [], f"/clients/{client.id}/ledger/"
    url, pages = address, 0
    while url:
        page = text(browser.get(url))
        seen += dates(page)
        following = re.search(r'href="(\?[^"]+)" rel="next"', page)
        url, pages = (address + following.group(1).replace("&amp;", "&") if following else None), pages + 1

    days = [f"{date(2026, 6, 1) - timedelta(days=index // 2):%m/%d/%Y}" for index in range(120)]
    assert (seen, pages) == (days, 3)


def test_services_of_others_are_not_shown_and_no_place_to_continue_from(good, browser):
    dana, park = add(good), add(good, 1043, "Park", "Min-ji")
    serve(good, dana)
    with binding.bind(good):
        service = Service.objects.get()

    empty = browser.get(f"/clients/{park.id}/ledger/")
    missing = browser.get(f"/clients/{park.id}/ledger/", {"after": str(service.id)})

    assert "No services yet" in text(empty)
    assert missing.status_code == 404


def test_a_ledger_costs_the_same_few_queries_however_long_it_is(good, browser):
    client = add(good)
    serve(good, client, 50)

    with queries(good) as sent:
        browser.get(f"/clients/{client.id}/ledger/")

    # session with user, permissions of groups, client, totals, services with clinician, diagnoses
    assert len([sql for sql in sent if sql.startswith("SELECT")]) == 6


@pytest.mark.parametrize(
    ("minute", "written"),
    [(0, "12:00 AM"), (545, "9:05 AM"), (720, "12:00 PM"), (1439, "11:59 PM"), (1440, "12:00 AM")],
)
def test_minutes_are_written_as_time_of_day(minute, written):
    assert clock(minute) == written


@pytest.mark.parametrize(
    "wrong",
    [
        {"stop_minute": 540}, {"stop_minute": 1441}, {"units": 0}, {"charge": "-1"}, {"code": ""},
        {"diagnosis_pointer": 0},
    ],
)
def test_the_database_refuses_a_service_that_cannot_be(good, wrong):
    client = add(good)
    clinician = serve(good, client)

    with binding.bind(good), pytest.raises(IntegrityError), transaction.atomic():
        Service.objects.create(**{
            "client": client, "clinician": clinician, "served_on": date(2026, 6, 1), "start_minute": 540,
            "stop_minute": 600, "code": "90837", "label": "x", "charge": 1, **wrong,
        })
