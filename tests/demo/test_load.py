"""A caseload arrives whole, quickly, once, and always under the same addresses."""

from datetime import date
from decimal import Decimal

import pytest
from django.db.models import Sum

from countersign.clients.models import Client, Clinician, Coverage, Diagnosis, Payer
from countersign.clinical.models import ProgressNote, PsychotherapyNote
from countersign.demo.caseload import caseload
from countersign.demo.load import link, load, row_id
from countersign.instances import binding
from countersign.ledger.models import Service
from tests.reports.written import queries

TODAY = date(2026, 6, 10)


def test_everything_of_a_caseload_arrives(cast):
    planned = caseload("elm-street", clients=12, today=TODAY)

    with binding.bind(cast.elm_street):
        assert load(planned)
        counts = [model.objects.count() for model in (Payer, Clinician, Client, Coverage, Service)]
        notes = (ProgressNote.objects.count(), PsychotherapyNote.objects.count(), Diagnosis.objects.count())
        charged = Service.objects.aggregate(total=Sum("charge"))["total"]
        first = Client.objects.get(number=1001)

    assert counts == [len(part) for part in (
        planned.payers, planned.clinicians, planned.clients, planned.coverages, planned.services
    )]
    assert notes == (
        len(planned.progress_notes), len(planned.psychotherapy_notes), sum(len(c.diagnoses) for c in planned.clients)
    )
    assert charged == sum((service.charge for service in planned.services), Decimal(0))
    assert first.name == f"{planned.clients[0].last_name}, {planned.clients[0].first_name}"


def test_loading_twice_changes_nothing_and_is_recorded_once(cast):
    planned = caseload("elm-street", clients=3, today=TODAY)

    with binding.bind(cast.elm_street):
        loaded = [load(planned), load(caseload("elm-street", clients=3, today=date(2026, 6, 11)))]
        count = Client.objects.count()

    assert (loaded, count) == ([True, False], 3)
    assert [e.object for e in cast.events(cast.elm_street, action="clients.loaded")] == ["3 clients"]


def test_the_same_client_of_the_same_practice_always_has_the_same_id():
    good, elm = (caseload(practice, clients=1, today=TODAY) for practice in ("good-therapy", "elm-street"))

    assert str(row_id(good, "client", 1001)) == "89158ae6-bb3e-54c5-b7f5-a044101738e1"
    assert row_id(good, "client", 1001) != row_id(elm, "client", 1001)


def test_a_user_can_be_linked_to_a_clinician(cast):
    planned = caseload("elm-street", clients=1, today=TODAY)
    cole = cast.user(cast.elm_street, "cole")

    with binding.bind(cast.elm_street):
        load(planned)
        link(planned, 1, cole)

        assert cole.clinician.last_name == planned.clinicians[0].last_name


def test_a_whole_demo_practice_is_loaded_many_rows_at_a_time(cast):
    """In a second or two: what makes it quick is asserted, and not how quick the machine is."""
    planned = caseload(today=TODAY)

    with queries(cast.good_therapy) as asked, binding.bind(cast.good_therapy):
        load(planned)

    assert len(planned.services) > 4000 and len(asked) < 200


@pytest.mark.parametrize("practice", ["good-therapy", "elm-street"])
def test_what_is_loaded_would_pass_the_forms(cast, practice):
    planned = caseload(practice, clients=5, today=TODAY)

    with binding.bind(cast.good_therapy):
        load(planned)
        for model in (Payer, Clinician, Client, Coverage, Service, ProgressNote):
            for row in model.objects.all()[:50]:
                row.full_clean()
