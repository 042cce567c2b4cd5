"""Signed checkpoints: only what was signed, by the key it was signed with, to the last byte."""

import base64
from datetime import UTC, datetime

import pytest

from countersign.audit import signing
from countersign.instances import binding

AT = datetime(2026, 11, 23, 13, 30, tzinfo=UTC)


@pytest.fixture
def signed(cast):
    """(note, key) of Good Therapy, and ACME's line and key."""
    with binding.bind(cast.good_therapy):
        note = signing.sign(signing.Reached(signing.origin(), 1042, bytes(range(32)), AT))
        key = signing.public_key()
    with binding.bind(cast.acme):
        return note, key, signing.cosign(note, at=AT), signing.public_key(signing.COSIGNATURE)


def test_a_checkpoint_says_whose_how_far_which_root_and_when(cast, signed):
    note, key, *_ = signed

    reached = signing.read(note, key)

    assert reached == signing.Reached(f"countersign/{cast.good_therapy.id}", 1042, bytes(range(32)), AT)
    assert note.startswith(f"countersign/{cast.good_therapy.id}\n1042\n{base64.b64encode(bytes(range(32))).decode()}\n"
                           f"time 2026-11-23T13:30:00Z\n\n— countersign/")


def test_whoever_holds_it_says_so_with_a_key_of_their_own(signed):
    note, _, line, key = signed

    assert signing.read_cosignature(note, line, key) == AT


def test_a_checkpoint_may_carry_other_signatures(signed):
    note, key, line, _ = signed

    assert signing.read(f"{note}{line}\n", key).size == 1042


@pytest.mark.parametrize("verify", ["read", "read_cosignature"])
def test_no_byte_of_it_can_be_another(signed, verify):
    note, key, line, its_key = signed
    parts = [note, key] if verify == "read" else [note.partition("\n\n")[0] + "\n\n", line, its_key]
    taken = []
    for place, part in enumerate(parts):
        raw = part.encode()
        for at in range(len(raw)):
            for bit in range(8):
                try:
                    wrong = (raw[:at] + bytes([raw[at] ^ 1 << bit]) + raw[at + 1 :]).decode()
                except UnicodeDecodeError:
                    continue
                changed = [*parts[:place], wrong, *parts[place + 1 :]]
                try:
                    getattr(signing, verify)(*changed)
                except signing.NoteRefused:
                    continue
                taken.append((place, at, bit, wrong))
    assert taken == []


def test_another_instances_key_does_not_fit(cast, signed):
    note, _, line, _ = signed
    with binding.bind(cast.elm_street):
        other, others = signing.public_key(), signing.public_key(signing.COSIGNATURE)

    with pytest.raises(signing.NoteRefused, match="not that of this record"):
        signing.read(note, other)
    with pytest.raises(signing.NoteRefused, match="not signed by this key"):
        signing.read_cosignature(note, line, others)


def test_a_cosignature_is_no_signature_of_a_log_and_the_other_way_round(signed):
    note, key, line, its_key = signed

    with pytest.raises(signing.NoteRefused):
        signing.read(f"{note.partition(chr(10) * 2)[0]}\n\n{line}\n", its_key)
    with pytest.raises(signing.NoteRefused):
        signing.read_cosignature(note, note.splitlines()[-1], key)


@pytest.mark.parametrize("text", [
    "", "\n\n", "x\n1\n", "countersign/1\n-1\nAAAA\ntime x\n\n", "a" * 5000,
    "countersign/1\n٣\n" + "A" * 43 + "=\ntime 2026-11-23T13:30:00Z\n\n",
    "countersign/1\n01\n" + "A" * 43 + "=\ntime 2026-11-23T13:30:00Z\n\n",
    "countersign/1\n1\n" + "A" * 42 + "B=\ntime 2026-11-23T13:30:00Z\n\n",
    "countersign/1\n1\n" + "A" * 43 + "=\ntime 2026-13-23T13:30:00Z\n\n",
])
def test_what_is_no_checkpoint_is_refused_as_such(text):
    with pytest.raises(signing.NoteRefused):
        signing.parse(text)


def test_the_fingerprint_of_a_key_can_be_read_aloud(signed):
    assert len(signing.fingerprint(signed[1]).split()) == 8
