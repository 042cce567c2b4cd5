"""The demo's people: the same every time, well-formed, and nobody's."""

import re
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from countersign.demo import names
from countersign.demo.caseload import caseload
from countersign.demo.practices import PRACTICES, passes_luhn

TODAY = date(2025, 11, 24)
SIZES = {"good-therapy": 120, "elm-street": 40}


@pytest.fixture(scope="module", params=sorted(SIZES))
def practice(request):
    return caseload(request.param, clients=SIZES[request.param], today=TODAY)


def test_the_same_arguments_give_the_same_caseload():
    assert caseload(today=TODAY) == caseload(today=TODAY)


def test_another_seed_gives_other_people():
    assert caseload(today=TODAY, seed=2).clients != caseload(today=TODAY, seed=1).clients


@pytest.mark.parametrize(("slug", "clients"), [("good-therapy", 120), ("elm-street", 40), ("elm-street", 1)])
def test_there_are_exactly_as_many_clients_as_asked_for(slug, clients):
    found = caseload(slug, clients=clients, today=TODAY).clients

    assert [client.number for client in found] == list(range(1001, 1001 + clients))
    assert len({(client.first_name, client.last_name) for client in found}) == clients


@pytest.mark.parametrize("clients", [0, 1001])
def test_an_unreasonable_number_of_clients_is_refused(clients):
    with pytest.raises(ValueError, match="1 to 1000"):
        caseload(clients=clients, today=TODAY)


def test_the_caseload_has_the_size_of_a_working_practice():
    good, elm = caseload(today=TODAY), caseload("elm-street", clients=40, today=TODAY)

    assert 4000 <= len(good.services) <= 7000
    assert 1000 <= len(elm.services) <= 2500
    assert len(good.payers) == len(elm.payers) == 3


def test_two_practices_share_no_person_payer_or_identifier():
    good, elm = caseload(clients=600, today=TODAY), caseload("elm-street", clients=600, today=TODAY)

    for facts in (
        lambda one: {client.last_name for client in one.clients} | {person.last_name for person in one.clinicians},
        lambda one: {payer.payer_id for payer in one.payers} | {payer.name for payer in one.payers},
        lambda one: {coverage.member_id for coverage in one.coverages},
        lambda one: {person.npi for person in one.clinicians},
        lambda one: {client.town for client in one.clients} | {client.phone for client in one.clients},
        lambda one: {client.email for client in one.clients} - {""},
    ):
        assert facts(good) & facts(elm) == set()


def test_no_clinician_bears_the_family_name_of_a_client(practice):
    assert {one.last_name for one in practice.clinicians} & set(names.LAST) == set()
    assert len(set(names.LAST)) == len(names.LAST)


def test_every_npi_passes_its_check_digit_and_is_in_no_assigned_range(practice):
    found = [clinician.npi for clinician in practice.clinicians]

    assert all(re.fullmatch(r"2990\d{6}", npi) and passes_luhn("80840" + npi) for npi in found)
    assert len(set(found)) == len(found)


def test_the_check_digit_is_that_of_the_standard():
    assert passes_luhn("808401234567893")  # the example printed in the NPI standard
    assert not passes_luhn("808401234567894")


def test_mail_and_telephone_reach_nobody(practice):
    addresses = [one.email for one in (*practice.clients, *practice.clinicians) if one.email]
    telephones = [one.phone for one in (*practice.clients, *practice.payers)]

    assert all(re.fullmatch(r"[a-z]+[a-z.0-9]*@example\.(org|com|net)", address) for address in addresses)
    assert all(re.fullmatch(r"\(\d{3}\) 555-01\d\d", telephone) for telephone in telephones)


def test_every_reference_leads_somewhere(practice):
    clients = {client.number: client for client in practice.clients}
    clinicians = {clinician.number for clinician in practice.clinicians}
    services = {service.number: service for service in practice.services}

    assert {client.clinician for client in practice.clients} <= clinicians
    assert {service.client for service in practice.services} == set(clients)
    assert {service.clinician for service in practice.services} <= clinicians
    assert {coverage.payer for coverage in practice.coverages} == {payer.payer_id for payer in practice.payers}
    assert all(one.diagnosis_pointer <= len(clients[one.client].diagnoses) for one in practice.services)
    assert all(
        (note.client, note.clinician) == (services[note.service].client, services[note.service].clinician)
        for note in practice.progress_notes
    )
    assert len({note.service for note in practice.progress_notes}) == len(practice.progress_notes)
    assert {note.client for note in practice.psychotherapy_notes} < set(clients)


@pytest.mark.parametrize("today", [TODAY, date(2026, 1, 2), date(2024, 2, 29), date(2025, 7, 6)])
def test_services_cover_two_years_of_weekdays_within_each_stay(today):
    practice = caseload(today=today)
    clients = {client.number: client for client in practice.clients}
    days = [service.served_on for service in practice.services]

    assert all(day.weekday() < 5 for day in days)
    assert today - timedelta(days=730) <= min(days) <= today - timedelta(days=720)
    assert today - timedelta(days=7) <= max(days) < today
    assert len({(day.year, day.month) for day in days}) in (24, 25)
    for service in practice.services:
        client = clients[service.client]
        assert client.started_on <= service.served_on <= (client.discharged_on or today)


def test_nobody_is_in_two_rooms_at_once(practice):
    busy = defaultdict(set)
    for one in practice.services:
        if one.code != "90853":
            busy["clinician", one.clinician, one.served_on].add((one.start_minute, one.stop_minute))
        busy["client", one.client, one.served_on].add((one.start_minute, one.stop_minute))
    for hours in busy.values():
        ordered = sorted(hours)
        assert all(first[1] <= then[0] for first, then in pairwise(ordered))
    single = [one for one in practice.services if one.code != "90853"]
    sessions = Counter((one.clinician, one.served_on, one.start_minute) for one in single)
    assert set(sessions.values()) == {1}


def test_charges_are_the_fee_schedule_times_the_units(practice):
    fees = {fee.code: fee.charge for fee in practice.fees}

    assert all(isinstance(amount, Decimal) for amount in fees.values())
    assert all(isinstance(coverage.copay, Decimal) for coverage in practice.coverages)
    assert all(one.charge == fees[one.code] * one.units for one in practice.services)
    assert {one.charge.as_tuple().exponent for one in practice.services} == {-2}


def test_minutes_fit_the_code(practice):
    ranges = {
        "90791": (16, 90),
        "90832": (16, 37),
        "90834": (38, 52),
        "90837": (53, 60),
        "90847": (26, 60),
        "90853": (45, 90),
    }
    for one in practice.services:
        minutes = one.stop_minute - one.start_minute
        low, high = ranges.get(one.code, (15 * one.units, 15 * one.units))
        assert low <= minutes <= high


def test_whoever_came_within_the_two_years_began_with_an_intake(practice):
    first = {}
    for service in practice.services:
        first.setdefault(service.client, service)
    for client in practice.clients:
        began_here = client.started_on >= TODAY - timedelta(days=730)
        assert (first[client.number].code == "90791") == began_here
        assert (client.status == "discharged") == (client.discharged_on is not None)


def test_some_clients_are_minors_and_none_is_insured_as_a_spouse(practice):
    minors = {one.number for one in practice.clients if (TODAY - one.born_on).days < 18 * 365}

    assert 2 <= len(minors) < len(practice.clients) / 3
    assert {one.relation for one in practice.coverages if one.client in minors} <= {"self", "child"}
    assert {one.relation for one in practice.coverages if one.client not in minors} <= {"self", "spouse"}


def test_ranks_of_coverage_run_from_one_with_medicaid_last(practice):
    kinds = {payer.payer_id: payer.kind for payer in practice.payers}
    by_client = defaultdict(list)
    for coverage in practice.coverages:
        by_client[coverage.client].append(coverage)
    for several in by_client.values():
        assert [one.rank for one in several] == list(range(1, len(several) + 1))
        assert "medicaid" not in [kinds[one.payer] for one in several][:-1]


def test_notes_read_like_notes_and_a_few_are_drafts(practice):
    notes = practice.progress_notes
    drafts = [note for note in notes if note.signed_at is None]

    assert 0.94 < len(notes) / len(practice.services) < 1
    assert 0.03 < len(drafts) / len(notes) < 0.09
    assert all(3 <= len(re.findall(r"\.(?:\s|$)", note.body)) <= 5 for note in notes)
    assert len({note.body for note in notes}) > 0.85 * len(notes)
    assert all((note.signed_by is None) == (note.signed_at is None) for note in notes)


def test_nothing_is_written_or_signed_in_the_future(practice):
    midnight = datetime.combine(TODAY, time(), UTC)

    assert all(note.written_at < midnight for note in (*practice.progress_notes, *practice.psychotherapy_notes))
    assert all(note.written_at < note.signed_at < midnight for note in practice.progress_notes if note.signed_at)


def test_every_code_of_the_fee_schedule_is_used_at_good_therapy():
    practice = caseload(today=TODAY)

    assert {one.code for one in practice.services} == set(PRACTICES["good-therapy"].fees)
    assert {one.place for one in practice.services} == {"11", "02", "10"}
