"""Signed checkpoints: the text that says how far the record reached, when, and with which root.

The form is the one transparency logs use: C2SP tlog-checkpoint in a C2SP signed-note, Ed25519 (RFC 8032), and
cosignature/v1 of C2SP tlog-cosignature for those who hold it. `time …` is an extension line of ours.

    countersign/8b0f…            which record: the instance
    1042                         how many events
    pQ3…=                        Merkle root (RFC 9162), base64
    time 2026-11-23T13:30:00Z
                                 (empty line)
    — countersign/8b0f… kd3…=    signature
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from countersign.instances import binding
from countersign.instances.secrets import derive

LOG, COSIGNATURE = 1, 4  # algorithm bytes of signed-note and tlog-cosignature
_BODY = re.compile(
    r"(?P<origin>[^\n ]{1,100})\n(?P<size>0|[1-9][0-9]{0,17})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"time (?P<at>[0-9TZ:-]{20})\n"
)
LONGEST = 4000


class NoteRefused(Exception):
    """The text is no checkpoint, or not signed by the key it names."""


@dataclass(frozen=True)
class Reached:
    """How far a record reached. root: 32 bytes; at: UTC, whole seconds."""

    origin: str
    size: int
    root: bytes
    at: datetime

    def body(self):
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{self.origin}\n{self.size}\n{_b64(self.root)}\ntime {at}\n"


def origin():
    """The name of the bound instance's record. Not its host name: that may change."""
    return f"countersign/{binding.bound().id}"


def sign(reached):
    """The note: what was reached, with the bound instance's signature."""
    key, body = _private(LOG), reached.body()
    return f"{body}\n{_line(reached.origin, _key_id(reached.origin, LOG, key), key.sign(body.encode()))}\n"


def cosign(note, *, at):
    """The line by which the bound instance says that it has seen the note, and keeps it since `at`."""
    body, stamp = note.partition("\n\n")[0] + "\n", int(at.timestamp())
    key, name = _private(COSIGNATURE), origin()
    signature = key.sign(f"cosignature/v1\ntime {stamp}\n{body}".encode())
    return _line(name, _key_id(name, COSIGNATURE, key), stamp.to_bytes(8, "big") + signature)


def seal(text):
    """The bound instance's signature over a text that is no checkpoint: it does not begin with a record's name."""
    return _private(LOG).sign(text.encode())


def public_key(kind=LOG):
    """The bound instance's verifier key, "name+id+key" as in signed-note. kind: LOG or COSIGNATURE."""
    key, name = _private(kind), origin()
    return f"{name}+{_key_id(name, kind, key).hex()}+{_b64(bytes([kind]) + _raw(key))}"


def fingerprint(verifier_key):
    """The SHA-256 of the public key in groups of four, to compare by eye."""
    digest = sha256(_read_key(verifier_key)[3]).hexdigest()[:32]
    return " ".join(digest[start : start + 4] for start in range(0, 32, 4))


def read(note, verifier_key):
    """The Reached of a note signed by the key. Raises NoteRefused."""
    reached = parse(note)
    name, key_id, kind, raw = _read_key(verifier_key)
    if kind != LOG or name != reached.origin:
        raise NoteRefused("the key is not that of this record")
    _verify(raw, _signature(note, name, key_id), note.partition("\n\n")[0] + "\n")
    return reached


def read_cosignature(note, line, verifier_key):
    """When the holder of the key cosigned the note (UTC). Raises NoteRefused."""
    name, key_id, kind, raw = _read_key(verifier_key)
    blob = _signature(f"\n\n{line}\n", name, key_id)
    if kind != COSIGNATURE or len(blob) != 72:
        raise NoteRefused("this is no cosignature")
    stamp = int.from_bytes(blob[:8], "big")
    body = note.partition("\n\n")[0] + "\n"
    _verify(raw, blob[8:], f"cosignature/v1\ntime {stamp}\n{body}")
    try:
        return datetime.fromtimestamp(stamp, UTC)
    except (OverflowError, ValueError, OSError):
        raise NoteRefused("the time of the cosignature is none") from None


def parse(note):
    """The Reached of a note, whoever signed it. Raises NoteRefused."""
    if len(note) > LONGEST:
        raise NoteRefused("the checkpoint is too long")
    if not note.replace("\n", "").isprintable():  # lines behind the signature are kept and shown as they came
        raise NoteRefused("the checkpoint holds control characters")
    body, blank, _ = note.partition("\n\n")
    found = _BODY.fullmatch(body + "\n") if blank else None
    if found is None:
        raise NoteRefused("this is no checkpoint")
    try:
        at = datetime.strptime(found["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise NoteRefused("the time of the checkpoint is none") from None
    reached = Reached(found["origin"], int(found["size"]), base64.b64decode(found["root"]), at)
    if reached.body() != body + "\n":
        raise NoteRefused("the checkpoint is not written as it should be")
    return reached


def _verify(raw, signature, text):
    try:
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, text.encode())
    except (InvalidSignature, ValueError):
        raise NoteRefused("the signature is not by this key") from None


def _signature(note, name, key_id):
    """The signature that the note carries under this name and key id."""
    if not note.endswith("\n"):
        raise NoteRefused("the checkpoint is cut off")
    for line in note.partition("\n\n")[2].split("\n"):
        begins = f"— {name} "
        if line.startswith(begins):
            blob = _unb64(line[len(begins):])
            if blob[:4] == key_id:
                return blob[4:]
    raise NoteRefused("it is not signed by this key")


def _read_key(text):
    """(name, id, kind, raw key). Raises NoteRefused."""
    name, _, rest = text.partition("+")
    key_id, _, key = rest.partition("+")
    blob = _unb64(key)
    if len(blob) != 33 or blob[0] not in (LOG, COSIGNATURE):
        raise NoteRefused("this is no Ed25519 key")
    if sha256(f"{name}\n".encode() + blob).digest()[:4].hex() != key_id:
        raise NoteRefused("the key does not have the id that it names")
    return name, bytes.fromhex(key_id), blob[0], blob[1:]


def _private(kind):
    purpose = {LOG: "checkpoints of the record", COSIGNATURE: "cosignatures of checkpoints"}[kind]
    return Ed25519PrivateKey.from_private_bytes(derive(purpose))


def _raw(key):
    return key.public_key().public_bytes_raw()


def _key_id(name, kind, key):
    return sha256(f"{name}\n".encode() + bytes([kind]) + _raw(key)).digest()[:4]


def _line(name, key_id, signature):
    return f"— {name} {_b64(key_id + signature)}"


def _b64(raw):
    return base64.b64encode(raw).decode()


def _unb64(text):
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise NoteRefused("this is no base64") from None
    if _b64(raw) != text:  # bits that mean nothing must be zero: one text, one meaning
        raise NoteRefused("this is not written as base64 should be")
    return raw
