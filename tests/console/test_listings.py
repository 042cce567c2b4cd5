"""Support registers billing companies: applied, listed, suspended, delisted, each with who, when and why."""

import pytest
from django.utils import timezone

from countersign.audit.models import Event
from countersign.identity import dispatches
from countersign.instances import binding, hosts, listings
from countersign.instances.models import InstanceKind, Listing
from countersign.watch import looking
from countersign.watch.models import Alert
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


def test_the_practices_concerned_have_a_dated_notice_and_nobody_else(cast, support):
    cast.key()
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")

    for state in ("suspended", "listed", "delisted"):
        assert step(support, cast.acme, state, reason="Between us").status_code == 302
        dispatches.settle()

    told = cast.events(cast.good_therapy, action="listing.noticed")
    day = f"{timezone.localdate():%m/%d/%Y}"
    assert [event.object for event in told] == [
        f"ACME Billing was suspended by Support as a billing company on {day}: nobody of it can come in",
        f"ACME Billing is listed by Support as a billing company again since {day}: its people can come in again",
        f"ACME Billing was taken off the list of billing companies by Support on {day}: nobody of it can come in",
    ]
    assert "acme-billing" in str(told[0].changes)
    assert "Between us" not in str([(event.reason, event.changes) for event in told])
    page = cast.signed_in(cast.good_therapy, "priya").get("/settings/third-party/").content.decode()
    assert told[-1].object in page
    assert told[0].object not in page
    assert not cast.events(cast.elm_street, action="listing.noticed")
    assert not cast.events(cast.rival, action="listing.noticed")
    with binding.bind(cast.good_therapy):
        looking.look()
        assert Alert.objects.filter(kind="terms", sentence__startswith="ACME Billing was suspended by Support").exists()


def test_a_notice_is_supports_alone(cast):
    cast.key()
    for sender, body in ((cast.rival, {}), (cast.support, {"state": "gone"}), (cast.support, {"company": "5"})):
        told = {"company": str(cast.acme.id), "name": "ACME Billing", "state": "suspended", **body}
        with binding.bind(sender):
            sent = dispatches.send(hosts.root(cast.good_therapy), "listing.changed", told, name="Good Therapy, Inc.")
        dispatches.settle()
        with binding.bind(sender):
            sent.refresh_from_db()
        assert sent.refused_at
    with binding.bind(cast.good_therapy):
        assert not Event.objects.filter(action="listing.noticed").exists()


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
