"""A billing company applies to be listed: it says what it does, Support decides, and both records have it."""

import pytest

from countersign.identity import dispatches
from countersign.instances import binding, hosts, listings
from countersign.instances.models import InstanceKind, Listing
from countersign.watch import looking
from countersign.watch.models import Alert

ABOUT = {"statement": "We bill for nine practices in Kentucky", "contact": "Nora Lane, (502) 555-0142"}


@pytest.fixture
def support(cast):
    cast.administrator(cast.support, "morgan", name="Morgan Hale")
    return cast.signed_in(cast.support, "morgan")


@pytest.fixture
def company(cast, support):
    return cast.installation.open("newcomer", "Newcomer Billing", InstanceKind.BILLING_COMPANY)


@pytest.fixture
def nora(cast, company):
    cast.administrator(company, "nora", name="Nora Lane")
    return cast.signed_in(company, "nora")


def apply(nora, **typed):
    answer = nora.post("/settings/listing/", {**ABOUT, **typed})
    dispatches.settle()
    return answer


def words(response):
    return " ".join(response.content.decode().split())


def state(company):
    return Listing.objects.filter(instance=company).values_list("state", flat=True).first()


def test_what_a_company_says_reaches_support_which_decides_and_both_records_have_it(cast, support, company, nora):
    assert "Not listed" in words(nora.get("/settings/listing/"))

    assert apply(nora).status_code == 302

    assert state(company) == "applied" and not listings.is_listed(company.id)
    page = words(support.get(f"/console/listings/{company.id}/"))
    assert "We bill for nine practices in Kentucky (contact: Nora Lane, (502) 555-0142)" in page
    assert "Nora Lane, Newcomer Billing" in page
    for instance, source in ((company, "ours"), (cast.support, "third party")):
        (event,) = cast.events(instance, action="listing.applied")
        assert (event.person, event.reason, event.source) == ("Nora Lane", ABOUT["statement"], source)
    with binding.bind(cast.support):
        looking.look()
        assert [alert.sentence for alert in Alert.objects.filter(kind="terms")] == [
            "Newcomer Billing applies to be listed as a billing company: We bill for nine practices in Kentucky."
        ]

    support.post(f"/console/listings/{company.id}/", {"state": "delisted", "reason": "No agreement with anybody yet"})
    page = words(nora.get("/settings/listing/"))
    assert "Delisted" in page and "No agreement with anybody yet" in page and "Apply to be listed" in page
    apply(nora, statement="Now with an agreement")
    support.post(f"/console/listings/{company.id}/", {"state": "listed", "reason": "Checked"})
    page = words(nora.get("/settings/listing/"))
    assert listings.is_listed(company.id) and "Apply to be listed" not in page and "Morgan Hale" in page


@pytest.mark.parametrize("typed", [{"statement": ""}, {"contact": " "}, {"statement": "x" * 301}, {"contact": "a\0b"}])
def test_what_is_not_said_properly_is_named_kept_and_not_sent(cast, company, nora, typed):
    answer = apply(nora, **typed)

    assert answer.status_code == 422 and "There is a problem" in words(answer)
    kept = next(value for name, value in ABOUT.items() if name not in typed)
    assert kept in words(answer)
    assert state(company) is None and not cast.events(company, action="listing.applied")


def test_nobody_applies_twice_or_when_listed(cast, company, nora):
    apply(nora)
    again = apply(nora)

    assert again.status_code == 422 and "There is nothing to apply for at the moment." in words(again)
    assert len(cast.events(cast.support, action="listing.applied")) == 1


def test_support_itself_is_never_listed(cast, support):
    assert "Apply to be listed" not in words(support.get("/settings/listing/"))
    assert support.post("/settings/listing/", ABOUT).status_code == 422


@pytest.mark.parametrize("body", [
    {}, {"statement": "x", "contact": "y"}, {"person": "N", "sub": "1", "contact": "y"},
    {"person": "N", "sub": "1", "statement": ["x"], "contact": "y"},
])
def test_an_application_that_says_nothing_is_not_taken(cast, company, body):
    with binding.bind(company):
        sent = dispatches.send(hosts.root(cast.support), "listing.applied", body, name="Support")
    dispatches.settle()

    with binding.bind(company):
        sent.refresh_from_db()
    assert sent.refused_at and state(company) is None


def test_a_practice_takes_no_application(cast, company):
    with binding.bind(company):
        sent = dispatches.send(hosts.root(cast.good_therapy), "listing.applied", {
            "person": "N", "sub": "1", **ABOUT,
        }, name="Good Therapy")
    dispatches.settle()

    with binding.bind(company):
        sent.refresh_from_db()
    assert sent.fault == "only Support lists billing companies" and state(company) is None
