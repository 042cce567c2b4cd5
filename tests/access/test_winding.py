"""The end of a relation: no service after one day, work until another, no exports, then a certificate."""

from datetime import timedelta

import pytest
from django.utils import timezone

from countersign.access import standing, winding
from countersign.access.models_winding import Certificate, WindingDown
from countersign.audit.actors import system
from countersign.clients.models import Client, Clinician
from countersign.identity import dispatches
from countersign.instances import binding, hosts, revocations
from countersign.ledger.models import Service
from countersign.people.permissions import Permission
from tests.access.steps import host
from tests.instances.test_restore import back_up, restore
from tests.keyring.ringing import put_in, stored
from tests.security.fillings import a_client

DAY = timedelta(days=1)
PRIYA = system("Priya Raman")


@pytest.fixture
def key(cast):
    cast.jane()
    return cast.key(permissions=[Permission.EXPORT_CLIENTS])


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


def at(cast, verb, *args, **kwargs):
    with binding.bind(cast.good_therapy):
        return verb(*args, **kwargs)


def company(cast):
    return f"/settings/third-party/{cast.acme.id}/"


def exports(cast, browser):
    return browser.at(host(cast.good_therapy)).get("/clients/export/").status_code


def words(response):
    return " ".join(response.content.decode().split())


def wind_down(cast, services=0, work=10):
    today = timezone.localdate()
    return at(
        cast, winding.begin, cast.acme, by=PRIYA, services_until_on=today + services * DAY,
        workable_until_on=today + work * DAY, reason="we part",
    )


def services(cast, *days):
    client = a_client(cast, cast.good_therapy, {})
    with binding.bind(cast.good_therapy):
        clinician = Clinician.objects.create(first_name="Cole", last_name="Weaver")
        for day in days:
            Service.objects.create(
                client=Client.objects.get(id=client), clinician=clinician, served_on=day, start_minute=600,
                stop_minute=650, code="90834", label=f"Session of {day:%m/%d/%Y}", charge="142.00",
            )
    return client


def test_services_after_the_last_day_are_not_there_and_exports_are_off_at_the_next_request(cast, priya, key):
    inside = cast.visit()
    today = timezone.localdate()
    client = services(cast, today, today + DAY)
    ledger = f"/clients/{client}/ledger/"
    root = hosts.root(cast.good_therapy)
    assert exports(cast, inside) == 200
    assert f"Session of {today + DAY:%m/%d/%Y}" in inside.get(root + ledger).content.decode()

    form = {"services_until_on": f"{today}", "workable_until_on": f"{today + 10 * DAY}", "reason": "we part"}
    assert priya.post(f"{company(cast)}winding-down/", form).status_code == 302

    page = inside.get(root + ledger).content.decode()
    assert f"Session of {today:%m/%d/%Y}" in page and f"Session of {today + DAY:%m/%d/%Y}" not in page
    assert "142.00" in page and "284.00" not in page, "no sum tells of it either"
    assert exports(cast, inside) == 403
    assert f"Session of {today + DAY:%m/%d/%Y}" in words(priya.get(ledger)), "the practice's own people see it all"
    (event,) = cast.events(cast.good_therapy, action="access.winding-down.set")
    assert event.changes == {
        "services_until_on": ["", f"{today}"], "workable_until_on": ["", f"{today + 10 * DAY}"],
    }


def test_after_the_last_day_of_work_nobody_comes_in(cast, key):
    made = wind_down(cast)

    assert at(cast, standing.why_not, key, at=timezone.now() + 10 * DAY) == ""
    assert at(cast, standing.why_not, key, at=timezone.now() + 11 * DAY) == (
        f"the Billing user was wound down with its company on {made.workable_until_on:%m/%d/%Y}"
    )


def test_taken_back_it_goes_on_as_before(cast, priya, key):
    inside = cast.visit()
    wind_down(cast)

    assert priya.post(f"{company(cast)}winding-down/ending/", {"reason": "we stay"}).status_code == 302
    assert priya.post(f"{company(cast)}winding-down/ending/").status_code == 422

    assert exports(cast, inside) == 200
    assert at(cast, standing.why_not, key, at=timezone.now() + 11 * DAY) == ""


def test_the_company_is_told_until_when_and_the_card_says_so_too(cast, priya, key):
    in_the_ring = put_in(cast)
    day = wind_down(cast, work=10).workable_until_on
    dispatches.settle()

    assert stored(cast, in_the_ring).ends_on == day
    assert f"{day:%m/%d/%Y} <span" in words(priya.get("/settings/third-party/"))
    at(cast, winding.take_back, cast.acme, by=PRIYA, reason="we stay")
    dispatches.settle()
    assert stored(cast, in_the_ring).ends_on == at(cast, standing.last_on, key)


def test_set_again_the_newest_counts(cast, key):
    wind_down(cast, work=10)
    wind_down(cast, work=20)

    assert at(cast, standing.why_not, key, at=timezone.now() + 11 * DAY) == ""
    assert at(cast, WindingDown.objects.count) == 2


@pytest.mark.parametrize(("services", "work", "said"), [
    (-1, 5, winding.PAST), (-2, -1, winding.PAST), (5, 4, winding.ORDER), (None, 5, "Enter last day of service"),
])
def test_wrong_days_are_said_beside_the_field_and_nothing_is_saved(cast, priya, key, services, work, said):
    today = timezone.localdate()
    form = {"workable_until_on": f"{today + work * DAY}", "reason": "we part"}
    form |= {} if services is None else {"services_until_on": f"{today + services * DAY}"}

    answer = priya.post(f"{company(cast)}winding-down/", form)

    assert answer.status_code == 422 and said in words(answer) and 'value="we part"' in words(answer)
    assert at(cast, WindingDown.objects.count) == 0


def test_the_certificate_comes_when_nobody_can_come_in_and_stays_as_a_paper(cast, priya, key):
    today = timezone.localdate()
    form = {"how": "both", "what": "Claims of 2026", "certified_by": "Ada Whitlock", "certified_on": f"{today}"}
    early = priya.post(f"{company(cast)}certificates/new/", form)
    assert early.status_code == 422 and winding.STILL_IN in words(early)
    assert priya.post(f"{company(cast)}suspensions/").status_code == 302

    ahead = priya.post(f"{company(cast)}certificates/new/", {**form, "certified_on": f"{today + DAY}"})
    assert ahead.status_code == 422 and "This day has not come yet." in words(ahead)
    assert priya.post(f"{company(cast)}certificates/new/", form).status_code == 302

    made = at(cast, Certificate.objects.get)
    assert (made.certified_by, made.recorded_by) == ("Ada Whitlock", "Priya Raman")
    paper = priya.get(f"/certificates/{made.id}/pdf/")
    assert paper.content.startswith(b"%PDF-") and paper["Content-Type"] == "application/pdf"
    assert "Returned, and what was left destroyed" in words(priya.get(company(cast)))


def test_a_restored_backup_does_not_take_it_back(cast, priya, key, tmp_path):
    cast.administrator(cast.support, "morgan", "Morgan Hale")
    file = back_up(cast, tmp_path)
    wind_down(cast)

    restore(cast, file)

    assert at(cast, standing.why_not, key, at=timezone.now() + 11 * DAY) != ""


def test_without_the_catalogues_memory_it_would(cast, priya, key, tmp_path, monkeypatch):
    monkeypatch.setattr(revocations, "note", lambda *args, **more: None)
    cast.administrator(cast.support, "morgan", "Morgan Hale")
    file = back_up(cast, tmp_path)
    wind_down(cast)

    restore(cast, file)

    assert at(cast, standing.why_not, key, at=timezone.now() + 11 * DAY) == ""
