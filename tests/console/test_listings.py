"""Support registers billing companies: applied, listed, suspended, delisted, each with who, when and why."""

import pytest

from countersign.instances import listings
from countersign.instances.models import InstanceKind, Listing
from tests.installation import as_owner

pytestmark = pytest.mark.everybody


@pytest.fixture
def support(cast):
    cast.administrator(cast.support, "morgan", name="Morgan Hale")
    client = cast.signed_in(cast.support, "morgan")
    client.raise_request_exception = False  # a 503 is an answer like any other
    return client


@pytest.fixture
def company(cast):
    return cast.installation.open("newcomer", "Newcomer Billing", InstanceKind.BILLING_COMPANY)


def step(support, company, state, reason="Checked their papers"):
    return support.post(f"/console/listings/{company.id}/", {"state": state, "reason": reason})


def test_a_company_is_registered_step_by_step_and_the_history_says_who_and_why(cast, support, company):
    assert not listings.is_listed(company.id)

    for state in ("applied", "listed", "suspended", "listed", "delisted"):
        assert step(support, company, state, reason=f"Because {state}").status_code == 302
        assert listings.is_listed(company.id) == (state == "listed")

    page = support.get(f"/console/listings/{company.id}/").content.decode()
    assert page.index("Because delisted") < page.index("Because suspended") < page.index("Because applied")
    assert "Morgan Hale" in page
    assert "Newcomer Billing" in support.get("/console/listings/").content.decode()


def test_the_dropdown_of_every_practice_reads_the_listed_ones(cast, support, company):
    def offered():
        return [str(listing.instance) for listing in Listing.objects.listed().order_by("instance__name")]

    assert offered() == ["ACME Billing", "Rival Billing"]
    step(support, company, "listed")
    assert offered() == ["ACME Billing", "Newcomer Billing", "Rival Billing"]
    step(support, cast.rival, "suspended")
    assert offered() == ["ACME Billing", "Newcomer Billing"]


def test_both_records_hold_each_step(cast, support, company):
    step(support, company, "listed")

    for where, source in ((cast.support, "ours"), (company, "support")):
        (event,) = cast.events(where, action="listing.changed")
        assert (event.person, event.source, event.reason) == ("Morgan Hale", source, "Checked their papers")
        assert event.changes == {"listing": ["", "listed"]}


def test_a_step_that_is_none_is_refused(cast, support, company):
    response = step(support, company, "suspended")

    assert response.status_code == 422
    assert not Listing.objects.filter(instance=company).exists()
    assert cast.events(cast.support, action="listing.changed") == []
    assert len(cast.events(cast.support, action="page.invalid")) == 1


def test_only_an_active_instance_is_listed_and_support_never(cast, support, company):
    support.post(f"/console/instances/{company.id}/changes/", {"state": "suspended", "reason": "Unpaid"})

    refused = step(support, company, "listed")

    assert refused.status_code == 422
    assert "Only an active instance can be listed." in refused.content.decode()
    assert step(support, cast.support, "listed").status_code == 422


def test_a_reason_is_needed(cast, support, company):
    assert step(support, company, "listed", reason=" ").status_code == 422
    assert not listings.is_listed(company.id)


@pytest.mark.parametrize("broken", ["support", "company"])
def test_a_step_that_one_side_cannot_record_is_not_taken(cast, support, company, broken):
    where = cast.support if broken == "support" else company
    as_owner(where, "ALTER TABLE audit_event RENAME TO audit_gone")

    response = step(support, company, "listed")

    assert response.status_code == 503
    assert not Listing.objects.filter(instance=company).exists()
    for other in {cast.support, company} - {where}:
        assert cast.events(other, action="listing.changed") == []
