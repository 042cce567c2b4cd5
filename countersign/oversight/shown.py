"""The numbers of a statement in words: what page and paper have in common."""

import zoneinfo
from contextlib import contextmanager
from datetime import UTC, date, datetime

from django.utils import timezone
from django.utils.dateformat import format as written

from countersign.audit import checkpoints, signing

NOTHING = "\N{EN DASH}"


@contextmanager
def zone_of(numbers):
    """A statement is read in the zone in which it was counted, whatever the practice's zone is today."""
    with timezone.override(zoneinfo.ZoneInfo(numbers["zone"])):
        yield


def month_name(month):
    return f"{month:%B %Y}"


def duration(seconds):
    """4980 -> "1 h 23 min"; less than half a minute "under 1 min"."""
    minutes = (seconds + 30) // 60
    if not minutes:
        return "under 1 min" if seconds else "0 min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def moment(text):
    """A kept time (ISO 8601, UTC) as MM/DD/YYYY h:mm AM in the current zone."""
    return _local(text, "m/d/Y g:i A")


def day(text):
    """A kept day or time as MM/DD/YYYY."""
    return _local(text, "m/d/Y") if "T" in text else f"{date.fromisoformat(text):%m/%d/%Y}"


def _local(text, pattern):
    if not text:
        return NOTHING
    at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    return written(timezone.localtime(at), pattern)


def zone_name(numbers):
    return numbers["zone"].replace("_", " ")


def busiest(numbers, count=5):
    """The days on which most was done, busiest first."""
    return sorted(numbers["days"], key=lambda one: (-one["requests"], one["day"]))[:count]


def bars(numbers, month):
    """One bar for every day of the month: [{x, y, height, title}], in a box 310 by 60."""
    counted = {one["day"]: one for one in numbers["days"]}
    most = max((one["requests"] for one in numbers["days"]), default=1)
    found = []
    for number in range(1, 32):
        try:
            of = month.replace(day=number)
        except ValueError:
            break
        requests = counted.get(f"{of}", {}).get("requests", 0)
        height = max(round(56 * requests / most), 2) if requests else 0
        bar = {"x": (number - 1) * 10 + 1, "y": 60 - height, "height": height, "title": f"{of:%m/%d}: {requests}"}
        found.append(bar)
    return found


def unusual(numbers):
    """What deserves a second look, as sentences."""
    said = []
    for person in numbers["people"]:
        if person["is_new"]:
            said.append(f"{person['person']} came for the first time, on {day(person['first_ever'])}.")
        if person["also"]:
            said.append(f"{person['person']} also came under the name {', '.join(person['also'])}.")
    refused = sum(one["count"] for one in numbers["refused"])
    if refused:
        said.append(f"{refused} {'request was' if refused == 1 else 'requests were'} refused.")
    for one in numbers["turned_away"]:
        said.append(f"Turned away at the sign-in, {one['count']} times: {one['reason']}.")
    said += [f"{moment(one['at'])}: {one['words']}" for one in numbers.get("alerts", [])]
    return said


def checkpoint(kept):
    """[(label, value), ...] of the checkpoint that a statement stands on."""
    return [
        ("Events in the record", f"{kept['size']:,}"),
        ("Merkle root (RFC 9162)", checkpoints.base64_of(kept["root"])),
        ("Signed", f"{moment(kept['at'])} ({kept['at']})"),
        ("Key fingerprint", signing.fingerprint(kept["key"])),
    ]


VERIFY = (
    "To verify: have the practice export its record (countersign audit export) and run countersign-verify on the file; "
    "the record proves itself unchanged up to this checkpoint when its first events give the root printed here."
)


def stamp(when):
    """An aware datetime as MM/DD/YYYY h:mm AM in the current zone."""
    return written(timezone.localtime(when), "m/d/Y g:i A")
