"""Each template with nothing missing, and forms in the order of their anatomy: label, hint, error, input."""

import datetime
import re
from decimal import Decimal

import pytest
from django.utils import timezone

from countersign.ui.templatetags import ui as tags
from tests.ui import sample


def positions(html, *parts):
    found = [html.find(part) for part in parts]
    assert -1 not in found, f"not there: {parts[found.index(-1)]}"
    return found


def bound_form():
    form = sample.AccessForm({"company": "Bright Ledger", "until": "open"})
    form.is_valid()
    return form


@pytest.mark.parametrize("page", [
    sample.claims_page, sample.door_page, sample.error_page, sample.dialog,
    lambda: sample.claims_page(visit=sample.VISIT),
])
def test_no_page_asks_for_what_it_is_not_given(page):
    assert "MISSING(" not in page()


@pytest.mark.parametrize("name", list(sample.AccessForm.base_fields))
def test_no_field_asks_for_what_it_is_not_given(name):
    assert "MISSING(" not in sample.render("ui/_field.html", {"field": bound_form()[name]})


def test_a_field_reads_label_hint_error_input():
    html = bound_form()["key"].as_field_group()

    order = positions(html, '<label for="id_key">', 'id="id_key_helptext"', 'id="id_key_error"', "<input")
    assert order == sorted(order)
    assert 'aria-describedby="id_key_helptext id_key_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'class="input w10 mono"' in html


def test_a_group_of_choices_is_a_fieldset_that_an_error_can_point_to():
    html = bound_form()["may"].as_field_group()

    order = positions(
        html, '<fieldset class="field" id="id_may" tabindex="-1" aria-describedby="id_may_helptext id_may_error">',
        "<legend>They may</legend>", 'id="id_may_helptext"', 'id="id_may_error"', ">Billing</p>", 'type="checkbox"',
    )
    assert order == sorted(order)
    assert 'aria-describedby="id_may_0_0_hint"' in html
    assert 'id="id_may_0_0_hint">Amounts, codes, dates and payers' in html


def test_every_id_is_there_once_and_every_reference_leads_to_one():
    html = sample.claims_page(visit=sample.VISIT)
    ids = re.findall(r'\bid="([^"]+)"', html)
    references = re.findall(r'(?:aria-describedby|aria-labelledby|\bfor)="([^"]+)"', html)

    assert len(ids) == len(set(ids))
    assert {one for reference in references for one in reference.split()} - set(ids) == set()


def test_the_summary_links_to_every_field_that_is_wrong():
    form = bound_form()
    form.add_error(None, "The two do not match")

    html = sample.render("ui/_errors.html", {"form": form})

    assert 'role="alert" tabindex="-1"' in html
    assert "There is a problem" in html
    assert re.findall(r'href="#(\w+)"', html) == ["id_key", "id_starts_on", "id_limit", "id_may", "id_agreed"]
    assert "<li>The two do not match</li>" in html


def test_a_missing_answer_is_asked_for_by_name():
    form = sample.AccessForm({})

    assert [tags.said(form[name]) for name in ("company", "starts_on", "until", "agreed", "key", "note")] == [
        ["Enter billing company"], ["Enter first day"], ["Choose for how long"],
        ["Tick “A signed agreement is on file”"], ["Enter the shared key your billing company gave you"], [],
    ]


def test_a_form_without_errors_has_no_summary():
    assert "There is a problem" not in sample.render("ui/_form.html", sample.EndingForm().get_context())


def test_an_error_names_no_practice_when_none_is_known():
    html = sample.error_page()

    assert "<title>There is nothing here - Countersign</title>" in html
    assert "Go to the first page" not in html
    assert sample.INSTANCE.name not in html


def test_a_guest_has_the_bar_and_one_way_out():
    html = sample.claims_page(visit=sample.VISIT)

    assert "You are in Harbor Counseling" in html
    assert "as Jane Doe of ACME Billing, through acme-billing. Everything you open here is recorded." in html
    assert 'action="/visits/1/ending/"' in html
    assert "/sign-out/" not in html
    assert "/profile/" not in html


def test_settings_is_a_menu_that_needs_no_script():
    html = sample.claims_page()

    order = positions(html, '<details class="settings">', "Settings", ">Users", "</details>")
    assert order[:3] == sorted(order[:3])
    assert 'action="/sign-out/"' in html


def test_a_pager_without_another_page_is_nothing():
    assert sample.render("ui/_pager.html", {"page": {"next_url": None, "first_url": None}}).strip() == ""


def test_money_and_time_are_written_in_one_way():
    at = datetime.datetime(2026, 7, 4, 19, 5, tzinfo=datetime.UTC)

    with timezone.override("America/New_York"):
        assert tags.moment(at) == "07/04/2026 3:05 PM"
        assert tags.day(at.replace(hour=2)) == "07/03/2026"
    assert tags.day(datetime.date(2026, 7, 4)) == "07/04/2026"
    assert tags.money(Decimal("1234.5")) == "1,234.50"
    assert [tags.money(None), tags.day(None), tags.moment(None)] == ["–", "–", "–"]
