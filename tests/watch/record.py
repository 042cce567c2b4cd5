"""Events written straight into the table, so that a test may say when they happened, and the alerts they raise."""

import uuid
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from countersign.audit.models import Event
from countersign.instances import binding
from countersign.watch import looking
from countersign.watch.models import Alert, Rules

NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)  # Monday, 12:00 in New York
ACME = "https://acme-billing.example"


def jane(**more):
    return {
        "source": "third party", "person": "Jane Doe", "iss": ACME, "sub": "jane-1", "company": "ACME Billing",
        "billing_user": "acme-billing", "user_id": "jane", "factors": "pwd", "visit": "v1", "address": "203.0.113.7",
        "action": "clients.listed", **more,
    }


def came(**more):
    return jane(**{"action": "visit.began", "object": more.get("billing_user", "acme-billing"), **more})


def opened(number, **more):
    client = {"client_id": str(uuid.UUID(int=number)), "client": f"Rivera, Dana ({number})"}
    return jane(**{"action": "client.opened", **client, **more})


def unknown(**more):
    return {"source": "unknown", "person": "unknown", "action": "sign-in.refused", "result": "refused",
            "address": "198.51.100.9", **more}


def write(instance, *events, at=NOON, apart=timedelta(seconds=10)):
    """One event for each dict, `apart` from one another; returns the time after the last one."""
    with binding.bind(instance):
        Event.objects.bulk_create(
            Event(**{"at": at + number * apart, "source": "ours", "person": "Cole Weaver", "iss": "https://here",
                     "sub": "cole", "action": "clients.listed", "result": "ok", "address": "192.0.2.1", **fields})
            for number, fields in enumerate(events)
        )
    return at + len(events) * apart


def look(instance):
    """Look as the thread and `countersign daily` do: bound, in the instance's zone."""
    with binding.bind(instance), timezone.override(ZoneInfo(instance.time_zone)):
        looking.look()


def alerts(instance, kind=None):
    """All alerts in the order in which they happened."""
    with binding.bind(instance):
        found = Alert.objects.order_by("at", "seq")
        return list(found.filter(kind=kind) if kind else found)


def kinds(instance):
    return [alert.kind for alert in alerts(instance)]


def raised(instance, *events, **when):
    """The kinds of the new alerts that these events raise."""
    before = {alert.id for alert in alerts(instance)}
    write(instance, *events, **when)
    look(instance)
    return [alert.kind for alert in alerts(instance) if alert.id not in before]


def agree(instance, **values):
    with binding.bind(instance):
        Rules(id=1, **values).save()
