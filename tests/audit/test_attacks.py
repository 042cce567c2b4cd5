"""The attack table of docs/what-the-record-proves.md, row by row: what each detector finds, and what it cannot.

Detectors: the check with nothing but the database itself ("database"), Support's catalogue ("Support"), what the
billing company holds ("company"), and a checkpoint that a reader kept with a bundle ("reader").
"""

import io
import re
from pathlib import Path

import pytest

from countersign.audit import bundle, check, checkpoints, reading, record
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.identity import witnesses
from countersign.instances import binding, hosts
from countersign.reports import proof
from tests.audit import attacks
from tests.audit.test_bundle import verifier

PAGE = Path(__file__).parents[2] / "docs" / "what-the-record-proves.md"
FOUND, NOT_FOUND = "found", "not found"
# attack → what (database, Support, company, reader) say of it
TABLE = {
    "An event is edited": (FOUND, FOUND, FOUND, FOUND),
    "An event is given a value that is never written": (FOUND, FOUND, FOUND, "no file"),
    "An event is inserted before the first": (FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "An event is deleted": (FOUND, FOUND, FOUND, FOUND),
    "An event is deleted, the rest renumbered, everything hashed and signed anew": (NOT_FOUND, FOUND, FOUND, FOUND),
    "The last day is cut off": (NOT_FOUND, FOUND, FOUND, FOUND),
    "A database from before is put back": (NOT_FOUND, FOUND, FOUND, FOUND),
    "An event is edited after the last checkpoint that others hold": (NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND),
}


def write(count):
    for number in range(count):
        record.write(system(), "page.opened", object=f"/{number}/")


@pytest.fixture
def attacked(cast):
    """Good Therapy with a history that Support, ACME and a reader hold checkpoints of; and the reader's note."""
    with binding.bind(cast.good_therapy):
        write(300)
        witnesses.exchange(hosts.root(cast.acme), name="ACME Billing", occasion="a visit ended")
        write(20)
        witnesses.exchange(hosts.root(cast.acme), name="ACME Billing", occasion="a visit ended")
        cast.kept = checkpoints.take("mail").note
        yield cast


def attack(name):
    seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    if name == "An event is edited":
        attacks.edit_a_row(seqs[40])
    elif name.startswith("An event is given"):
        attacks.edit_to_a_fraction(seqs[40])
    elif name.startswith("An event is inserted"):
        attacks.insert_before_the_first()
    elif name == "An event is deleted":
        attacks.delete(seqs[40])
    elif name.startswith("An event is deleted, the rest"):
        attacks.delete_renumber_and_hash_anew(seqs[40])
    elif name == "The last day is cut off":
        attacks.truncate(seqs[-15])
    elif name == "A database from before is put back":
        attacks.truncate(seqs[100])  # what a copy from before those events holds
        write(3)
    else:
        write(5)
        attacks.edit_a_row(Event.objects.latest("seq").seq)


def found_by(report, holder):
    named = [one for one in report.wrong if one.holder.startswith(holder)]
    return FOUND if named else NOT_FOUND


def found_by_the_reader(note):
    file = io.BytesIO()
    try:
        bundle.write(file, checkpoints.take("export"))
        list(verifier.verify(io.BytesIO(file.getvalue()), held=[note]))
    except reading.Unreadable:
        return "no file"
    except (verifier.Wrong, KeyError, ValueError, IndexError):
        return FOUND
    return NOT_FOUND


@pytest.mark.parametrize("name", TABLE)
def test_each_attack_is_found_by_whom_the_page_says(attacked, name):
    attack(name)

    report = proof.run()
    outcome = (
        found_by(report, check.OURS), found_by(report, check.SUPPORT), found_by(report, "ACME Billing"),
        found_by_the_reader(attacked.kept),
    )

    assert outcome == TABLE[name]


def test_an_untouched_record_agrees_with_all_who_hold_something_of_it(attacked):
    report = proof.run()

    assert report.wrong == [] and report.explained == [] and report.silent == []
    assert {one.holder for one in report.findings} >= {check.OURS, check.SUPPORT, "ACME Billing"}
    assert report.unseen == 0
    write(4)
    assert proof.run().unseen == 4


def test_a_holder_who_does_not_answer_is_named(attacked, monkeypatch):
    def nobody(issuer, **more):
        raise witnesses.FederationError("no answer")

    monkeypatch.setattr(witnesses, "held_elsewhere", nobody)

    report = proof.run()

    assert "ACME Billing" in report.silent and report.wrong == []


def test_a_checkpoint_made_up_by_its_holder_accuses_nobody_of_anything_but_that(attacked):
    with binding.elsewhere(), binding.bind(attacked.acme):
        made = checkpoints.take("test")
    report = check.run([check.Known("ACME Billing", made.note, made.key)])

    assert [one.words for one in report.wrong] == [
        "is no checkpoint of this record: it is signed with a key that this record never had"
    ]


def test_a_restart_that_stands_on_the_record_explains_what_was_lost(attacked):
    seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    attacks.truncate(seqs[100])
    record.write(system("Sam Operator"), "record.restarted", object="size 100", reason="the disk failed")

    report = proof.run()

    assert report.wrong == []
    assert {one.holder for one in report.explained} == {check.SUPPORT, "ACME Billing"}
    assert "lost when the record was restarted at 100 events by Sam Operator (the disk failed)" in (
        report.explained[0].words
    )


def test_what_happens_after_a_restart_is_explained_by_nothing(attacked):
    seqs = list(Event.objects.order_by("seq").values_list("seq", flat=True))
    record.write(system("Sam Operator"), "record.restarted", object="size 300", reason="a test")
    attacks.edit_a_row(seqs[40])

    assert proof.run().wrong


def test_the_page_states_exactly_this_table():
    rows = dict(re.findall(r"^\| (An? [^|]+|The [^|]+) \| (.+) \|$", PAGE.read_text(), re.M))

    said = {name: tuple(cell.strip() for cell in row.split("|")) for name, row in rows.items()}
    assert {name: row[:4] for name, row in said.items()} == TABLE
