"""Proof of the record: the page, the check, the files for somebody else, the daily mail; and the command line."""

import io
import json
from pathlib import Path

import pytest
from django.core import mail
from django.db import connections

from countersign import __main__ as command_line
from countersign.audit import bundle as bundles
from countersign.audit import record, signing, tree
from countersign.audit.actors import system
from countersign.audit.models import Checkpoint, CheckpointReader, Cosignature, Event, HeldCheckpoint
from countersign.identity import witnesses
from countersign.instances import binding, hosts
from countersign.people import post
from countersign.reports import readers
from tests.audit import attacks
from tests.audit.test_bundle import verified, verifier

pytestmark = pytest.mark.everybody


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy)
    return cast.signed_in(cast.good_therapy)


def exchange(cast):
    with binding.bind(cast.good_therapy):
        witnesses.exchange(hosts.root(cast.acme), name="ACME Billing", occasion="a visit began")


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_page_says_who_holds_what_and_what_it_cannot_show(cast, priya):
    empty = priya.get("/record/").content.decode()
    exchange(cast)
    page = priya.get("/record/").content.decode()

    assert "Nobody holds a checkpoint of this record yet" in empty
    assert "ACME Billing" in page and "Support" in page and "What this cannot show" in page
    with binding.bind(cast.good_therapy):
        assert signing.fingerprint(signing.public_key()) in page


def test_a_check_of_an_untouched_record_says_that_everything_agrees(cast, priya):
    exchange(cast)

    page = priya.get("/record/check/").content.decode()

    assert "Everything agrees" in page and "ACME Billing" in page
    [event] = cast.events(cast.good_therapy, action="record.checked")
    assert event.person == "Ada Admin" and event.changes["Contradict"] == []


def test_a_check_of_a_changed_record_says_so_and_names_who_holds_the_evidence(cast, priya):
    exchange(cast)
    with binding.bind(cast.good_therapy):
        attacks.edit_a_row(1)

    page = priya.get("/record/check/").content.decode()

    assert "The record is not what it was" in page and "ACME Billing" in page
    [event] = cast.events(cast.good_therapy, action="record.checked")
    assert len(event.changes["Contradict"]) >= 3


def test_an_event_that_cannot_be_read_is_named_by_every_page_that_needs_it(cast, priya, capsys, tmp_path):
    exchange(cast)
    with binding.bind(cast.good_therapy):
        attacks.edit_to_a_fraction(1)

    check = priya.get("/record/check/").content.decode()
    assert "The record is not what it was" in check and "event 1 holds what is never written" in check
    assert "It cannot be downloaded as it is" in check and "what follows was not hashed" in check
    assert "every event was hashed anew" not in check
    for path in ("/record/download/", "/record/events/2/proof/"):
        priya.raise_request_exception = False
        refused = priya.get(path)
        assert refused.status_code == 500 and "event 1 holds what is never written" in refused.content.decode(), path
    for verb, *more in (["export"], ["receipt", "2"]):
        output = tmp_path / verb
        code, said = run(capsys, "audit", verb, "good-therapy", *more, "--output", str(output))
        assert (code, "event 1 holds what is never written" in said, output.exists()) == (1, True, False), said
    assert cast.events(cast.good_therapy, action="receipt.given")[0].source == "support", "asked for, and on the record"


def test_an_event_before_the_first_stands_in_the_log_and_is_found_by_a_check(cast, priya):
    with binding.bind(cast.good_therapy):
        attacks.insert_before_the_first()

    assert priya.get("/reports/general-log/").status_code == 200
    assert "1 event stands beside the record" in priya.get("/record/check/").content.decode()
    priya.raise_request_exception = False
    refused = priya.get("/record/events/0/proof/")
    assert refused.status_code == 500 and "event 0 stands beside the record" in refused.content.decode()


def test_a_proof_waits_for_a_checkpoint_that_reaches_the_event(cast, priya, capsys, tmp_path, monkeypatch):
    """Where the record is written to without a pause, the last checkpoint that could be taken is given."""
    priya.get("/record/checkpoint/")

    def never():
        raise tree.Unsettled

    monkeypatch.setattr(tree, "grow", never)
    with binding.bind(cast.good_therapy):
        seq = Event.objects.latest("seq").seq

    assert priya.get(f"/record/events/{seq}/proof/").status_code == 503
    code, said = run(capsys, "audit", "receipt", "good-therapy", str(seq), "--output", str(tmp_path / "receipt"))
    assert code == 1 and "without a pause" in said and not (tmp_path / "receipt").exists()
    assert verified(body(priya.get("/record/events/1/proof/")))


def test_the_record_is_downloaded_and_verifies(cast, priya):
    exchange(cast)
    response = priya.get("/record/download/")
    data = body(response)

    assert response["Content-Disposition"].startswith('attachment; filename="record-good-therapy-')
    assert "Held by ACME Billing" in "\n".join(verified(data))
    assert len(cast.events(cast.good_therapy, action="record.exported")) == 1


def test_the_proof_of_one_event_is_downloaded_and_verifies(cast, priya):
    seq = cast.events(cast.good_therapy)[0].seq
    page = priya.get(f"/reports/general-log/{seq}/").content.decode()

    data = body(priya.get(f"/record/events/{seq}/proof/"))

    assert f"/record/events/{seq}/proof/" in page
    assert f"Event {seq}:" in "\n".join(verified(data))
    assert [e.object for e in cast.events(cast.good_therapy, action="receipt.given")] == [str(seq)]
    assert priya.get(f"/record/events/{10**15}/proof/").status_code == 404
    assert priya.get(f"/record/events/{10**30}/proof/").status_code == 404


def test_the_verifier_that_is_given_is_the_one_that_is_tested(priya):
    assert body(priya.get("/record/verifier/")) == Path(verifier.__file__).read_bytes()


def test_a_checkpoint_is_given_with_the_names_of_all_who_hold_it(cast, priya):
    note = body(priya.get("/record/checkpoint/")).decode()

    with binding.bind(cast.good_therapy):
        assert signing.read(note, signing.public_key()).size == Checkpoint.objects.get().size
        assert Cosignature.objects.get(name="Support").line in note


def test_what_is_held_for_others_is_given_to_who_may_see_the_log(cast):
    exchange(cast)
    cast.administrator(cast.acme, "ada")
    ada = cast.signed_in(cast.acme, "ada")
    with binding.bind(cast.acme):
        held = HeldCheckpoint.objects.get()

    page = ada.get("/record/").content.decode()

    assert "Held here for others" in page and "Good Therapy, Inc." in page
    assert body(ada.get(f"/record/held/{held.id}/")).decode() == held.note
    assert ada.get(f"/record/held/{10**15}/").status_code == 404
    assert cast.events(cast.acme, action="checkpoint.downloaded")[0].object == str(held)


def test_the_days_checkpoint_is_mailed_to_whom_the_practice_named_until_it_is_stopped(cast, priya):
    assert priya.post("/record/readers/", {"email": "no address"}).status_code == 422
    assert priya.post("/record/readers/", {"email": "lawyer@example.org"}).status_code == 302
    twice = priya.post("/record/readers/", {"email": "lawyer@example.org"})
    assert twice.status_code == 422 and "already" in twice.content.decode()
    mail.outbox.clear()
    with binding.bind(cast.good_therapy):
        readers.daily()
    post.settle()

    [sent] = mail.outbox
    assert sent.to == ["lawyer@example.org"]
    note = sent.body.split("-" * 60 + "\n")[1]
    with binding.bind(cast.good_therapy):
        reader = CheckpointReader.objects.get()
        assert signing.read(note, signing.public_key()).size == Checkpoint.objects.latest("id").size
        assert signing.fingerprint(signing.public_key()) in sent.body
    data = body(priya.get("/record/download/"))
    assert any(line.startswith("Your own checkpoint") for line in verified(data, held=[note]))

    assert priya.post(f"/record/readers/{reader.id}/ending/").status_code == 302
    with binding.bind(cast.good_therapy):
        readers.daily()
    post.settle()
    assert len(mail.outbox) == 1
    assert [e.changes for e in cast.events(cast.good_therapy, action="checkpoint.mail.changed")] == [
        {"Mailed the checkpoint": [False, True]}, {"Mailed the checkpoint": [True, False]},
    ]


def test_the_page_asks_few_questions_however_much_is_held(cast, priya):
    for _ in range(3):
        exchange(cast)
        with binding.bind(cast.good_therapy):
            record.write(system(), "page.opened", object="/")
    with binding.bind(cast.good_therapy):
        connection = connections["default"]
    connection.force_debug_cursor = True
    connection.queries_log.clear()
    try:
        priya.get("/record/")
    finally:
        connection.force_debug_cursor = False
    assert 5 < len(connection.queries_log) <= 14


def run(capsys, *arguments):
    code = command_line.run(list(arguments))
    said = capsys.readouterr()
    return code, said.out + said.err


def test_the_command_line_exports_checks_and_proves(cast, capsys, tmp_path):
    exchange(cast)
    bundle, receipt, held = tmp_path / "bundle", tmp_path / "receipt", tmp_path / "held"
    with binding.bind(cast.good_therapy):
        held.write_text(Checkpoint.objects.latest("id").note)

    assert run(capsys, "audit", "export", "good-therapy", "--output", str(bundle))[0] == 0
    assert run(capsys, "audit", "receipt", "good-therapy", "1", "--output", str(receipt))[0] == 0
    code, said = run(capsys, "audit", "check", "good-therapy", "--held", str(held))
    assert (code, "Yours, held: 1 agree" in said) == (0, True), said
    assert verified(bundle.read_bytes()) and verified(receipt.read_bytes())
    by = cast.events(cast.good_therapy, action="record.exported")[0]
    assert (by.source, by.person.endswith("command line")) == ("support", True)
    assert json.loads(bundle.read_bytes().splitlines()[-2])["event"]["action"] == "record.exported"


def test_the_command_line_says_when_the_record_was_changed(cast, capsys):
    exchange(cast)
    with binding.bind(cast.good_therapy):
        attacks.edit_a_row(1)

    code, said = run(capsys, "audit", "check", "good-therapy")

    assert code == 1 and "contradicts" in said and "ACME Billing" in said


@pytest.mark.parametrize(("arguments", "code", "says"), [
    (("export", "nobody", "--output", "x"), 1, "There is no instance"),
    (("export", "good-therapy", "--output", "{there}"), 2, "is there already"),
    (("export", "good-therapy", "--output", "{there}/x"), 2, "cannot be written"),
    (("receipt", "good-therapy", "999999", "--output", "x"), 1, "has no event 999999"),
])
def test_the_command_line_refuses_with_one_sentence(cast, capsys, tmp_path, arguments, code, says):
    there = tmp_path / "there"
    there.write_text("kept")

    found, said = run(capsys, "audit", *(one.format(there=there) for one in arguments))

    assert (found, says in said, there.read_text()) == (code, True, "kept"), said


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_bundle_is_written_whole_or_not_at_all(cast, capsys, tmp_path, monkeypatch, error):
    def half(file, checkpoint):
        file.write(b"{")
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(bundles, "write", half)
        code, said = run(capsys, "audit", "export", "good-therapy", "--output", str(tmp_path / "bundle"))

    assert (code, said.count("\n")) == ((1, 1) if isinstance(error, OSError) else (130, 1)), said
    assert list(tmp_path.iterdir()) == []
    assert run(capsys, "audit", "export", "good-therapy", "--output", str(tmp_path / "bundle"))[0] == 0


def test_the_daily_run_takes_a_checkpoint_everywhere_and_one_that_fails_stops_nobody(cast, capsys, monkeypatch):
    real = readers.daily

    def daily():
        if binding.bound() == cast.acme:
            raise RuntimeError("planted")
        real()

    monkeypatch.setattr(readers, "daily", daily)

    code, said = run(capsys, "daily")

    assert code == 1 and "acme-billing: countersign.reports.readers.daily: RuntimeError: planted" in said
    for instance in (cast.good_therapy, cast.elm_street, cast.rival):
        with binding.bind(instance):
            assert Checkpoint.objects.filter(occasion="the day").count() == 1


def test_an_export_while_events_are_written_holds_just_what_its_checkpoint_says(cast, priya):
    exchange(cast)
    data = io.BytesIO(body(priya.get("/record/download/")))
    header = json.loads(data.readline())
    assert header["size"] == len(data.read().splitlines()) - 1
