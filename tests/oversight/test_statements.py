"""Statements are made once, kept as they were, and reviewed by somebody with a name."""

import io
import re
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction
from django.utils import timezone
from pypdf import PdfReader

from countersign.audit import signing
from countersign.audit.actors import Actor
from countersign.audit.models import RecordIsAppendOnly
from countersign.clients.models import Client
from countersign.instances import binding
from countersign.instances.models import Listing
from countersign.oversight import months, reviews, statements
from countersign.oversight.models import Finding, Review, Statement
from countersign.people.models import User, UserType
from countersign.people.permissions import Permission
from tests.cast import PASSWORD
from tests.oversight.written import NEW_YORK, a_month, at, came, did
from tests.reports.written import queries

PRIYA = Actor(person="Priya Raman", iss="http://good-therapy", sub="1", user_id="priya")


def made(cast):
    """What a night of `countersign daily` makes at Good Therapy."""
    with binding.bind(cast.good_therapy):
        return {f"{one.company} {one.month_on:%Y-%m}": one for one in statements.daily()}


def url(cast, month="2026-03", company=None, more=""):
    return f"/statements/{(company or cast.acme).id}/{month}/{more}"


def text(pdf):
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def shown(response):
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_a_night_makes_every_month_that_is_over_and_none_twice(cast):
    a_month(cast)

    assert list(made(cast)) == [
        "ACME Billing 2026-02", "Rival Billing 2026-03", "ACME Billing 2026-03", "ACME Billing 2026-04",
    ]
    assert made(cast) == {}
    events = cast.events(cast.good_therapy, action="statement.made")
    assert [event.object for event in events] == [
        "ACME Billing, 02/2026", "Rival Billing, 03/2026", "ACME Billing, 03/2026", "ACME Billing, 04/2026",
    ]


def test_a_month_is_made_twelve_hours_after_its_end_when_nobody_can_still_be_inside(cast, monkeypatch):
    a_month(cast)
    end = at(5, 1, 0)
    for after, count in ((timedelta(hours=11, minutes=59), 3), (timedelta(hours=12), 1)):
        monkeypatch.setattr(timezone, "now", lambda after=after: end + after)
        assert len(made(cast)) == count


def test_the_current_month_is_never_made(cast):
    with binding.bind(cast.good_therapy):
        came(cast.acme, "jane", timezone.now(), seen=timezone.now())

    assert made(cast) == {}


def test_support_has_no_statements(cast):
    with binding.bind(cast.support):
        assert statements.daily() == []


def test_a_statement_stands_on_a_checkpoint_that_holds_what_it_counted(cast):
    a_month(cast)
    march = made(cast)["ACME Billing 2026-03"]

    reached = signing.read(march.checkpoint["note"], march.checkpoint["key"])
    assert (reached.size, reached.root.hex()) == (march.checkpoint["size"], march.checkpoint["root"])
    assert 0 < march.first_seq <= march.last_seq <= march.checkpoint["size"]


def test_a_statement_once_made_stays_as_it_was(cast, priya):
    before = made(cast)["ACME Billing 2026-03"].numbers
    paper = priya.get(url(cast, more="pdf/")).content
    with binding.bind(cast.good_therapy):
        visit = came(cast.acme, "jo", at(3, 20, 9), at(3, 20, 10))  # as if a late row had turned up
        did(visit, at(3, 20, 9, 5), "client.opened", client="c99", count=9)
        assert Statement.objects.get(company_id=cast.acme.id, month_on="2026-03-01").numbers == before

    assert "Jo Ruiz" not in shown(priya.get(url(cast)))
    assert priya.get(url(cast, more="pdf/")).content == paper
    assert made(cast) == {}


@pytest.mark.parametrize("table", ["oversight_statement", "oversight_review"])
@pytest.mark.parametrize("statement", ["UPDATE {0} SET id = id + 1", "DELETE FROM {0}"])
def test_the_database_refuses_to_change_statement_and_review(cast, table, statement):
    a_month(cast)
    march = made(cast)["ACME Billing 2026-03"]
    with binding.bind(cast.good_therapy):
        with transaction.atomic():
            reviews.sign_off(march, by=PRIYA, finding=Finding.NOTHING, text="All as expected")
        with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
            connections["default"].cursor().execute(statement.format(table))
        for model in (Statement, Review):
            with pytest.raises(RecordIsAppendOnly):
                model.objects.update(id=9)
            with pytest.raises(RecordIsAppendOnly):
                model.objects.first().delete()


def test_one_company_has_one_statement_a_month(cast):
    a_month(cast)
    march = made(cast)["ACME Billing 2026-03"]
    with binding.bind(cast.good_therapy):
        again = statements.make(cast.acme.id, march.month_on, name="ACME Billing", by=PRIYA)
        assert again == march
        with pytest.raises(IntegrityError), transaction.atomic():
            Statement.objects.create(
                company_id=march.company_id, company="x", month_on=march.month_on, numbers={}, first_seq=0, last_seq=0,
                checkpoint={}, made_by="x",
            )


def test_signing_off_needs_a_finding_and_words_and_keeps_what_was_typed(cast, priya):
    made(cast)

    refused = priya.post(url(cast, more="reviews/"), {"finding": "", "text": "Looked at all of it"})
    assert refused.status_code == 422
    assert b"Looked at all of it" in refused.content and "Choose what you found" in shown(refused)
    blank = priya.post(url(cast, more="reviews/"), {"finding": "something", "text": "   "})
    assert blank.status_code == 422 and "Write what you looked at" in shown(blank)
    for forged in ("remark", "fine"):
        assert priya.post(url(cast, more="reviews/"), {"finding": forged, "text": "x"}).status_code == 422
    with binding.bind(cast.good_therapy):
        assert not Review.objects.exists()


def test_a_sign_off_names_who_and_when_and_cannot_be_changed(cast, priya):
    made(cast)
    said = {"finding": "something", "text": "June exported once.\nShe told me why."}

    assert priya.post(url(cast, more="reviews/"), said).status_code == 302
    page = shown(priya.get(url(cast)))
    assert "Priya Raman (priya)" in page and "Something out of the ordinary" in page and "Sign off" not in page

    # The form is now one for remarks: what would be another finding is added below, and changes nothing.
    assert priya.post(url(cast, more="reviews/"), {"finding": "nothing", "text": "Later: all clear"}).status_code == 302
    with binding.bind(cast.good_therapy):
        assert list(Review.objects.values_list("finding", "text", "signed_by", "user_id")) == [
            ("something", said["text"], "Priya Raman", "priya"), ("remark", "Later: all clear", "Priya Raman", "priya"),
        ]
        with pytest.raises(reviews.SignedAlready):
            reviews.sign_off(Statement.objects.get(month_on="2026-03-01", company_id=cast.acme.id), by=PRIYA,
                             finding=Finding.NOTHING, text="again")
    (event,) = cast.events(cast.good_therapy, action="statement.reviewed")
    assert (event.object, event.changes) == (
        "ACME Billing, 03/2026", {"Finding": "Something out of the ordinary", "Text": said["text"]}
    )
    assert cast.events(cast.good_therapy, action="statement.remarked")


def test_an_open_month_is_shown_so_far_and_asks_for_no_review(cast, priya):
    page = shown(priya.get(url(cast)))

    assert "So far" in page and "Sign off" not in page
    assert "so far" in text(priya.get(url(cast, more="pdf/")).content)
    assert priya.post(url(cast, more="reviews/"), {"finding": "nothing", "text": "x"}).status_code == 302
    with binding.bind(cast.good_therapy):
        assert not Review.objects.exists()


def test_what_waits_longest_is_shown_first_and_is_overdue_after_thirty_days(cast, priya, monkeypatch):
    made(cast)
    page = shown(priya.get("/statements/"))
    assert "Overdue" not in page and page.count("Ready to review") == 8  # four, in both tables
    with binding.bind(cast.good_therapy), timezone.override(NEW_YORK):
        found = statements.lines()
        later = timezone.now() + timedelta(days=30, minutes=1)
        monkeypatch.setattr(timezone, "now", lambda: later)
        assert all(line.is_overdue for line in found)
        assert [f"{line.month:%m}" for line in statements.to_review(found)] == ["02", "03", "03", "04"]


def test_ended_companies_and_people_stay_in_the_list(cast, priya):
    made(cast)
    Listing.objects.filter(instance_id=cast.acme.id).update(state="delisted")
    with binding.bind(cast.good_therapy):
        User.objects.filter(type=UserType.BILLING).update(inactivated_at=timezone.now(), inactivated_by="Priya")

    assert shown(priya.get("/statements/")).count("ACME Billing") >= 3
    assert "June Park" in shown(priya.get(url(cast)))


@pytest.mark.parametrize(("holds", "reads", "signs"), [
    ({Permission.VIEW_REPORTS}, 200, 403),
    ({Permission.MANAGE_THIRD_PARTY_ACCESS}, 200, 302),
    ({Permission.VIEW_GENERAL_LOG}, 403, 403),
])
def test_who_may_read_and_who_may_sign(cast, holds, reads, signs):
    a_month(cast)
    made(cast)
    cast.user(cast.good_therapy, "worker", UserType.REGULAR, permissions=sorted(holds))
    worker = cast.signed_in(cast.good_therapy, "worker", PASSWORD)

    page = worker.get(url(cast))
    assert (page.status_code, worker.get("/statements/").status_code) == (reads, reads)
    assert worker.get(url(cast, more="pdf/")).status_code == reads
    assert (b"Sign off" in page.content) == (signs == 302)
    assert ('href="/statements/"' in worker.get("/", follow=True).content.decode()) == (reads == 200)
    assert worker.post(url(cast, more="reviews/"), {"finding": "nothing", "text": "Fine"}).status_code == signs


def test_a_visit_reads_the_statements_of_its_own_company_alone(cast):
    a_month(cast)
    made(cast)
    cast.jane()
    cast.key("acme-reports", permissions=[Permission.VIEW_REPORTS], groups=())
    browser = cast.visit("acme-reports")

    assert cast.go(browser, url(cast)).status_code == 200
    assert cast.go(browser, url(cast, company=cast.rival)).status_code == 404
    assert "Rival" not in cast.go(browser, "/statements/").content.decode()


@pytest.mark.parametrize("month", ["2026-05", "2025-03", "2099-01", "2026-3", "soon"])
def test_a_month_without_a_statement_is_not_there(cast, priya, month):
    assert priya.get(url(cast, month)).status_code == 404
    assert priya.get(url(cast, month, more="pdf/")).status_code == 404


def test_the_paper_says_what_the_page_says(cast, priya):
    made(cast)
    priya.post(url(cast, more="reviews/"), {"finding": "nothing", "text": "As agreed."})
    response = priya.get(url(cast, more="pdf/"))

    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'attachment; filename="access-statement-acme-billing-2026-03.pdf"'
    paper = text(response.content)
    for said in (
        "Good Therapy, Inc.", "ACME Billing, March 2026", "3 h 45 min", "June Park", "sub-june", "198.51.100.4",
        "Manage users", "03/08/2026", "Merkle root", "Key fingerprint", "countersign-verify", "As agreed.",
        "Priya Raman (priya)", "June Park came for the first time, on 03/10/2026.", "1 of ",
    ):
        assert said in paper, said
    assert PdfReader(io.BytesIO(response.content)).metadata.title == "Access statement: ACME Billing, March 2026"


@pytest.mark.parametrize("name", ["<b>Jane</b> & Co", "</para><script>", "Łukasz Öztürk"])
def test_a_hostile_name_is_text_on_page_and_paper(cast, priya, name):
    with binding.bind(cast.good_therapy):
        came(cast.acme, "jo", at(3, 20, 9), at(3, 20, 10), name=name)
    made(cast)

    assert "<script>" not in priya.get(url(cast)).content.decode()
    assert name in text(priya.get(url(cast, more="pdf/")).content)


def test_every_look_is_on_the_record(cast, priya):
    for path in ("/statements/", url(cast), url(cast, more="pdf/")):
        assert priya.get(path).status_code == 200
    found = [(e.action, e.object) for e in cast.events(cast.good_therapy, action__startswith="statement")]

    assert found == [
        ("statements.listed", "/statements/"), ("statement.opened", "ACME Billing, 03/2026"),
        ("statement.downloaded", "ACME Billing, 03/2026"),
    ]


def test_a_page_costs_the_same_however_many_months_there_are(cast, priya):
    made(cast)
    counted = []
    for _ in range(2):
        with queries(cast.good_therapy) as listed:
            priya.get("/statements/")
        with queries(cast.good_therapy) as opened:
            priya.get(url(cast))
        counted.append((len(listed), len(opened)))
        with binding.bind(cast.good_therapy):
            for month in range(5, 11):
                came(cast.acme, "jane", at(month, 3, 9), at(month, 3, 10))
        made(cast)

    assert counted[0] == counted[1] and max(counted[0]) <= 11


def test_nothing_of_the_statements_hangs_on_a_client(cast):
    """A client's name is not in them: who was opened is a number."""
    a_month(cast)
    assert "Client c1" not in str(made(cast)["ACME Billing 2026-03"].numbers)
    with binding.bind(cast.good_therapy):
        assert not Client.objects.exists() and months.read("2026-03")
