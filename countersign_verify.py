#!/usr/bin/env python3
"""countersign-verify BUNDLE: check an exported record without Countersign and without trusting whoever exported it.

This file is all there is to it: Python's standard library, and `cryptography` for the Ed25519 signatures. It can be
read in ten minutes. A bundle is a text file of JSON, one value a line:

    line 1       what it holds: whose record, which events, the signed checkpoint, and who else holds checkpoints
    line 2 …     {"event": {…}, "leaf": "<hash>"}, one event a line, in order
    last line    {"seal": "<signature over all lines before>"}

or, for a receipt, line 1 holds one event with the proof that it is in the record.

What is checked, in this order:
 1. every line has the form that it should, events are of one record and their numbers rise;
 2. each event has the hash beside it (RFC 9162 2.1: SHA-256 of a zero byte and the event's text);
 3. the hashes together are the Merkle root of the checkpoint (RFC 9162 2.1.1), which the instance signed;
 4. each earlier checkpoint is how this record began: computed from the events, and by its proof (2.1.4.2);
 5. each witness really signed that it has seen such a checkpoint (C2SP tlog-cosignature);
 6. the seal: nothing else in the file was changed.

What it cannot know: whether the keys in the bundle belong to whom they name. Compare the fingerprints printed with what
you were given another way (the monthly statement, the checkpoint mail, the other party), or hand over a checkpoint that
you kept yourself: --held FILE. Nothing shows what happened after the newest checkpoint that somebody else holds.

Exit code: 0 everything agrees; 1 something does not; 2 the file cannot be read.
"""

import argparse
import base64
import hashlib
import json
import sys
from datetime import UTC, datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VERSION = 1
BEGINS, MIDDLE, ENDS = b'{"event":', b',"leaf":"', b'"}\n'
LONGEST_LINE = 32 * 1024 * 1024
LOG, COSIGNATURE = 1, 4
READ = json.JSONDecoder().raw_decode  # nothing before the value, and it tells where the value ends


class Wrong(Exception):
    """Something does not agree. The text says what, and in which line."""


def main(arguments=None):
    parser = argparse.ArgumentParser(prog="countersign-verify", description=__doc__.partition("\n")[0])
    parser.add_argument("bundle", help="the file that was exported")
    parser.add_argument("--held", action="append", default=[], metavar="FILE", help="a checkpoint that you kept")
    parser.add_argument("--key", help="the verifier key of the record, when you know it from elsewhere")
    options = parser.parse_args(arguments)
    try:
        held = [open(name, encoding="utf-8", newline="").read() for name in options.held]
        with open(options.bundle, "rb") as file:
            for sentence in verify(file, held=held, key=options.key):
                print(shown(sentence))
    except OSError as error:
        print(f"The file cannot be read: {error.strerror}: {error.filename}", file=sys.stderr)
        return 2
    except (Wrong, UnicodeError) as found:
        print(f"WRONG: {shown(str(found))}")
        return 1
    print("GOOD: everything in this file agrees.")
    return 0


def verify(file, *, held=(), key=None):
    """Yield sentences about what was found good. Raises Wrong at the first thing that is not."""
    line = file.readline(LONGEST_LINE)
    header = as_json(line, 1)
    if header.get("version") != VERSION or header.get("kind") not in ("bundle", "receipt"):
        raise Wrong("line 1: this is no bundle or receipt that this version can read")
    expect(header, 1, instance=str, name=str, key=str, checkpoint=str, size=int, earlier=list, witnesses=list)
    if key is not None and key.strip() != header["key"]:
        raise Wrong("line 1: the record is signed with another key than the one you gave")
    reached = read_note(header["checkpoint"], header["key"], "line 1: the checkpoint")
    if reached["origin"] != f"countersign/{header['instance']}":
        raise Wrong("line 1: the checkpoint is about another record")
    if reached["size"] != header["size"]:
        raise Wrong(f"line 1: it says {header['size']} events, and the checkpoint {reached['size']}")
    yield f"Record of {shown(header['name'])} ({header['instance']})"
    yield f"Checkpoint: {reached['size']:,} events at {reached['time']}, signed with key {fingerprint(header['key'])}"
    known = [*earlier_ones(header), *given(held, header)]
    sealed = hashlib.sha256(line)
    if header["kind"] == "bundle":
        yield from walk(file, header, reached, known, sealed)
    else:
        yield from receipt(header, reached)
        seal(file.readline(LONGEST_LINE), 2, sealed, header)
    if file.read(1):
        raise Wrong("there is something behind the seal")
    for one in known:
        consistent(one, reached)
        yield f"{one['words']}: {one['size']:,} events at {one['time']}: the record still begins so"


def walk(file, header, reached, known, sealed):
    """The events, one by one; the root at the size of every known checkpoint on the way."""
    expect(header, 1, first=int, before=list)
    frontier = Frontier(header["first"], hashes(header["before"], "line 1: before"))
    wanted = {one["size"]: [] for one in known}
    for one in known:
        wanted[one["size"]].append(one)
    agree(frontier, wanted, 1)
    number, last, times = 1, 0, []
    while frontier.size < header["size"]:
        number += 1
        line = file.readline(LONGEST_LINE)
        if not line or line.startswith(b'{"seal"'):
            raise Wrong(f"line {number}: {header['size'] - frontier.size:,} events are missing at the end")
        event, leaf = event_of(line, number)
        if event.get("instance") != header["instance"]:
            raise Wrong(f"line {number}: the event is of another record")
        if not isinstance(event.get("seq"), int) or event["seq"] <= last:
            raise Wrong(f"line {number}: event {event.get('seq')} stands after event {last}")
        last = event["seq"]
        frontier.append(leaf)
        if frontier.size in wanted:
            agree(frontier, wanted, number)
        sealed.update(line)
        times = [times[0] if times else event.get("at"), event.get("at")]
    if frontier.root() != reached["root"]:
        so_far = since(known, header)
        raise Wrong(f"the events up to line {number} do not have the root that was signed{so_far}")
    seal(file.readline(LONGEST_LINE), number + 1, sealed, header)
    yield f"Events: {header['size'] - header['first']:,}" + (f", from {times[0]} to {times[1]}" if times else "")
    yield "Root, order and hashes agree with the checkpoint."


def receipt(header, reached):
    expect(header, 1, index=int, event=str, proof=list)
    event = as_json(header["event"].encode(), 1)
    if event.get("instance") != header["instance"]:
        raise Wrong("line 1: the event is of another record")
    leaf = hashlib.sha256(b"\0" + header["event"].encode()).digest()
    included(leaf, header["index"], reached, hashes(header["proof"], "line 1: the proof"))
    who, what = shown(str(event.get("person"))), shown(str(event.get("action")))
    yield f"Event {event.get('seq')}: {event.get('at')} {who}: {what} {shown(str(event.get('client', '')))}".rstrip()
    yield f"It is number {header['index'] + 1:,} of the {reached['size']:,} events of the checkpoint."


# Checkpoints


def earlier_ones(header):
    """The checkpoints that the bundle brings: the instance's own earlier ones, and those that others hold."""
    for place, one in enumerate([*header["earlier"], *header["witnesses"]]):
        where = f"line 1: checkpoint {place + 1} of those before"
        if not isinstance(one, dict):
            raise Wrong(f"{where} is none")
        expect(one, 1, note=str, key=str, proof=list)
        known = read_note(one["note"], one["key"], where)
        if known["origin"] != f"countersign/{header['instance']}":
            raise Wrong(f"{where} is about another record")
        words = "Earlier checkpoint"
        if "line" in one:
            expect(one, 1, line=str, holder_key=str, holder=str)
            seen = read_cosignature(one, where)
            words = f"Held by {shown(one['holder'])} since {seen} (key {fingerprint(one['holder_key'])})"
        yield {**known, "words": words, "proof": hashes(one["proof"], where), "where": where}


def given(texts, header):
    """Checkpoints that the reader brought: what they show needs nobody's word."""
    for place, text in enumerate(texts, 1):
        where = f"the checkpoint you gave (number {place})"
        known = read_note(text, header["key"], where)
        if known["origin"] != f"countersign/{header['instance']}":
            raise Wrong(f"{where} is about another record")
        if header["kind"] != "bundle" or known["size"] < header["first"]:
            raise Wrong(f"{where} cannot be compared: this file begins after it")
        if known["size"] > header["size"]:
            raise Wrong(f"{where} has {known['size']:,} events, and this record {header['size']:,} only")
        yield {**known, "words": "Your own checkpoint", "proof": None, "where": where}


def agree(frontier, wanted, number):
    for one in wanted.pop(frontier.size, ()):
        if frontier.root() != one["root"]:
            raise Wrong(
                f"line {number}: with this event the record is not what it was at {one['time']} ({one['words']}): "
                f"something at or before this line was changed, added or taken away"
            )


def since(known, header):
    """Where the fault must lie: after the last checkpoint that still agreed."""
    good = [one["size"] for one in known if header["first"] <= one["size"] < header["size"]]
    return f"; line {max(good) - header['first'] + 1} and before agree with an earlier one" if good else ""


def consistent(one, reached):
    """RFC 9162 2.1.4.2, unless the reader brought it (then it was computed from the events)."""
    if one["proof"] is None:
        return
    old, size, path = one["size"], reached["size"], list(one["proof"])
    if not 0 < old <= size:
        raise Wrong(f"{one['where']} speaks of {old:,} events, and the record has {size:,} only")
    if old == size:
        if path or one["root"] != reached["root"]:
            raise Wrong(f"{one['where']} has another root for the same number of events")
        return
    if old & (old - 1) == 0:
        path.insert(0, one["root"])
    place, last = old - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = path.pop(0) if path else b""
    for step in path:
        if last == 0:
            raise Wrong(f"{one['where']}: its proof is too long")
        if place & 1 or place == last:
            first, second = node(step, first), node(step, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node(second, step)
        place, last = place >> 1, last >> 1
    if last or first != one["root"] or second != reached["root"]:
        raise Wrong(f"{one['where']}: the record does not continue it")


def included(leaf, index, reached, proof):
    """RFC 9162 2.1.3.2."""
    if not 0 <= index < reached["size"]:
        raise Wrong(f"line 1: there is no event {index + 1} among {reached['size']}")
    place, last, found = index, reached["size"] - 1, leaf
    for step in proof:
        if last == 0:
            raise Wrong("line 1: the proof is too long")
        if place & 1 or place == last:
            found = node(step, found)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            found = node(found, step)
        place, last = place >> 1, last >> 1
    if last or found != reached["root"]:
        raise Wrong("line 1: the proof does not lead from this event to the root that was signed")


class Frontier:
    """The complete subtrees that the leaves so far consist of, largest first."""

    def __init__(self, size, parts):
        if size < 0 or len(parts) != bin(size).count("1"):
            raise Wrong("line 1: the hashes before the first event do not fit their number")
        self.size, self.parts = size, parts

    def append(self, leaf):
        at = self.size
        while at & 1:
            leaf, at = node(self.parts.pop(), leaf), at >> 1
        self.parts.append(leaf)
        self.size += 1

    def root(self):
        if not self.parts:
            return hashlib.sha256(b"").digest()
        root = self.parts[-1]
        for left in reversed(self.parts[:-1]):
            root = node(left, root)
        return root


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


# Signatures (C2SP signed-note, tlog-checkpoint, tlog-cosignature)


def read_note(note, key, where):
    """{"origin", "size", "root", "time"} of a checkpoint signed with the key."""
    if not isinstance(note, str) or len(note) > 4000 or not note.endswith("\n"):
        raise Wrong(f"{where} is no checkpoint")
    name, key_id, kind, raw = read_key(key, where)
    body = note.partition("\n\n")[0] + "\n"
    parts = body.split("\n")
    if kind != LOG or len(parts) != 5 or parts[4] or name != parts[0]:
        raise Wrong(f"{where} is none, or not of this key")
    check(raw, signature(note, name, key_id, where), body, where)
    try:
        datetime.strptime(parts[3], "time %Y-%m-%dT%H:%M:%SZ")
        size = int(parts[1])
    except ValueError:
        raise Wrong(f"{where} is not written as it should be") from None
    return {"origin": parts[0], "size": size, "root": base64_of(parts[2], where), "time": parts[3][5:]}


def read_cosignature(one, where):
    """Since when the witness holds the checkpoint."""
    name, key_id, kind, raw = read_key(one["holder_key"], where)
    blob = signature(f"\n\n{one['line']}\n", name, key_id, where)
    if kind != COSIGNATURE or len(blob) != 72:
        raise Wrong(f"{where}: the witness has not signed it")
    stamp, body = int.from_bytes(blob[:8], "big"), one["note"].partition("\n\n")[0] + "\n"
    check(raw, blob[8:], f"cosignature/v1\ntime {stamp}\n{body}", where)
    try:
        return datetime.fromtimestamp(stamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (OverflowError, ValueError, OSError):
        raise Wrong(f"{where}: the time at which the witness signed it is none") from None


def seal(line, number, sealed, header):
    found = as_json(line, number)
    expect(found, number, seal=str)
    _, _, _, raw = read_key(header["key"], "line 1: the key")
    text = f"countersign {header['kind']} {VERSION}\n{sealed.hexdigest()}\n"
    check(raw, base64_of(found["seal"], f"line {number}"), text, f"line {number}: the seal")
    if line != b'{"seal":"' + found["seal"].encode() + b'"}\n':
        raise Wrong(f"line {number}: the seal is not written as it should be")


def read_key(text, where):
    """(name, id, kind, raw) of "name+id+key"."""
    name, _, rest = text.partition("+")
    key_id, _, key = rest.partition("+")
    blob = base64_of(key, where)
    if len(blob) != 33 or hashlib.sha256(f"{name}\n".encode() + blob).hexdigest()[:8] != key_id:
        raise Wrong(f"{where}: this is no key")
    return name, bytes.fromhex(key_id), blob[0], blob[1:]


def fingerprint(key):
    digest = hashlib.sha256(read_key(key, "line 1: a key")[3]).hexdigest()[:32]
    return " ".join(digest[start : start + 4] for start in range(0, 32, 4))


def signature(note, name, key_id, where):
    for line in note.partition("\n\n")[2].split("\n"):
        if line.startswith(f"— {name} "):
            blob = base64_of(line[len(f"— {name} "):], where)
            if blob[:4] == key_id:
                return blob[4:]
    raise Wrong(f"{where} is not signed by the key that it names")


def check(raw, signed, text, where):
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signed, text.encode())
    except (InvalidSignature, ValueError):
        raise Wrong(f"{where}: the signature does not fit") from None


# Reading


def event_of(line, number):
    """(event, leaf hash). The text between is what was hashed, byte by byte."""
    if not (line.startswith(BEGINS) and line.endswith(ENDS) and line[-76:-67] == MIDDLE):
        raise Wrong(f"line {number}: this is no event")
    text = line[len(BEGINS):-76]
    leaf = hashlib.sha256(b"\0" + text).digest()
    if leaf.hex().encode() != line[-67:-3]:
        raise Wrong(f"line {number}: the event does not have the hash beside it: one of the two was changed")
    return as_json(text, number), leaf


def as_json(line, number):
    try:
        text = line.decode().removesuffix("\n")
        found, end = READ(text)
        if end != len(text):
            raise ValueError("something stands behind the value")
    except (ValueError, RecursionError):
        raise Wrong(f"line {number}: this is not JSON, or cut off") from None
    if not isinstance(found, dict):
        raise Wrong(f"line {number}: this is no JSON object")
    return found


def expect(found, number, **types):
    for name, kind in types.items():
        if type(found.get(name)) is not kind:
            raise Wrong(f"line {number}: “{name}” is missing or not what it should be")


def hashes(texts, where):
    try:
        found = [bytes.fromhex(text) for text in texts]
    except (ValueError, TypeError):
        raise Wrong(f"{where}: a hash is none") from None
    if any(len(one) != 32 or one.hex() != text for one, text in zip(found, texts, strict=True)):
        raise Wrong(f"{where}: a hash is none")
    return found


def base64_of(text, where):
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong(f"{where}: this is no base64") from None
    if base64.b64encode(raw).decode() != text:
        raise Wrong(f"{where}: this is not written as base64 should be")
    return raw


def shown(text):
    """A text of the record, safe to print: a terminal obeys control characters."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


if __name__ == "__main__":
    sys.exit(main())
