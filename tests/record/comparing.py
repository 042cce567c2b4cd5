"""Compares what happened with what was recorded, one request at a time, one to one."""

import json
from datetime import date, datetime

from countersign.people.models import UserType
from countersign.people.permissions import Permission
from tests.record.expected import ALL, ELSEWHERE, FORMS, READS, SENDS, TELLS
from tests.security.kinds import ALLOWED, MISSING, REFUSED, TO_SIGN_IN, WRONG_METHOD
from tests.security.routes import OWN_PEOPLE, PUBLIC

REFUSALS = {REFUSED: "page.refused", MISSING: "page.missing", WRONG_METHOD: "page.invalid"}
BEFORE_A_VISIT = ("/sign-in/first-part/", "/sign-in/second-part/", "/sign-out/back-channel/")
OURS_ONLY = "own people only"


def faults(seen):
    """Sentences about everything in which this request and the record of it differ."""
    found = [*_actions(seen), *_who(seen), *_refusal(seen), *_what(seen), *_untold(seen), *_told(seen)]
    return [f"{seen}: {fault}" for fault in found]


def expected(seen):
    """(actions, in order; those elsewhere), or a sentence that says what nobody entered."""
    route, kind = seen.route, seen.kind
    if seen.stale:
        return ("session.expired",), ()
    if route.who == PUBLIC:
        return _of_public(seen), ()
    if seen.verdict == TO_SIGN_IN:
        return (("session.foreign",) if kind.foreign else ()), ()
    if seen.verdict in REFUSALS:
        return (REFUSALS[seen.verdict],), ()
    elsewhere = ELSEWHERE.get((seen.method, route.path), ())
    if seen.method == "GET":
        return (READS.get(route.path, "page.opened" if route.path in FORMS else route.rule.reads),), elsewhere
    wanted = SENDS.get(route.path)
    if wanted is None:
        return f"say in tests/record/expected.py, SENDS, what sending “{route.path}” leaves on the record"
    if seen.sent is None:
        return f"add a form for “{route.path}” to tests/security/bodies.py"
    if seen.status >= 400:
        return f"what tests/security/bodies.py sends to “{route.path}” was not accepted ({seen.status})"
    return (wanted(kind) if callable(wanted) else wanted), elsewhere


def _of_public(seen):
    if seen.route.rule.silent:
        return ()
    known = seen.kind.type is not None
    if seen.path in BEFORE_A_VISIT and seen.status in (400, 403):
        return ("sign-in.second-part.refused",)
    if seen.path in ("/authorize/", "/token/") and seen.status >= 400 and seen.status != 405:
        return ("identity.refused",)
    if seen.status >= 400:
        nobody = not known and (seen.method == "GET" or seen.status == 409)
        return () if nobody else ("page.missing" if seen.status == 404 else "page.invalid",)
    if not known:
        return ()
    return ("page.opened",) if seen.method == "GET" else ("page.sent",)


def _actions(seen):
    wanted = expected(seen)
    if isinstance(wanted, str):
        return [wanted]
    here, elsewhere = wanted
    got, got_elsewhere = (tuple(event.action for event in events) for events in (seen.events, seen.elsewhere))
    found = []
    if seen.verdict == ALLOWED and not seen.stale and _permits(seen) is False:
        found.append("it was let in")
    if got != here:
        found.append(f"on the record is {list(got)}, and what happened is {list(here)}")
    if got_elsewhere != elsewhere:
        found.append(f"on the other instance's record is {list(got_elsewhere)}, not {list(elsewhere)}")
    return found


def _permits(seen):
    wanted = seen.kind.expected(seen.route)
    return None if wanted is None else wanted == ALLOWED


def _who(seen):
    """Person, company, Billing user, visit, issuer and subject, address and browser, of every event."""
    wanted = {**seen.person, "address": "127.0.0.1", "browser": "Test browser"}
    found = [
        f"{event.action} says {name} “{getattr(event, name)}”, not “{value}”"
        for event in seen.events for name, value in wanted.items()
        if event.action not in ("sign-in.second-part.refused", "identity.refused") and getattr(event, name) != value
    ]
    for event in seen.elsewhere:
        if (event.source, event.person, event.sub) != ("support", seen.person["person"], seen.person["sub"]):
            found.append(f"the other instance's {event.action} names {event.source} {event.person}")
    return found


def _refusal(seen):
    """A refusal says that it is one, and by which rule; what went well says so too."""
    found = []
    for event in seen.events:
        refusal = event.action in {*REFUSALS.values(), "session.foreign"} or event.action.endswith(".refused")
        if (event.result == "ok") == refusal:
            found.append(f"{event.action} has the result “{event.result}”")
        if event.action == "page.refused" and event.rule != _rule(seen):
            found.append(f"it was refused by “{event.rule}”, not by “{_rule(seen)}”")
    return found


def _rule(seen):
    who = seen.route.who
    if seen.route.path in OWN_PEOPLE and seen.kind.type == UserType.BILLING:
        return OURS_ONLY
    if isinstance(who, Permission):
        return str(who)
    return OURS_ONLY if seen.kind.type == UserType.BILLING else ""


def _what(seen):
    """The object or the client of every event is what the address names, else the address itself."""
    if seen.verdict == TO_SIGN_IN and not seen.events:
        return []
    found = []
    for event in seen.events:
        named = {event.object_id, event.client_id, event.object}
        if event.action.startswith("page."):
            named_so = event.action == "page.opened" and (named & {*seen.ids} or _by_name(seen))
            if event.object != seen.path and not named_so:
                found.append(f"{event.action} names “{event.object}”, not “{seen.path}”")
        elif seen.ids and not event.action.startswith("session.") and seen.route.who != PUBLIC:
            if not named & {seen.ids[0]} and not any(seen.ids[0] in text for text in named) and not _by_name(seen):
                found.append(f"{event.action} does not say that it was about {seen.ids[0]}")
        if seen.route.path.startswith("clients/<") and seen.ids and not event.action.startswith(("page.", "session.")):
            if event.client_id != seen.ids[0] or not event.client:
                found.append(f"{event.action} does not name the client")
    return found


def _by_name(seen):
    """Named by what it is called: an instance in the console, and what an address of a machine stands for."""
    return seen.route.path.startswith("console/") and all(event.object for event in seen.events)


def _untold(seen):
    """Every row that is different must be told of by an event, column by column, with the old and the new value."""
    found = []
    for change in seen.changes:
        telling = [event for event in (*seen.events, *seen.elsewhere) if change.table in TELLS.get(event.action, {})]
        if not telling:
            found.append(f"a row of {change.table} changed ({', '.join(change.columns)}), and no event tells it: if an "
                         "action of it does, say so in tests/record/expected.py, TELLS")
            continue
        found += min((_columns(change, event) for event in telling), key=len)
    return found


def _columns(change, event):
    own = TELLS[event.action][change.table]
    if own is ALL:
        return []
    for several in own & {"groups", "tags"}:
        return _several(change, event, several)
    found = []
    for column, (old, new) in change.columns.items():
        if column in own or (change.before is None and _empty(new)) or (change.after is None and _empty(old)):
            continue
        name = next((one for one in (column, column.removesuffix("_id")) if one in event.changes), None)
        if name is None:
            found.append(f"{event.action} does not tell {column} ({old!r}, now {new!r})")
        elif change.before is not None and change.after is not None and not _same(event, name, column, old, new):
            found.append(f"{event.action} tells {name}: {event.changes[name]}, and it was {old!r}, now {new!r}")
        elif (change.before is None or change.after is None) and not column.endswith("_id"):
            if _text(event.changes[name]) != _text(new if change.before is None else old):
                found.append(f"{event.action} tells {name}: {event.changes[name]!r}, and it is {new!r}")
    return found


def _several(change, event, several):
    """Groups or tags: by name, those before and those after; what came or went is a row of its own."""
    told = event.changes.get(several)
    if told is None:
        return [f"{event.action} does not say which {several}"]
    if event.action.endswith(".changed"):
        old, new = map(set, told)
        if not (new - old if change.before is None else old - new):
            return [f"{event.action} tells {several}: {told}, and the row is another"]
    return []


def _same(event, name, column, old, new):
    told = event.changes[name]
    if not isinstance(told, list) or len(told) != 2:
        return False
    if column.endswith("_id") or told[1] == "changed":  # by name then; of a note's words, that they changed
        return True
    if column in ("part_2", "sees_part_2"):
        return [bool(one) for one in told] == [bool(old), bool(new)]
    return [_text(one) for one in told] == [_text(old), _text(new)]


def _text(value):
    if value is None:
        return ""
    if isinstance(value, datetime | date):
        return value.isoformat()[:10].replace("-", "")
    if isinstance(value, str) and value[:1] == "[":
        return str(json.loads(value))
    return str(value).replace("-", "")


def _empty(value):
    return _text(value) in ("", "[]", "{}")


def _told(seen):
    """No event tells of a change that did not happen."""
    found = []
    for event in seen.events:
        tables = TELLS.get(event.action)
        if tables and event.result == "ok" and not seen.route.path.startswith("console/"):
            first = next(iter(tables))
            if not any(change.table == first for change in seen.changes):
                found.append(f"{event.action} tells of a change of {first}, and nothing there is different")
    return found
