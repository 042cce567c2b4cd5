"""One event as one syslog message (RFC 5424), and many as one piece of a TLS stream (RFC 5425). Pure: no database.

A message is made of its event alone and of nothing that happens while it is sent: sent twice it is the same, octet for
octet, so that a collector may drop the second. Its text is the event's canonical line (audit/canonical.py), whose hash
(RFC 9162 2.1.1) is the leaf of the record's tree: what a collector keeps can be compared with every checkpoint.
"""

import json
import re
import unicodedata
from operator import itemgetter

from countersign.audit import canonical, merkle

LIMIT = 8192  # octets of one message: RFC 5425 4.3.1, what every collector should take
RECORD = 16384  # octets of one TLS record (RFC 8446 5.1): a batch is within one, and so arrives whole or not at all
FACILITY = 13  # log audit
SEVERITIES = {"ok": 6, "refused": 4, "failed": 3}  # informational, warning, error; anything else is a notice
NOTICE = 5
APPLICATION = "countersign"
# 32473 is the number kept for examples (RFC 5612): Countersign has none of its own at IANA.
SD_ID = "countersign@32473"
# In structured data, for collectors that do not read JSON: (name there, column).
NAMED = (
    ("seq", "seq"), ("action", "action"), ("result", "result"), ("person", "person"), ("source", "source"),
    ("company", "company"), ("billingUser", "billing_user"), ("clientId", "client_id"),
)
BOM = b"\xef\xbb\xbf"  # RFC 5424 6.4: the text that follows is UTF-8
SHORTENED = 100  # octets of each text, where even without its changes an event is too long
_NEUTRAL = {"Cc", "Cf", "Cs", "Zl", "Zp"}  # controls, marks that turn the reading direction, line separators


def maker(instance_id, host):
    """A function from a row of canonical.COLUMNS to the message (bytes). host: the instance's name in the DNS."""
    line = canonical.liner(instance_id)
    wanted = itemgetter(*(canonical.COLUMNS.index(column) for _, column in NAMED))
    at = canonical.COLUMNS.index("at")
    names = [name for name, _ in NAMED]

    def message(row):
        whole = line(row)
        values = dict(zip(names, wanted(row), strict=True))
        head = " ".join((
            f"<{FACILITY * 8 + SEVERITIES.get(values['result'], NOTICE)}>1", canonical.instant(row[at]),
            _printable(host, 255), APPLICATION, "-", _printable(values["action"], 32),
        ))
        given = {"instance": instance_id, **values, "leaf": merkle.leaf_hash(whole).hex()}
        for text, note in _ways(whole):
            made = f"{head} {_structured({**given, **note})} ".encode() + BOM + text
            if len(made) <= LIMIT:
                return made
        raise ValueError(f"event {values['seq']} does not fit into {LIMIT} octets")

    return message


def frame(message):
    """RFC 5425 4.3: the length in octets, a space, the message. Nothing in a message can end it."""
    return b"%d %s" % (len(message), message)


def batches(messages):
    """Group (seq, message) pairs into (last seq, how many, octets), each of one TLS record at most and in order."""
    octets, count, last = b"", 0, 0
    for seq, message in messages:
        framed = frame(message)
        if octets and len(octets) + len(framed) > RECORD:
            yield last, count, octets
            octets, count = b"", 0
        octets, count, last = octets + framed, count + 1, seq
    if octets:
        yield last, count, octets


def _ways(whole):
    """The text, and what the structured data say of it: whole, or what is left out of a very long one. The leaf's hash
    is always that of the whole line, which stays in the record."""
    yield _neutral_json(whole), {}
    event = json.loads(whole)
    event.pop("changes", None)
    yield _neutral_json(canonical.encode(event)), {"leftOut": "changes"}
    short = {name: _cut(value, SHORTENED) if isinstance(value, str) else value for name, value in event.items()}
    yield _neutral_json(canonical.encode(short)), {"leftOut": "changes, ends of texts"}


def _structured(values):
    given = (f' {name}="{_parameter(str(value))}"' for name, value in values.items() if value not in ("", None))
    return f"[{SD_ID}{''.join(given)}]"


def _parameter(text):
    """RFC 5424 6.3.3: `"`, `\\` and `]` are escaped; nothing that a terminal or a log viewer would act on is left."""
    return re.sub(r'(["\\\]])', r"\\\1", _cut("".join("\ufffd" if _acts(c) else c for c in text), 400))


def _printable(text, limit):
    """A field of the header: visible ASCII without spaces, "-" for nothing."""
    return re.sub(r"[^!-~]", "?", text)[:limit] or "-"


def _neutral_json(line):
    """The same JSON value without any character that acts: controls below U+0020 are escaped in every JSON anyway."""
    if line.isascii() and b"\x7f" not in line:
        return line
    return "".join(_escaped(c) if _acts(c) else c for c in line.decode()).encode()


def _acts(character):
    return not (" " <= character <= "~") and unicodedata.category(character) in _NEUTRAL


def _escaped(character):
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def _cut(text, octets):
    """The beginning of a text, at most so many octets of UTF-8, whole characters only."""
    encoded = text.encode("utf-8", "replace")
    return text if len(encoded) <= octets else encoded[:octets].decode("utf-8", "ignore")
