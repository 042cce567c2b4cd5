"""Free text over the record: what it finds, that what was typed is only ever data, and that the index is complete."""

import pytest
from django.db import DatabaseError, connections, transaction
from django.db.models import Q

from countersign.audit import record
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.instances import binding
from countersign.reports import words
from tests.installation import as_owner
from tests.reports.written import JANE, LOG, PARK, RIVERA, rows, write

EVENTS = [
    {**JANE, **RIVERA, "person": "object", "object": "Rivera, Dana (1042)", "action": "ledger.opened"},
    {"person": "reason", "reason": "ended by the practice"},
    {"person": "rule", "result": "refused", "rule": "manage_users", "object": "/settings/users/"},
    {"person": "searched", "action": "clients.searched", "changes": {"q": "Mu\u0308ller"}},
    {"person": "changed", **PARK, "action": "client.changed", "changes": {"phone": ["555-0100", "555-0199"]}},
    {"person": "nested", "changes": {"payers": [["Aetna"], ["Cigna", {"plan": "Élan"}]], "count": 7}},
    {"person": "nasty", "reason": "\"quoted\" 100% * NEAR( ^x <b>bold</b> \ufffd[31mred"},
]


def found(browser, text, **more):
    response = browser.get(LOG, {"until": "03/02/2026", "text": text, **more})
    assert response.status_code == 200
    return [row[1].split(" of ")[0] for row in rows(response)][::-1]


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("rivera", ["object"]),
        ("RIVERA dana", ["object"]),
        ("dana rivera", ["object"]),  # in any order
        ("dana, rivera;", ["object"]),
        ("acme-billing", ["object"]),  # the words of one word in theirs
        ("0199-0100", []),
        ("1042", ["object"]),
        ("104", []),  # whole words
        ("practice", ["reason"]),
        ("manage_users", ["rule"]),
        ("/settings/users/", ["rule"]),
        ("users settings", ["rule"]),
        ("muller", ["searched"]),
        ("MÜLLER", ["searched"]),
        ("Mu\u0308ller", ["searched"]),
        ("555-0199", ["changed"]),
        ("0199-555", []),
        ("phone", ["changed"]),
        ("cigna elan", ["nested"]),
        ("aetna 7", ["nested"]),
        ("203.0.113.7 quoted", ["nasty"]),
        ("ledger opened", ["object"]),
        ("^rivera", ["object"]),
        ("!rivera", ["object"]),
        ("% quoted", ["nasty"]),
        ('"quoted" 100% * NEAR( ^x <b>bold</b>', ["nasty"]),
    ],
    ids=str,
)
def test_words_are_found_wherever_they_stand(cast, priya, text, people):
    write(cast.good_therapy, *EVENTS)

    assert found(priya, text) == people


@pytest.mark.parametrize(
    "text",
    [
        "rivera OR practice", "rivera AND practice", "NOT rivera", "rivera NOT practice", "NEAR(rivera dana, 5)",
        "riv*", "^riv", "words:rivera", "words : rivera", "- rivera practice", "{words} : rivera practice",
        "rivera | practice", "rivera & practice", "!practic", "rivera <-> practice", "riv:*", "rivera:A",
        "' OR 1=1 --", "'; DROP TABLE audit_event; --", '" OR "', "rivera\" OR \"practice", "<script>alert(1)</script>",
        "\x1b[31mrivera", "rivera\npractice", "%s", "{00}", "\\", "zebra\u200bfish", "\U0001f600", "\ud7ff\ufffd",
    ],
    ids=repr,
)
def test_operators_of_either_database_mean_nothing(cast, priya, text):
    write(cast.good_therapy, *EVENTS)

    assert found(priya, text) == []


@pytest.mark.parametrize("text", ["%", '"', '""', "*", "' \"", "( )", "<>", "\u0301", ":", "-"], ids=repr)
def test_a_text_without_a_word_finds_nothing_and_is_no_error(cast, priya, text):
    write(cast.good_therapy, *EVENTS)

    assert found(priya, text) == []
    assert found(priya, text, result="refused", who="ours", person="rule") == []


def test_words_and_every_other_filter_hold_together(cast, priya):
    write(cast.good_therapy, *EVENTS * 30)

    assert found(priya, "rivera", who="third party", company="acme", billing_user="acme", person="object",
                 action="ledger.opened", client="1042", result="ok", since="03/02/2026") == ["object"] * 30
    for other in ({"who": "ours"}, {"company": "rival"}, {"person": "rule"}, {"action": "client.opened"},
                  {"client": "11042"}, {"result": "refused"}, {"since": "03/03/2026", "until": "03/04/2026"}):
        assert found(priya, "rivera", **other) == []


def test_a_search_long_ago_and_long_is_still_complete(cast, priya):
    write(cast.good_therapy, *EVENTS)

    for since, until in (("01/01/2000", "12/31/2099"), ("03/02/2026", "03/02/2026"), ("02/01/2026", "12/31/2099")):
        assert found(priya, "ended practice", person="reason", since=since, until=until) == ["reason"]


@pytest.mark.parametrize(("near", "count"), [(words.NEAR, 25), (60, 25), (7, 3), (1, 5)])
def test_pages_of_words_follow_each_other_without_a_gap_or_a_repetition_while_events_are_added(
    cast, monkeypatch, near, count
):
    """near: whether enough is found among the newest, or the index has to be asked (PostgreSQL)."""
    monkeypatch.setattr(words, "NEAR", near)
    numbers = write(cast.good_therapy, *[{**JANE, "reason": "needle"}, {"reason": "hay"}] * 60)
    asked = words.Words(typed=["needle"])
    with binding.bind(cast.good_therapy):
        seen, before = [], None
        while part := words.numbers(asked, Q(source="third party"), count=count, before=before):
            seen, before = [*seen, *part], part[-1]
            with transaction.atomic():
                record.write(system(), "page.opened", reason="needle")
    assert seen == numbers[::2][::-1]


def test_every_event_is_in_the_index_and_the_index_is_written_with_it(cast, priya):
    """Written and taken back: the index takes it back as well."""
    with binding.bind(cast.good_therapy):
        with transaction.atomic():
            record.write(system(), "page.opened", object="kept zebrafish")
        with transaction.atomic():
            record.write(system(), "page.opened", object="lost zebrafish")
            transaction.set_rollback(True)
        asked = words.Words(typed=["zebrafish"])
        assert len(words.numbers(asked, Q())) == 1
        assert set(words.numbers(words.Words(typed=["opened"]), Q())) >= set(
            Event.objects.filter(action__endswith=".opened").values_list("seq", flat=True)
        )


def test_a_very_long_event_is_written_and_found_by_how_it_begins(cast):
    with binding.bind(cast.good_therapy), transaction.atomic():
        record.write(system(), "page.opened", changes={"text": "zebrafish " + "word " * 300_000 + "unfindable"})
        assert len(words.numbers(words.Words(typed=["zebrafish"]), Q())) == 1
        assert words.numbers(words.Words(typed=["unfindable"]), Q()) == []


def test_the_index_cannot_say_what_the_event_does_not(cast, priya):
    """Words put into the index beside the record find nothing that the filters do not hold of the event itself."""
    (seq,) = write(cast.good_therapy, {"person": "Cole Whitaker"})
    with binding.bind(cast.good_therapy):
        if connections["default"].vendor != "sqlite":
            pytest.skip("on PostgreSQL the words are a generated column, which nobody can write")
        for number in (seq, seq + 1000):
            put = ("INSERT INTO audit_words(rowid, words) VALUES (%s, 'third party refused')", [number])
            with pytest.raises(DatabaseError, match="not authorized"), connections["default"].cursor() as cursor:
                cursor.execute(*put)
            as_owner(cast.good_therapy, put)
        for emptied in ("INSERT INTO audit_words(audit_words) VALUES ('delete-all')", "DELETE FROM audit_words"):
            with pytest.raises(DatabaseError, match="not authorized"), connections["default"].cursor() as cursor:
                cursor.execute(emptied)
    assert found(priya, "", who="third party", result="refused") == []


def test_what_was_searched_for_is_on_the_record(cast, priya):
    priya.get(LOG, {"text": "O'Hara \"x\" %"})

    assert [e.changes for e in cast.events(cast.good_therapy, action="general-log.opened")] == [
        {"Words": "O'Hara \"x\" %"}
    ]
