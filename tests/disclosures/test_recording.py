"""A disclosure is recorded with its date, its reason and its recipient, corrected by another row, and never deleted."""

import re
from datetime import date
from html import unescape

import pytest
from django.db import DatabaseError, IntegrityError, connections, transaction

from countersign.audit.actors import system
from countersign.audit.models import RecordIsAppendOnly
from countersign.disclosures import actions
from countersign.disclosures.models import Accounting, Delivery, Disclosure, Extension, Purpose
from countersign.instances import binding
from countersign.people.models import CEILING, UserType
from countersign.people.permissions import PREDEFINED_GROUPS, Permission
from tests.clients.people import with_permissions
from tests.disclosures.people import TYPED, all_of, on_record, today


def shown(response):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def new(client):
    return f"/clients/{client.id}/disclosures/new/"


def day(days=0):
    return f"{today(days):%m/%d/%Y}"


def test_what_is_recorded_names_date_recipient_what_and_why_and_who_recorded_it(cast, dana, kit):
    assert kit.post(new(dana), TYPED).status_code == 302

    (row,) = all_of(cast, Disclosure, "disclosed_on", "recipient", "address", "purpose", "recorded_by", "client_id")
    assert row == (date(2026, 2, 3), TYPED["recipient"], TYPED["address"], "judicial", "Kit Keeper", dana.id)
    page = shown(kit.get(f"/clients/{dana.id}/disclosures/"))
    assert "County Court, Division 2" in page and "Court or administrative proceeding (164.512(e))" in page
    (event,) = cast.events(cast.good_therapy, action="disclosure.recorded")
    assert (event.client_id, event.person, event.changes["To whom"]) == (str(dana.id), "Kit Keeper", TYPED["recipient"])
    assert event.changes["Date"] == "02/03/2026" and "Not told until" not in event.changes


@pytest.mark.parametrize(("changed", "said"), [
    ({"disclosed_on": ""}, "Enter date of the disclosure"),
    ({"disclosed_on": "yesterday"}, "Enter a day as MM/DD/YYYY"),
    ({"disclosed_on": "02/30/2026"}, "Enter a day as MM/DD/YYYY"),
    ({"disclosed_on": "ahead"}, "This day has not come yet"),
    ({"disclosed_on": "04/13/2003"}, "before 04/14/2003"),
    ({"last_on": "02/02/2026"}, "The last one cannot be before the first"),
    ({"last_on": "ahead"}, "This day has not come yet"),
    ({"frequency": "monthly"}, "Enter the date of the last one"),
    ({"recipient": "  "}, "Enter to whom"),
    ({"recipient": "two\nlines"}, "Leave out line ends"),
    ({"recipient": "a\u202eb"}, "Leave out line ends and control characters"),
    ({"recipient": "x" * 201}, "at most 200"),
    ({"what": ""}, "Enter what was disclosed"),
    ({"purpose": "treatment"}, "Select a valid choice"),
    ({"purpose": ""}, "Choose why"),
    ({"basis": ""}, "Enter purpose or basis in your words"),
    ({"disclosed_by": ""}, "Enter who disclosed it"),
    ({"suspended_until": "ahead", "suspended_for": "FBI"},
     "Only a disclosure to an oversight agency or law enforcement"),
    ({"suspended_until": "ahead", "purpose": "law_enforcement"}, "Enter who asked for it"),
    ({"suspended_until": "02/02/2026", "purpose": "law_enforcement", "suspended_for": "FBI"}, "before the disclosure"),
    ({"suspended_until": "far", "purpose": "oversight", "suspended_for": "OCR", "suspended_orally": "on"},
     "30 days at most"),
    ({"suspended_for": "FBI"}, "Enter until when"),
])
def test_what_cannot_be_is_refused_and_what_was_typed_is_kept(cast, dana, kit, changed, said):
    changed = {name: {"ahead": day(1), "far": day(31)}.get(text, text) for name, text in changed.items()}
    response = kit.post(new(dana), {**TYPED, **changed})

    assert response.status_code == 422
    assert said.lower() in shown(response).lower()
    kept = next(text for name, text in TYPED.items() if name not in changed and name == "address")
    assert kept in unescape(response.content.decode())
    assert all_of(cast, Disclosure, "id") == []


def test_nothing_was_disclosed_before_the_client_was_born(cast, dana, kit):
    with binding.bind(cast.good_therapy):
        type(dana).objects.filter(id=dana.id).update(born_on=date(2010, 1, 1), started_on=date(2020, 1, 1))

    assert "before the client was born" in shown(kit.post(new(dana), {**TYPED, "disclosed_on": "12/31/2009"}))


def test_a_correction_is_a_row_of_its_own_and_the_one_before_stays(cast, dana, kit):
    kit.post(new(dana), TYPED)
    ((id,),) = all_of(cast, Disclosure, "id")
    url = f"/disclosures/{id}/correction/"
    assert TYPED["recipient"] in kit.get(url).content.decode()

    refused = kit.post(url, {**TYPED, "recipient": "State Court", "reason": ""})
    assert refused.status_code == 422 and b"State Court" in refused.content
    response = kit.post(url, {**TYPED, "recipient": "State Court", "reason": "Wrong court"})
    assert response.status_code == 302

    assert all_of(cast, Disclosure, "recipient", "correction_reason") == [
        ("County Court, Division 2", ""), ("State Court", "Wrong court"),
    ]
    (event,) = cast.events(cast.good_therapy, action="disclosure.corrected")
    assert event.changes == {"To whom": ["County Court, Division 2", "State Court"]} and event.reason == "Wrong court"
    page = shown(kit.get(response["Location"]))
    assert page.index("State Court") < page.index("As it was before") < page.index("County Court, Division 2")
    assert "County Court" not in shown(kit.get(f"/clients/{dana.id}/disclosures/"))
    # whoever still has the old page open is led to the newest
    assert kit.post(url, {**TYPED, "reason": "again"}).status_code == 302
    assert len(all_of(cast, Disclosure, "id")) == 2
    assert "State Court" in shown(kit.get(f"/disclosures/{id}/"))


def test_of_two_corrections_at_once_one_counts(cast, dana):
    row = on_record(cast, dana)
    said = ("disclosed_on", "recipient", "what", "purpose", "basis", "disclosed_by")
    details = {name: getattr(row, name) for name in said}
    with binding.bind(cast.good_therapy):
        actions.correct(row, by=system(), reason="first", **details)
        with pytest.raises(actions.TooLate):
            actions.correct(row, by=system(), reason="second", **details)
        assert Disclosure.objects.count() == 2


def test_what_was_recorded_by_mistake_stays_in_the_list_and_says_so(cast, dana, kit):
    row = on_record(cast, dana)

    kit.post(f"/disclosures/{row.id}/correction/", {**TYPED, "in_error": "on", "reason": "Another client"})

    assert "Recorded by mistake" in shown(kit.get(f"/clients/{dana.id}/disclosures/"))


@pytest.mark.parametrize("model", [Disclosure, Accounting, Extension, Delivery])
def test_no_row_is_changed_or_deleted(cast, dana, model):
    on_record(cast, dana)
    with binding.bind(cast.good_therapy):
        asked = actions.ask(dana, by=system(), asked_on=date(2026, 3, 2), asked_by="Dana", since_on=date(2020, 3, 2),
                            until_on=date(2026, 3, 2))
        actions.extend(asked, by=system(), reason="A lot")
        actions.give(asked, by=system(), given_on=date(2026, 3, 9), way="by mail", lines=[])
        for change in (lambda: model.objects.update(recorded_by="x"), lambda: model.objects.first().delete(),
                       lambda: model.objects.first().save(), lambda: model.objects.all().delete()):
            with pytest.raises(RecordIsAppendOnly):
                change()
        table = model._meta.db_table
        for statement in (f"UPDATE {table} SET recorded_by = 'x'", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
                connections["default"].cursor().execute(statement)


@pytest.mark.parametrize("fields", [
    {"last_on": date(2026, 2, 2)}, {"purpose": "treatment"}, {"recipient": ""}, {"suspended_until": date(2027, 1, 1)},
])
def test_the_database_itself_refuses_what_cannot_be(cast, dana, fields):
    with pytest.raises(IntegrityError):
        on_record(cast, dana, **fields)


def test_a_biller_may_record_one_within_the_ceiling_and_is_named(cast, dana):
    assert Permission.KEEP_DISCLOSURES in CEILING[UserType.BILLING]
    assert Permission.KEEP_DISCLOSURES in PREDEFINED_GROUPS["Billing full cycle"][1]
    cast.jane()
    cast.key()
    browser = cast.visit()
    cast.go(browser, f"/clients/{dana.id}/disclosures/new/")
    assert 'value="Jane Doe of ACME Billing"' in browser.page

    browser.post(browser.url, {**TYPED, "disclosed_by": "Jane Doe of ACME Billing", "purpose": Purpose.MISTAKE})
    assert all_of(cast, Disclosure, "recorded_by", "disclosed_by") == [("Jane Doe of ACME Billing",) * 2]


def test_without_the_permission_nothing_of_it_is_shown(cast, dana):
    row = on_record(cast, dana)
    worker = with_permissions(cast, Permission.VIEW_CLIENTS, Permission.EDIT_CLIENTS)

    assert "Disclosures" not in shown(worker.get(f"/clients/{dana.id}/"))
    for path in (f"/clients/{dana.id}/disclosures/", f"/disclosures/{row.id}/", new(dana)):
        assert worker.get(path).status_code == 403


def test_the_page_names_what_the_law_exempts(dana, kit):
    page = shown(kit.get(f"/clients/{dana.id}/disclosures/"))

    for cited in ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"):
        assert f"164.528(a)(1)({cited})" in page
    assert "Who opened this client" in page


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "'; DROP TABLE x; --", "{{ 7*7 }}"])
def test_hostile_text_is_text(cast, dana, kit, hostile):
    kit.post(new(dana), {**TYPED, "recipient": hostile, "what": hostile})

    page = kit.get(f"/clients/{dana.id}/disclosures/").content.decode()
    assert "<script>alert" not in page
    assert hostile in unescape(page)
