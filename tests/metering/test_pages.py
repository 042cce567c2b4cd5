"""Account charges at the instance, and charges and price plans in Support's console."""

import csv
import io
import re
import uuid
from datetime import date
from decimal import Decimal

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from countersign.audit.actors import system
from countersign.instances.models import Instance
from countersign.metering import paper as drawn
from countersign.metering import periods, statements
from countersign.metering.models import Line, PricePlan, Statement
from countersign.people.models import UserType
from tests.metering.lives import Life, priced
from tests.people.rooms import text, user, version
from tests.reports.written import queries, rows

pytestmark = pytest.mark.everybody

OCTOBER = date(2026, 10, 1)
CHARGES = "/settings/account-charges/"


@pytest.fixture
def life(clock, cast):
    """Rowan is Regular and Rita Restricted since August, Ada is the administrator; it is December 2nd."""
    life = Life(cast, clock)
    priced(cast, "39.00")
    life.born()
    life.born(name="Rita", type=UserType.RESTRICTED)
    cast.administrator(cast.good_therapy)
    clock.to(2026, 12, 2)
    return life


@pytest.fixture
def ada(life):
    return life.cast.signed_in(life.cast.good_therapy)


@pytest.fixture
def morgan(life):
    life.cast.administrator(life.cast.support, "morgan", name="Morgan Hale")
    return life.cast.signed_in(life.cast.support, "morgan")


def frozen(instance, month=OCTOBER):
    return statements.freeze(instance, month, by=system())[0]


def paper(response):
    pages = PdfReader(io.BytesIO(response.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def cells(response):
    return list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))


def test_the_page_says_who_is_charged_this_month_and_why_and_what_it_comes_to(life, ada):
    frozen(life.instance)

    page = ada.get(CHARGES)

    shown = text(page)
    assert rows(page)[:2] == [
        ["Ada Admin", "admin", "System Administrator", "Active since before the month", "12/01/2026", "39.00"],
        ["Rowan", "rowan", "Regular", "Active since before the month", "12/01/2026", "39.00"],
    ]
    assert "Rita" not in shown
    assert "<dt>Next statement so far</dt><dd>78.00</dd>" in shown
    assert '<a href="/settings/account-charges/2026-10/">10/2026</a>' in shown


def test_without_a_price_plan_nothing_is_owed_and_the_page_says_so(clock, cast):
    cast.administrator(cast.elm_street)

    shown = text(cast.signed_in(cast.elm_street).get(CHARGES))

    assert "Support has set no price for this month yet." in shown and "No statements yet" in shown


def test_support_is_told_that_it_is_not_charged(life, morgan):
    assert "Support itself is not charged" in text(morgan.get(CHARGES))


def test_a_frozen_statement_is_read_on_a_page_on_paper_and_in_a_spreadsheet(life, ada):
    frozen(life.instance)
    address = f"{CHARGES}2026-10/"

    page, pdf, table = ada.get(address), ada.get(f"{address}pdf/"), ada.get(f"{address}csv/")

    assert rows(page) == [["Ada Admin", "admin", "System Administrator", "Active all month", "10/01/2026", "39.00"],
                          ["Rowan", "rowan", "Regular", "Active all month", "10/01/2026", "39.00"]]
    assert "Charges for 10/2026" in paper(pdf) and "78.00" in paper(pdf) and "Active all month" in paper(pdf)
    assert pdf.content == ada.get(f"{address}pdf/").content
    found = cells(table)
    assert found[0] == ["Month", "Name", "User ID", "User Type", "Why charged", "From", "Amount"]
    assert sum(Decimal(row[-1]) for row in found[1:]) == Decimal("78.00")
    actions = [event.action for event in life.cast.events(life.instance, action__startswith="charges.")]
    assert actions == ["charges.frozen", "charges.opened", "charges.downloaded", "charges.exported",
                       "charges.downloaded"]


def test_a_name_that_a_spreadsheet_would_run_stays_a_text(life, ada):
    line = Line(str(uuid.uuid4()), "=1+1", "@sum", "Regular", "Active all month", OCTOBER)
    Statement.objects.create(
        instance=life.instance, instance_name=life.instance.name, month_on=OCTOBER, time_zone="America/New_York",
        plan="<b>Standard", price="39.00", users=1, total="39.00", kept=[line.stored(Decimal("39"))], frozen_by="x",
    )

    (_, row) = cells(ada.get(f"{CHARGES}2026-10/csv/"))

    assert row[1:3] == ["'=1+1", "'@sum"]
    assert "&lt;b&gt;Standard" in text(ada.get(f"{CHARGES}2026-10/"))


@pytest.mark.parametrize("month", ["2026-12", "2030-01", "2026-09", "2026-13", "0000-01", "x"])
def test_a_month_without_a_statement_is_not_there(life, ada, month):
    frozen(life.instance)
    frozen(life.cast.elm_street, date(2026, 9, 1))  # which is nobody else's

    assert ada.get(f"{CHARGES}{month}/").status_code == 404


def test_past_statements_come_in_pages_and_none_is_missing_or_shown_twice(life, ada):
    month, made = OCTOBER, []
    for _ in range(60):
        Statement.objects.create(
            instance=life.instance, instance_name="Good Therapy", month_on=month, time_zone="America/New_York",
            plan="Standard", price=1, users=0, total=0, frozen_by="x",
        )
        made.append(f"{month:%m/%Y}")
        month = periods.before(month)
    address, seen = CHARGES, []
    while address:
        shown = text(ada.get(address))
        seen += re.findall(r'-\d\d/">(\d\d/\d{4})</a>', shown)
        more = re.search(r'href="(\?before=[0-9-]+)#past" rel="next"', shown)
        address = CHARGES + more[1] if more else ""

    assert seen == made


def test_the_number_of_questions_does_not_grow_with_the_users(life, ada):
    with queries(life.instance) as few:
        ada.get(CHARGES)
    for number in range(25):
        life.born(name=f"Person{number}")
    life.clock.to(2026, 12, 2, 1)
    ada = life.cast.signed_in(life.instance)
    ada.get(CHARGES)
    with queries(life.instance) as many:
        page = ada.get(CHARGES)

    assert len(rows(page)) >= 27
    assert len(many) <= len(few)


# In Support's console


def many(life, count):
    """Statements of October for so many instances more, as a large installation has."""
    made = Instance.objects.bulk_create(
        Instance(slug=f"p-{number:05}", name=f"Practice {number:05}", kind="practice", schema="x", created_by="x")
        for number in range(count)
    )
    Statement.objects.bulk_create(
        Statement(
            instance=one, instance_name=one.name, month_on=OCTOBER, time_zone="America/New_York", plan="Standard",
            price="33.33", users=3, total="99.99", frozen_by="x", kept=[],
        )
        for one in made
    )


def test_the_console_shows_each_month_of_all_instances_with_its_total_and_no_person(life, morgan):
    for instance in (life.instance, life.cast.elm_street, life.cast.acme):
        frozen(instance)

    listed, page = morgan.get("/console/charges/"), morgan.get("/console/charges/2026-10/")
    pdf, table = morgan.get("/console/charges/2026-10/pdf/"), morgan.get("/console/charges/2026-10/csv/")

    assert rows(listed) == [["10/2026", "3", "2", "78.00", "PDF of 10/2026 · CSV of 10/2026"]]
    assert [row[0] for row in rows(page)] == ["ACME Billing", "Elm Street Counseling", "Good Therapy, Inc."]
    assert "<dt>Total</dt><dd>78.00</dd>" in text(page) and "<dt>Without a statement</dt><dd>1</dd>" in text(page)
    assert "78.00" in paper(pdf) and "good-therapy" in paper(pdf)
    found = cells(table)
    assert [row[2] for row in found[1:]] == ["acme-billing", "elm-street", "good-therapy"]
    for shown in (text(listed), text(page), paper(pdf), str(found)):
        assert "Rowan" not in shown and "Ada Admin" not in shown


def test_a_month_of_many_instances_comes_in_pages_with_the_same_questions_for_each(life, morgan):
    many(life, 120)
    counts, seen, address = [], [], "/console/charges/2026-10/"
    while address:
        with CaptureQueriesContext(connections["control"]) as asked:
            page = morgan.get(address)
        counts.append(len(asked))
        seen += [row[0] for row in rows(page)]
        more = re.search(r'href="(\?after=[0-9a-f-]+)" rel="next"', text(page))
        address = "/console/charges/2026-10/" + more[1] if more else ""

    assert seen == [f"Practice {number:05}" for number in range(120)]
    assert max(counts) < 15 and max(counts) - min(counts) <= 1
    assert "<td class=\"num\">11,998.80</td>" in text(morgan.get("/console/charges/2026-10/"))
    assert len(cells(morgan.get("/console/charges/2026-10/csv/"))) == 121


def test_paper_of_very_many_instances_ends_with_words_and_its_total_is_of_all(life, morgan, monkeypatch):
    monkeypatch.setattr(drawn, "ON_PAPER", 5)
    many(life, 7)

    said = paper(morgan.get("/console/charges/2026-10/pdf/"))

    assert "Practice 00004" in said and "Practice 00005" not in said and "699.93" in said
    assert "These are the first 5 of 7, by name. The CSV holds every one." in said


@pytest.mark.parametrize("month", ["2026-12", "2030-01", "2026-13", "x"])
def test_a_month_of_which_nothing_is_frozen_is_not_there(life, morgan, month):
    frozen(life.instance)

    assert morgan.get(f"/console/charges/{month}/").status_code == 404


AMOUNT = "Enter an amount up to 999,999.99, with two decimals at most."
PLAN = {"name": "Larger", "price": "49.50", "from_on": "11/2026", "instance": ""}


def test_support_sets_a_price_plan_and_both_records_hold_it(life, morgan):
    response = morgan.post("/console/price-plans/new/", {**PLAN, "instance": "good-therapy"}, follow=True)

    assert "Set: Larger, 49.50 from 11/2026 for Good Therapy, Inc." in text(response)
    assert rows(response)[0][:5] == ["Larger", "49.50", "11/2026", "Good Therapy, Inc.", "Morgan Hale"]
    for where, source in ((life.cast.support, "ours"), (life.instance, "support")):
        (event,) = life.cast.events(where, action="price-plan.set", changes__name="Larger")
        assert (event.person, event.source) == ("Morgan Hale", source)
        assert event.changes == {"name": "Larger", "price": "49.50", "from": "11/2026"}


@pytest.mark.parametrize(("field", "typed", "said"), [
    ("price", "-1", "A price cannot be negative."),
    ("price", "1e400", AMOUNT),
    ("price", "1000000", AMOUNT),
    ("price", "39.999", AMOUNT),
    ("price", "1e-400", AMOUNT),
    ("price", "NaN", "Enter an amount like 39.00."),
    ("price", "Infinity", "Enter an amount like 39.00."),
    ("price", "a lot", "Enter an amount like 39.00."),
    ("price", "", "Enter price per user and month"),
    ("from_on", "13/2027", "Enter a month like 01/2027."),
    ("from_on", "2027-01", "Enter a month like 01/2027."),
    ("from_on", "01/2099", "This is far in the future. Choose 12/2031 or earlier."),
    ("from_on", "10/2026", "The statement of Good Therapy, Inc. for 10/2026 is frozen. Choose 11/2026 or later."),
    ("from_on", "", "Enter the first month, like 01/2027."),
    ("name", "", "Enter name"),
    ("name", "Pl\u202ean", "Leave out invisible characters."),
    ("instance", "nowhere", "There is no instance with this address."),
    ("instance", "support", "Support itself is not charged. Choose another instance."),
    ("instance", "a\0b", "Null characters are not allowed."),
])
def test_a_bad_price_plan_is_refused_beside_the_field_and_what_was_typed_stays(life, morgan, field, typed, said):
    frozen(life.instance)
    before = PricePlan.objects.count()

    response = morgan.post("/console/price-plans/new/", {**PLAN, field: typed})

    assert response.status_code == 422
    error = re.search(rf'id="id_{field}_error"[^>]*>(.*?)</', text(response))
    assert error and said in re.sub("<[^>]+>", "", text(response).replace("&#x27;", "'"))
    assert f'href="#id_{field}"' in text(response)
    if typed and typed.isprintable():
        assert f'value="{typed}"' in text(response)
    assert PricePlan.objects.count() == before


# User Details


def test_raising_a_restricted_user_says_before_saving_from_which_month_it_costs(life, ada):
    rita = user(life.instance, "rita")
    address = f"/settings/users/{rita.id}/"
    costs = "Raised now, a user is charged for from 12/2026 on: that month in full, at 39.00 a month."

    opened = ada.get(address)
    shown = text(ada.post(address, {"name": "Rita", "type": "regular", "show": "1"}))
    raised = ada.post(address, {"name": "Rita", "type": "regular", "version": version(opened)}, follow=True)

    assert costs in text(opened), "also without scripts, where nobody asks for the notice"
    assert f"charged for from now on, and can be given permissions here. {costs}" in shown
    assert f"Rita is charged for from now on. {costs}" in text(raised)
    assert ["Rita", "rita", "Regular", "Raised to Regular on 12/02/2026", "12/02/2026", "39.00"] in rows(
        ada.get(CHARGES)
    )


def test_raising_somebody_again_who_was_charged_for_this_month_costs_nothing_more(life, ada):
    life.becomes(UserType.RESTRICTED, 2026, 12, 2, 0, 5)

    shown = text(ada.get(f"/settings/users/{user(life.instance, 'rowan').id}/"))

    assert "They were charged for in 12/2026 already, so this month costs nothing more." in shown


def test_raising_somebody_inactive_costs_from_when_they_are_active_again(life, ada):
    life.user(lambda found, by: type(found).objects.filter(id=found.id).update(inactivated_at=life.clock.moment),
              2026, 12, 2, user_id="rita")
    address = f"/settings/users/{user(life.instance, 'rita').id}/"
    page = ada.get(address)

    raised = text(ada.post(address, {"name": "Rita", "type": "regular", "version": version(page)}, follow=True))

    assert "raised, it costs from the month in which they are active again" in text(page)
    assert "charged for from now on" not in raised


def test_who_is_charged_for_anyway_is_told_nothing_of_it(life, ada):
    assert "Raised now" not in text(ada.get(f"/settings/users/{user(life.instance, 'rowan').id}/"))
