"""What a practice tells the company about a key (settings.DISPATCHES)."""

from datetime import date

from django.utils import timezone
from django.utils.dateparse import parse_date

from countersign.audit import record
from countersign.audit.actors import system
from countersign.identity import sealing
from countersign.identity.dispatches import Refused
from countersign.identity.federation import FederationError, line
from countersign.keyring import deliveries
from countersign.keyring.models import Key, KeyState, MoreAsked
from countersign.people import names

MOST = 1_000_000


def key_delivered(received):
    """A password for the ring: sealed for this company by the practice that sets it, and sealed again before it is
    written anywhere."""
    user_id = _user_id(received)
    try:
        inside = sealing.opened(received.body.get("sealed"), issuer=received.issuer)
    except FederationError as error:
        raise Refused(str(error)) from None
    password = inside.get("password")
    if inside.get("billing_user") != user_id or not isinstance(password, str) or not 0 < len(password) <= 200:
        raise Refused("the envelope is another's")
    deliveries.keep(received.sender, user_id=user_id, password=password, came_at=received.written_at)


def key_changed(received):
    """How a key stands at the practice, as a whole: what was said before does not count any more."""
    user_id, state = _user_id(received), received.body.get("state")
    if state not in KeyState.values:
        raise Refused("it says no state")
    told = {
        "state": state, "state_because": line(received.body.get("because"), 200), "ends_on": _day(received.body),
    }
    difference = line(received.body.get("difference"), 300)  # of what it may do, in words
    counts = _counts(received.body.get("waiting"))
    key = Key.objects.live().filter(issuer=received.issuer, user_id=user_id).first()
    if key is None or (key.told_at and key.told_at > received.written_at):
        return  # in no ring, or overtaken by what was said later
    before = {name: getattr(key, name) for name in told}
    Key.objects.filter(id=key.id).update(told_at=min(received.written_at, timezone.now()), **told, **counts)
    changes = {name: [_text(before[name]), _text(told[name])] for name in told if before[name] != told[name]}
    if not changes and not difference and any(getattr(key, name) != counts[name] for name in counts):
        return  # a number of every day
    record.write(system(f"{received.sender}"), "key.told", object=key, changes=changes, reason=difference)


def access_decided(received):
    """What the practice answers to *Ask for more*: granted until when, refused, or taken back; the last word counts."""
    found = MoreAsked.objects.select_related("key").filter(
        mark=received.uuid("id", otherwise="it names nothing that was asked for"), key__issuer=received.issuer
    ).first()
    if found is None:
        raise Refused("nothing of this was asked for")
    if found.answered_at and found.answered_at > received.written_at:
        return  # overtaken by what was said later
    granted, expires_at = received.body.get("granted"), received.moment("expires_at")
    if not isinstance(granted, bool) or (granted and expires_at is None):
        raise Refused("it says neither yes nor no")
    because = line(received.body.get("because"), 200)
    MoreAsked.objects.filter(id=found.id).update(
        answered_at=received.written_at, granted=granted, expires_at=expires_at if granted else None, because=because
    )
    until = f", until {expires_at:%Y-%m-%dT%H:%M:%SZ}" if granted else ""
    record.write(
        system(f"{received.sender}"), "key.more.answered", object=found.key, reason=because,
        changes={"permission": found.permission, "answer": f"{'granted' if granted else 'not granted'}{until}"},
    )


def _counts(told):
    """{waiting, waiting_since}: how many services wait at the practice; of None, or what is none, nothing."""
    nothing = {"waiting": None, "waiting_since": None}
    if not isinstance(told, dict):
        return nothing
    number, since = told.get("services"), told.get("since")
    try:
        since = parse_date(since) if isinstance(since, str) else None
    except ValueError:  # 02/30
        since = None
    if type(number) is not int or not 0 <= number <= MOST or since is None:
        return nothing
    return {"waiting": number, "waiting_since": since}


def _user_id(received):
    user_id = received.body.get("billing_user")
    if not isinstance(user_id, str) or not names.USER_ID.fullmatch(user_id):
        raise Refused("it names no key")
    return user_id


def _day(body):
    text = body.get("last_on") or None
    try:
        return text and date.fromisoformat(text)
    except (TypeError, ValueError):
        raise Refused("it names no day") from None


def _text(value):
    return f"{value:%Y-%m-%d}" if isinstance(value, date) else value or ""
