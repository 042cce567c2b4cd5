"""Services that the client paid in full (45 CFR 164.522(a)(1)(vi)): a visit learns how many there are, and no more."""

from datetime import date
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from countersign.audit.actors import system
from countersign.clinical.models import ProgressNote
from countersign.instances import binding
from countersign.ledger import actions
from countersign.ledger.models import Opening, SelfPay, Service
from countersign.people.permissions import BILLING_CEILING, Permission
from tests.clients.people import add, queries, text, with_permissions
from tests.ledger.test_ledger import serve
from tests.security.kinds import Kind, Visitor

pytestmark = pytest.mark.usefixtures("home_not_asked")
REASON = "Asked in writing, paid by card"


@pytest.fixture
def good(cast):
    return cast.good_therapy


@pytest.fixture
def guest(cast, good):
    return Visitor(cast, good).become(Kind("visit", "billing", BILLING_CEILING)).client


@pytest.fixture
def client(good):
    """Three services at 188.00; the middle one is to be kept from the plan. Each has a note."""
    client = add(good)
    clinician = serve(good, client, 3)
    with binding.bind(good):
        services = list(Service.objects.order_by("served_on", "id"))
        for number, service in enumerate(services):
            Service.objects.filter(id=service.id).update(served_on=date(2026, 3, 1 + number))
            service.note = ProgressNote.objects.create(
                client=client, clinician=clinician, service=service, title=f"Note {number}", body="x", written_by="t"
            )
    client.kept = services[1]
    return client


@pytest.fixture
def marked(good, client):
    with binding.bind(good):
        actions.mark(client.kept, by=system(), reason=REASON)
    return client


def ledger(browser, client):
    return browser.get(f"/clients/{client.id}/ledger/")


def test_a_visit_sees_how_many_are_withheld_and_nothing_of_them(guest, marked):
    response = ledger(guest, marked)

    totals, page = response.context["totals"], text(response)
    assert (totals["count"], totals["charge"], response.context["withheld"]) == (2, Decimal("376"), 1)
    assert "1 service of this client is withheld" in page
    assert ("03/02/2026" in page, REASON in page, "/self-pay/" in page) == (False, False, False)


def test_the_practice_sees_all_with_a_marker_and_the_reason(cast, marked):
    response = ledger(with_permissions(cast, Permission.VIEW_LEDGER), marked)

    assert (response.context["totals"]["count"], response.context["withheld"]) == (3, 0)
    assert ("Self-pay, withheld" in text(response), REASON in text(response)) == (True, True)


def test_it_costs_the_practice_no_query_more_and_a_visit_one(cast, good, guest, marked):
    own = with_permissions(cast, Permission.VIEW_LEDGER)
    ledger(own, marked), ledger(guest, marked)
    counts = []
    for browser in (own, guest):
        with queries(good) as sent:
            ledger(browser, marked)
        counts.append(len([sql for sql in sent if sql.startswith("SELECT") and "services" not in sql]))

    assert counts[0] == 6 and counts[1] <= counts[0] + 2  # the count of the withheld, and the visit itself


def test_a_note_of_a_withheld_service_is_not_there_either(guest, marked, good):
    listed = text(guest.get(f"/clients/{marked.id}/notes/"))
    answers = [guest.get(f"/notes/{marked.kept.note.id}/{path}").status_code for path in ("", "edit/")]
    new = text(guest.get(f"/clients/{marked.id}/notes/new/"))

    assert [f"Note {number}" in listed for number in range(3)] == [True, False, True]
    assert answers == [404, 404] and "03/02/2026" not in new


def test_a_withheld_service_is_no_place_from_which_the_ledger_continues(guest, marked):
    assert guest.get(f"/clients/{marked.id}/ledger/", {"after": str(marked.kept.id)}).status_code == 404


def test_it_is_marked_opened_and_closed_from_the_ledger_and_counts_at_the_next_request(cast, good, guest, client):
    own = with_permissions(cast, Permission.EDIT_LEDGER, Permission.VIEW_LEDGER)
    address = f"/services/{client.kept.id}/"
    counts = [ledger(guest, client).context["totals"]["count"]]

    for path, sent in (
        ("self-pay/", {"reason": REASON}), ("opening/", {"reason": "The check bounced"}), ("opening/ending/", {}),
    ):
        assert own.post(address + path, sent).status_code == 302
        counts.append(ledger(guest, client).context["totals"]["count"])
        assert own.get(f"{address}self-pay/").status_code == 200

    assert counts == [3, 2, 3, 2]
    found = [(e.action, e.reason, e.client_id) for e in cast.events(good) if e.action.startswith("self-pay.")]
    assert [one for one in found if one[0] != "self-pay.opened"] == [
        ("self-pay.marked", REASON, str(client.id)), ("self-pay.shown", "The check bounced", str(client.id)),
        ("self-pay.hidden", "", str(client.id)),
    ]


@pytest.mark.parametrize("path", ["self-pay/", "opening/"])
@pytest.mark.parametrize("reason", ["", " ", "x" * 201, "a\nb"])
def test_without_a_reason_that_is_one_nothing_is_changed(cast, good, marked, path, reason):
    own = with_permissions(cast, Permission.EDIT_LEDGER)
    other = marked.kept if path == "opening/" else None
    with binding.bind(good):
        other = other or Service.objects.exclude(id=marked.kept.id).first()

    response = own.post(f"/services/{other.id}/{path}", {"reason": reason})

    assert response.status_code == 422 and response.context["form"].errors["reason"]
    with binding.bind(good):
        assert (SelfPay.objects.count(), Opening.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("self-pay/", "was marked already"), ("opening/", "was opened already"), ("opening/ending/", "is not marked"),
    ],
)
def test_whoever_comes_second_is_told_and_changes_nothing(cast, good, marked, path, said):
    own = with_permissions(cast, Permission.EDIT_LEDGER)
    with binding.bind(good):
        plain = Service.objects.exclude(id=marked.kept.id).first()
        Opening.objects.create(self_pay_id=marked.kept.id, reason="x", opened_by="t")
    id = plain.id if path == "opening/ending/" else marked.kept.id

    response = own.post(f"/services/{id}/{path}", {"reason": "Again"}, follow=True)

    assert said in text(response)
    with binding.bind(good):
        assert (SelfPay.objects.count(), Opening.objects.filter(closed_at=None).count()) == (1, 1)


def test_no_visit_decides_it_whatever_it_may_do(cast, good, guest, marked):
    answers = [
        guest.post(f"/services/{marked.kept.id}/{path}", {"reason": "x"}).status_code
        for path in ("self-pay/", "opening/", "opening/ending/")
    ]

    assert answers == [403, 403, 403]
    assert {event.rule for event in cast.events(good, action="page.refused")} == {"own people only"}


def test_the_log_tells_a_visit_nothing_of_it(cast, good, guest, marked):
    own = with_permissions(cast, Permission.VIEW_GENERAL_LOG)

    shown = [REASON in text(browser.get("/reports/general-log/")) for browser in (own, guest)]
    exports = [REASON in text(browser.get("/reports/general-log/export/")) for browser in (own, guest)]

    assert (shown, exports) == ([True, False], [True, False])
    assert guest.get("/record/download/").status_code == 403


def test_the_database_holds_one_opening_at_a_time_and_a_reason_for_each(good, marked):
    with binding.bind(good):
        Opening.objects.create(self_pay_id=marked.kept.id, reason="x", opened_by="t")
        for reason in ("again", ""):
            with pytest.raises(IntegrityError), transaction.atomic():
                Opening.objects.create(self_pay_id=marked.kept.id, reason=reason, opened_by="t")
