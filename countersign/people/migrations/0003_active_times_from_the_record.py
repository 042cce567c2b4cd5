"""The active times of users who are there already, read from the record: it holds every change of type and state."""

from django.db import migrations

TOLD = ("user.created", "user.changed", "user.inactivated", "user.reactivated")


def stretches(user, events):
    """[[type, began_at, began_by, ended_at or None, ended_by], ...] of one user, the last as the user is today.

    events: what the record says of the user, in order. Where it says nothing, the user was always as today.
    """
    type = next((found for event in events for found in _types(event)), user.type)
    found, lasting = [], [type, user.created_at, user.created_by, None, ""]
    for event in events:
        type = [type, *_types(event)][-1] if event.action == "user.changed" else type
        if event.action == "user.inactivated":
            lasting = _end(found, lasting, event.at, event.person)
        elif (lasting is None and event.action == "user.reactivated") or (lasting and lasting[0] != type):
            lasting = _end(found, lasting, event.at, event.person) or [type, event.at, event.person, None, ""]
    if user.inactivated_at:
        lasting = _end(found, lasting, user.inactivated_at, user.inactivated_by)
    elif lasting is None or lasting[0] != user.type:  # changed around the record: as of the last that is known
        at = events[-1].at if events else user.created_at
        _end(found, lasting, at, "Countersign")
        lasting = [user.type, at, "Countersign", None, ""]
    return [*found, lasting] if lasting else found


def _end(found, lasting, at, by):
    if lasting:
        found.append([*lasting[:3], max(at, lasting[1]), by])


def _types(event):
    """The types that an event names: the one given at first, or the old one and the new one."""
    named = event.changes.get("type", [])
    return [named] if isinstance(named, str) else named


def read_the_record(apps, schema_editor):
    User, ActiveTime = apps.get_model("people", "User"), apps.get_model("people", "ActiveTime")
    Event = apps.get_model("audit", "Event")
    database = schema_editor.connection.alias
    told = {}
    wanted = ("object_id", "at", "action", "person", "changes")
    for event in Event.objects.using(database).filter(action__in=TOLD).only(*wanted).order_by("seq"):
        told.setdefault(event.object_id, []).append(event)
    ActiveTime.objects.using(database).bulk_create(
        ActiveTime(
            user_id=user.id, type=type, began_at=began_at, began_by=began_by, ended_at=ended_at, ended_by=ended_by
        )
        for user in User.objects.using(database).order_by("created_at")
        for type, began_at, began_by, ended_at, ended_by in stretches(user, told.get(str(user.id), []))
    )


class Migration(migrations.Migration):
    dependencies = [("people", "0002_active_times"), ("audit", "0007_feed_position")]
    operations = [migrations.RunPython(read_the_record, migrations.RunPython.noop, elidable=False)]
