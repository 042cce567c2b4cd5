"""What stands in the tables against what stands on the record against what the server acknowledged, one by one.

The events of a row are replayed: they must begin with its creation, follow one upon the other and end with what the row
holds today. So a change without its event shows, and so does an event without its change.
"""

from collections import defaultdict

from django.db import connections

from countersign.audit.models import Event
from countersign.clients.actions import RECORDED, described
from countersign.clients.models import Client
from countersign.instances import binding
from countersign.people import groups
from countersign.people.models import PermissionGroup


def clients(instance, notebooks):
    """Everything that does not agree about the clients of an instance, as sentences."""
    with binding.bind(instance):
        rows = {str(one.id): one for one in Client.objects.select_related("clinician")}
        stored = {id: {"number": row.number, **described(row)} for id, row in rows.items()}
        events = _events("client.added", "client.changed")
    faults = _one_to_one(rows, events, "client.added")
    for id, row in rows.items():
        changes = [event for event in events.get(id, []) if event.action == "client.changed"]
        if row.version != len(changes) + 1:
            faults.append(f"client {row.last_name} is at version {row.version} after {len(changes)} events of a change")
        faults += _replayed(row.last_name, events.get(id, []), stored[id], RECORDED)
    said = {event.changes["last_name"]: event.object_id for event in _flat(events) if "last_name" in event.changes}
    done = _changes(events, "client.changed", "street")
    return faults + _acknowledged(notebooks, said, done, {row.last_name: id for id, row in rows.items()})


def permission_groups(instance, notebooks):
    """The same of the permission groups that somebody added; those that an instance begins with have no events."""
    words = set().union(*(one.sent for one in notebooks))
    with binding.bind(instance):
        rows = {str(one.id): one for one in PermissionGroup.objects.filter(name__in=words)}
        events = _events("group.created", "group.changed")
    faults = _one_to_one(rows, events, "group.created")
    for id, row in rows.items():
        faults += _replayed(row.name, events.get(id, []), groups.described(row), ("name", "description", "permissions"))
    said = {event.changes["name"]: event.changes["name"] for event in _flat(events) if event.action == "group.created"}
    done = {word: row for word, row in _changes(events, "group.changed", "description").items()}
    names = {id: row.name for id, row in rows.items()}
    done = {word: [names.get(id, id) for id in ids] for word, ids in done.items()}
    return faults + _acknowledged(notebooks, said, done, {row.name: row.name for row in rows.values()})


def integrity(instance):
    """What SQLite itself says of an instance's file and of the catalogue, [] when nothing is wrong.

    PostgreSQL has no such question for everybody.
    """
    if instance.server:
        return []
    with binding.bind(instance):
        return [*_asked(connections["default"]), *_asked(connections["control"])]


def _asked(connection):
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA integrity_check")
        said = [line for (line,) in cursor.fetchall() if line != "ok"]
        cursor.execute("PRAGMA foreign_key_check")
        return said + [str(row) for row in cursor.fetchall()]


def _events(*actions):
    found = defaultdict(list)
    for event in Event.objects.filter(action__in=actions).order_by("seq"):
        found[event.object_id].append(event)
    return found


def _flat(events):
    return [event for ones in events.values() for event in ones]


def _one_to_one(rows, events, began):
    begun = {id: [event for event in ones if event.action == began] for id, ones in events.items()}
    faults = [f"{rows[id]} has no event of its creation" for id in rows if not begun.get(id)]
    faults += [f"{ones[0].action} of {ones[0].object}: there is no such row" for id, ones in events.items()
               if id not in rows]
    return faults + [f"{id} was created by {len(ones)} events" for id, ones in begun.items() if len(ones) > 1]


def _replayed(name, events, today, fields):
    """The values of the first event, changed by the others in turn, against those of today."""
    if not events:
        return []
    values, faults = {field: events[0].changes.get(field, "") for field in fields}, []
    for event in events[1:]:
        for field, (old, new) in event.changes.items():
            if (values[field] or "") != (old or ""):
                faults.append(f"{name}: event {event.seq} changes {field} from {old!r}, and it was {values[field]!r}")
            values[field] = new
    return faults + [
        f"{name}: {field} is {today[field]!r}, and by its events {values[field]!r}" for field in fields
        if (values[field] or "") != (today[field] or "")
    ]


def _changes(events, action, field):
    """{word: [id, ...]} of all changes of a field to a word."""
    found = defaultdict(list)
    for event in _flat(events):
        if event.action == action and field in event.changes:
            found[event.changes[field][1]].append(event.object_id)
    return found


def _acknowledged(notebooks, said, done, rows):
    """Sent once, each word stands at most once on the record; acknowledged, exactly once and where it belongs."""
    sent = set().union(*(one.sent for one in notebooks))
    faults = [f"{word} is on the record and was never sent" for word in {*said, *done} - sent]
    faults += [f"{word} was sent once and done {len(ids)} times" for word, ids in done.items() if len(ids) > 1]
    for notes in notebooks:
        for word, id in notes.added.items():
            if rows.get(word) != id or said.get(word) != id:
                faults.append(f"{word} was acknowledged as added and is lost")
        faults += [f"{word} was acknowledged as saved and is lost" for word, id in notes.changed.items()
                   if done.get(word) != [id]]
    return faults
