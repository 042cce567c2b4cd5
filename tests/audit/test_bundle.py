"""A bundle is verified by one file that knows nothing of us; whatever is done to it is found, and where."""

import base64
import importlib.util
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from countersign.audit import bundle, checkpoints, record, signing
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.identity import witnesses
from countersign.instances import binding, hosts

pytestmark = pytest.mark.everybody

VERIFIER = Path(__file__).parents[2] / "countersign_verify.py"
spec = importlib.util.spec_from_file_location("countersign_verify", VERIFIER)
verifier = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verifier)


def write(instance, count):
    with binding.bind(instance):
        for number in range(count):
            record.write(
                system(), "page.opened", object=f"/página/{number}/", changes={"Ω\U0001f600": ["=1", None, number]}
            )


def exchange(cast):
    with binding.bind(cast.good_therapy):
        witnesses.exchange(hosts.root(cast.acme), name="ACME Billing", occasion="a visit began")


@pytest.fixture
def history(cast):
    """Good Therapy with 300 events and more, and three checkpoints that others hold."""
    for count in (20, 260, 30):
        write(cast.good_therapy, count)
        exchange(cast)
    return cast


def exported(cast, *, first=0):
    file = io.BytesIO()
    with binding.bind(cast.good_therapy):
        made = checkpoints.take("export")
        bundle.write(file, made, first=first)
    return file.getvalue()


def receipt(cast, seq):
    file = io.BytesIO()
    with binding.bind(cast.good_therapy):
        bundle.receipt(file, seq, checkpoints.take("export"))
    return file.getvalue()


def verified(data, **known):
    return list(verifier.verify(io.BytesIO(data), **known))


def refusal(data, **known):
    with pytest.raises(verifier.Wrong) as wrong:
        verified(data, **known)
    return str(wrong.value)


def sealed_anew(cast, lines):
    """What the operator of the instance can do: change the lines, and seal them with the instance's own key."""
    text = b"".join(line if line.endswith(b"\n") else line + b"\n" for line in lines)
    kind = json.loads(lines[0])["kind"]
    with binding.bind(cast.good_therapy):
        signature = signing.seal(f"countersign {kind} 1\n{verifier.hashlib.sha256(text).hexdigest()}\n")
    return text + b'{"seal":"' + base64.b64encode(signature) + b'"}\n'


def event_line(text):
    leaf = verifier.hashlib.sha256(b"\0" + text).hexdigest().encode()
    return b'{"event":' + text + b',"leaf":"' + leaf + b'"}\n'


def text_of(line):
    return line[len(b'{"event":'):-76]


def test_a_bundle_verifies_and_says_what_was_found(history):
    data = exported(history)

    said = "\n".join(verified(data))

    count = len(history.events(history.good_therapy))
    assert f"Record of Good Therapy, Inc. ({history.good_therapy.id})" in said
    assert f"Checkpoint: {count:,} events" in said and f"Events: {count:,}, from 20" in said
    assert said.count("Held by ACME Billing since") == 3 and said.count("Held by Support since") == 3
    assert said.count("Earlier checkpoint") == 2
    assert len(data.splitlines()) == count + 2


def test_every_line_is_the_event_in_canonical_json(history):
    lines = exported(history).splitlines()[1:-1]

    events = [json.loads(line)["event"] for line in lines]
    with binding.bind(history.good_therapy):
        assert [one["seq"] for one in events] == list(Event.objects.order_by("seq").values_list("seq", flat=True))
    assert events[-1]["changes"] == {"Ω\U0001f600": ["=1", None, 29]}
    assert {one["instance"] for one in events} == {str(history.good_therapy.id)}


@pytest.mark.parametrize("first", [1, 100, 256, 300])
def test_a_bundle_may_begin_later_and_still_has_the_root_of_the_whole(history, first):
    data = exported(history, first=first)

    said = "\n".join(verified(data))

    assert said.count("Held by ACME Billing since") == 3, "those before it are compared by their proofs"
    assert len(data.splitlines()) == len(history.events(history.good_therapy)) - first + 2


def test_a_receipt_proves_one_event(history):
    events = history.events(history.good_therapy)
    for event in (events[0], events[255], events[256], events[-1]):
        said = "\n".join(verified(receipt(history, event.seq)))
        assert f"Event {event.seq}:" in said and "of the checkpoint" in said


def test_it_runs_as_a_program_of_its_own(history, tmp_path):
    """Without Django and without our package: from another folder, isolated from this one."""
    (tmp_path / "good").write_bytes(exported(history))
    (tmp_path / "bad").write_bytes(exported(history).replace(b'"page.opened"', b'"page.Opened"', 1))
    with binding.bind(history.good_therapy):
        made = checkpoints.take("export")
    (tmp_path / "held").write_text(made.note, newline="")

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-I", VERIFIER, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60,
        )

    good, bad, none = run("good", "--held", "held", "--key", made.key), run("bad"), run("missing")
    assert (good.returncode, good.stdout.splitlines()[-1]) == (0, "GOOD: everything in this file agrees.")
    assert "Your own checkpoint" in good.stdout
    assert bad.returncode == 1 and re.search(r"^WRONG: line \d+: the event does not have the hash", bad.stdout, re.M)
    assert none.returncode == 2 and "cannot be read" in none.stderr


def test_it_uses_nothing_but_the_standard_library_and_cryptography():
    source = VERIFIER.read_text()
    imported = set(re.findall(r"^(?:from|import) (\w+)", source, re.M))

    assert imported - set(sys.stdlib_module_names) == {"cryptography"}
    assert source.count("\n") < 420, "it is to be read in ten minutes"


def test_no_byte_of_a_bundle_can_be_another(cast):
    write(cast.good_therapy, 3)
    exchange(cast)
    write(cast.good_therapy, 2)
    data = exported(cast)
    taken = [
        at for at in range(len(data)) for bit in (0, 5)
        if not refused(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
    ]
    assert taken == []


def test_no_byte_of_a_receipt_can_be_another(cast):
    write(cast.good_therapy, 9)
    exchange(cast)
    data = receipt(cast, cast.events(cast.good_therapy)[4].seq)
    taken = [
        at for at in range(len(data)) for bit in range(8)
        if not refused(data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :])
    ]
    assert taken == []


def refused(data):
    try:
        verified(data)
    except (verifier.Wrong, UnicodeDecodeError):
        return True
    return False


def flipped_hex(text):
    return text[:10] + format(int(text[10], 16) ^ 1, "x") + text[11:]


def proof_elements(header):
    """(where, a function that puts a changed value there) for each hash, note, key and number of a header."""
    found = []

    def walk(value, put):
        if isinstance(value, dict):
            for key in value:
                walk(value[key], lambda new, key=key, value=value: value.__setitem__(key, new))
        elif isinstance(value, list):
            for at in range(len(value)):
                walk(value[at], lambda new, at=at, value=value: value.__setitem__(at, new))
        elif isinstance(value, int):
            found.append((value, put, value + 1))
        elif re.fullmatch("[0-9a-f]{64}", value):
            found.extend((value, put, value[:at] + format(int(value[at], 16) ^ 1, "x") + value[at + 1 :])
                         for at in range(64))
        else:
            found.extend((value, put, value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :])
                         for at in range(len(value)))
    walk(header, None)
    return found


UNPROVEN = {"made_at", "name", "holder", "kind"}  # words for the reader; the seal covers them


@pytest.mark.parametrize("kind", ["bundle", "receipt"])
def test_each_element_of_a_proof_is_checked_even_when_the_seal_is_made_anew(cast, kind):
    """The seal alone would be a poor proof: the instance itself can make it. So flip, seal anew, and see it refused."""
    write(cast.good_therapy, 11)
    exchange(cast)
    write(cast.good_therapy, 3)
    data = exported(cast, first=5) if kind == "bundle" else receipt(cast, cast.events(cast.good_therapy)[4].seq)
    lines = data.splitlines(keepends=True)[:-1]
    header = json.loads(lines[0])
    kept = {name: header.pop(name) for name in list(header) if name in UNPROVEN}
    for one in header["witnesses"]:
        one.pop("holder")
    elements, taken = proof_elements(header), []
    for value, put, other in elements:
        put(other)
        whole = {**header, **kept, "witnesses": [{**one, "holder": "x"} for one in header["witnesses"]]}
        if not refused(sealed_anew(cast, [json.dumps(whole, ensure_ascii=False).encode(), *lines[1:]])):
            taken.append((value[:80] if isinstance(value, str) else value, other))
        put(value)
    assert len(elements) > 1000
    assert taken == []


# The same events in another order, fewer of them, or others


def lines_of(data):
    return data.splitlines(keepends=True)


def test_a_line_that_was_changed_is_named(history):
    lines = lines_of(exported(history))
    lines[150] = lines[150].replace("página".encode(), b"pagina")

    assert refusal(b"".join(lines)).startswith("line 151: the event does not have the hash beside it")


def test_a_hash_that_was_changed_is_named(history):
    lines = lines_of(exported(history))
    lines[150] = lines[150].replace(lines[150][-67:-3], b"0" * 64)

    assert refusal(b"".join(lines)).startswith("line 151: the event does not have the hash beside it")


def test_an_event_that_was_changed_and_hashed_anew_is_found_at_the_next_checkpoint(history):
    lines = lines_of(exported(history))[:-1]
    lines[5] = event_line(text_of(lines[5]).replace("página".encode(), b"pagina"))

    said = refusal(sealed_anew(history, lines))

    assert re.match(r"line \d+: with this event the record is not what it was at", said)
    assert int(said.split(":")[0].removeprefix("line ")) < 100, "the first checkpoint after it says so, not the last"


def test_after_the_last_checkpoint_but_one_it_is_found_by_the_root(history):
    write(history.good_therapy, 5)
    lines = lines_of(exported(history))[:-1]
    header = json.loads(lines[0])  # as if nobody else had kept the newest one yet
    header["witnesses"] = [one for one in header["witnesses"] if one["note"] != header["checkpoint"]]
    lines[0] = json.dumps(header, ensure_ascii=False).encode() + b"\n"
    lines[-2] = event_line(text_of(lines[-2]).replace("página".encode(), b"pagina"))

    assert "do not have the root that was signed; line" in refusal(sealed_anew(history, lines))


@pytest.mark.parametrize(("change", "said"), [
    (lambda lines: lines[:-40], "line {after}: 40 events are missing at the end"),
    (lambda lines: [*lines[:100], *lines[101:]], r"line \d+: with this event the record is not what it was"),
    (lambda lines: [*lines[:100], lines[101], lines[100], *lines[102:]], "line 102: event .* stands after event"),
    (lambda lines: [*lines[:100], lines[100], *lines[100:]], "line 102: event .* stands after event"),
    (lambda lines: [*lines[:100], b'{"event":{},"leaf":"00"}\n', *lines[101:]], "line 101: this is no event"),
    (lambda lines: [*lines, lines[-1]], "the seal|stands after|is missing"),
    (lambda lines: [lines[0].replace(b'"size":', b'"size":1'), *lines[1:]], "line 1: it says 1"),
])
def test_what_is_cut_off_left_out_swapped_or_doubled_is_named(history, change, said):
    lines = lines_of(exported(history))[:-1]
    changed = change(lines)

    found = refusal(sealed_anew(history, changed))

    assert re.search(said.format(after=len(changed) + 1), found), found


def test_a_file_that_was_cut_anywhere_is_refused(history):
    data = exported(history)
    for end in (0, 1, 100, len(data) // 3, len(data) // 2, len(data) - 60, len(data) - 1):
        assert refused(data[:end])


def test_events_of_another_record_are_refused(history):
    lines = lines_of(exported(history))[:-1]
    text = text_of(lines[3]).replace(str(history.good_therapy.id).encode(), str(history.elm_street.id).encode())
    lines[3] = event_line(text)

    assert refusal(sealed_anew(history, lines)) == "line 4: the event is of another record"


def test_a_checkpoint_that_the_reader_kept_needs_nobodys_word(history):
    with binding.bind(history.good_therapy):
        made = checkpoints.take("mail")
    write(history.good_therapy, 4)
    data = exported(history)

    assert any(line.startswith("Your own checkpoint") for line in verified(data, held=[made.note]))
    assert "another key" in refusal(data, key="countersign/x+00000000+AAAA")
    with binding.bind(history.elm_street):
        other = checkpoints.take("mail")
    assert "is none, or not of this key" in refusal(data, held=[other.note])


def test_a_history_written_anew_with_all_keys_is_found_by_the_reader_who_kept_a_checkpoint(history):
    """The strongest attacker: owns the database, the keys and the program. Only what others hold is beyond them."""
    with binding.bind(history.good_therapy):
        made = checkpoints.take("mail")
        lines = lines_of(exported_bound())[:-1]
        lines[7] = event_line(text_of(lines[7]).replace("página".encode(), b"pagina"))
        leaves = [bytes.fromhex(line[-67:-3].decode()) for line in lines[1:]]
        from countersign.audit import merkle

        reached = signing.Reached(signing.origin(), len(leaves), merkle.root_of(leaves), made.at)
        header = {**json.loads(lines[0]), "checkpoint": signing.sign(reached), "earlier": [], "witnesses": []}
    forged = sealed_anew(history, [json.dumps(header, ensure_ascii=False).encode(), *lines[1:]])

    assert verified(forged), "alone, the forged file agrees with itself: that is what witnesses are for"
    assert "the record is not what it was" in refusal(forged, held=[made.note])


def exported_bound():
    file = io.BytesIO()
    bundle.write(file, checkpoints.take("export"))
    return file.getvalue()


def test_names_that_a_terminal_would_obey_are_shown_harmless(history):
    lines = lines_of(exported(history))[:-1]
    header = {**json.loads(lines[0]), "name": "Good\x1b[2J\nTherapy"}

    said = verified(sealed_anew(history, [json.dumps(header, ensure_ascii=False).encode(), *lines[1:]]))

    assert all(line.isprintable() for line in said)


# Planted: verifiers that accept too much are caught by the tests above.


@pytest.mark.parametrize(("name", "fault"), [
    ("check", lambda raw, signed, text, where: None),
    ("consistent", lambda one, reached: None),
    ("included", lambda leaf, index, reached, proof: None),
    ("agree", lambda frontier, wanted, number: wanted.pop(frontier.size, None)),
])
def test_a_verifier_that_accepts_anything_in_one_place_is_found_out(cast, monkeypatch, name, fault):
    monkeypatch.setattr(verifier, name, fault)
    found = []
    for suspicion in (
        lambda: test_each_element_of_a_proof_is_checked_even_when_the_seal_is_made_anew(cast, "bundle"),
        lambda: test_each_element_of_a_proof_is_checked_even_when_the_seal_is_made_anew(cast, "receipt"),
        lambda: history_of(cast) and found_by_the_reader(cast),
    ):
        try:
            suspicion()
        except (AssertionError, pytest.fail.Exception):
            found.append(suspicion)
            break
    assert found


found_by_the_reader = test_a_history_written_anew_with_all_keys_is_found_by_the_reader_who_kept_a_checkpoint


def history_of(cast):
    write(cast.good_therapy, 20)
    return True
