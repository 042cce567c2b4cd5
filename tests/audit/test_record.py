"""The one way in: never anonymous, never an action nobody knows, one line of harmless text a field."""

import pytest
from django.db import IntegrityError, transaction

from countersign.audit import actors, record
from countersign.audit.actions import ACTIONS, sentence
from countersign.audit.models import Event
from countersign.instances import binding


def jane(**more):
    """Somebody who is on no record yet."""
    return actors.Actor(person="Jane Doe", source=actors.THIRD_PARTY, company="ACME Billing", **more)


@pytest.mark.parametrize("name", ["", " ", "\t\n"])
def test_nobody_acts_without_a_name(name):
    with pytest.raises(ValueError, match="anonymous"):
        actors.Actor(person=name)


def test_the_database_takes_no_event_without_a_person(cast):
    with binding.bind(cast.good_therapy), pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.bulk_create([Event(person="", action="signed-out", source="ours", result="ok")])


def test_somebody_who_could_not_be_named_is_not_one_of_ours():
    assert actors.unknown(address="203.0.113.7", browser="", user_id="priya").source == actors.UNKNOWN


def test_an_action_that_the_catalogue_does_not_know_is_not_written(cast):
    with binding.bind(cast.good_therapy):
        with pytest.raises(KeyError, match="client-stolen"):
            record.write(jane(), "client-stolen")
        assert not Event.objects.filter(person="Jane Doe").exists()


def test_no_text_on_the_record_breaks_a_line_or_turns_its_direction(cast):
    nasty = "a\r\nb\x1b[31m\u202ec\u200bd\u2028e\x00f\x7f"
    with binding.bind(cast.good_therapy):
        record.write(
            jane(browser=nasty, user_id=nasty), "page.refused", object=nasty, client=nasty, rule=nasty, reason=nasty,
            changes={"na\x1bme": [nasty, {"of": [nasty]}]},
        )
        event = Event.objects.get(person="Jane Doe")

    clean = "a\ufffd\ufffdb\ufffd[31m\ufffdc\ufffdd\ufffde\ufffdf\ufffd"
    plain = {event.browser, event.user_id, event.object, event.client, event.rule, event.reason}
    assert plain == {clean}
    lines = clean.replace("\ufffdb", "\nb")
    assert event.changes == {"na\ufffdme": [lines, {"of": [lines]}]}


def test_a_text_too_long_for_its_column_is_cut_and_not_refused(cast):
    with binding.bind(cast.good_therapy):
        record.write(jane(), "page.refused", object="x" * 900, rule="y" * 900, reason="z" * 900)
        event = Event.objects.get(person="Jane Doe")

    assert (len(event.object), len(event.rule), len(event.reason)) == (300, 100, 500)


def test_every_action_reads_as_a_sentence_and_braces_in_a_name_are_only_braces():
    for action in ACTIONS:
        text = sentence(Event(action=action, object="{client}", client="{0}"))
        assert text.strip() == text and text != action and not text.endswith(".")


def test_an_action_of_an_earlier_version_is_still_readable():
    assert sentence(Event(action="fax.{sent}")) == "fax.{sent}"


def test_what_is_rolled_back_leaves_no_event(cast):
    with binding.bind(cast.good_therapy):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            _write_and_fail()
        assert not Event.objects.filter(person="Jane Doe").exists()


def _write_and_fail():
    record.write(jane(), "signed-out")
    raise ZeroDivisionError
