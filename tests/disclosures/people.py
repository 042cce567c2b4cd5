"""Somebody who keeps disclosures, and what they type."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from countersign.disclosures.models import Disclosure
from countersign.instances import binding
from countersign.people.models import UserType
from countersign.people.permissions import Permission
from tests.cast import PASSWORD

TYPED = {
    "disclosed_on": "02/03/2026", "last_on": "", "frequency": "", "recipient": "County Court, Division 2",
    "address": "1 Court Square, Harlow Mills, KY", "what": "Dates of treatment in 2025", "purpose": "judicial",
    "basis": "Order of 02/01/2026 in case 26-CV-114", "disclosed_by": "Priya Raman", "suspended_until": "",
    "suspended_for": "",
}


def keeper(cast, user_id="keeper", name="Kit Keeper"):
    """A browser in which somebody who may keep disclosures, and nothing else, is signed in."""
    cast.user(
        cast.good_therapy, user_id, UserType.REGULAR, name=name, permissions=[str(Permission.KEEP_DISCLOSURES)]
    )
    return cast.signed_in(cast.good_therapy, user_id, PASSWORD)


def on_record(cast, client, **fields):
    with binding.bind(cast.good_therapy):
        return Disclosure.objects.create(**{
            "client_id": client.id, "disclosed_on": date(2026, 2, 3), "recipient": "County Court", "what": "Dates",
            "purpose": "judicial", "basis": "Order", "disclosed_by": "Priya", "recorded_by": "the test", **fields,
        })


def today(days=0):
    """So many days from today, as Good Therapy counts its days."""
    return timezone.localdate(timezone=ZoneInfo("America/New_York")) + timedelta(days=days)


def all_of(cast, model, *fields):
    with binding.bind(cast.good_therapy):
        return list(model.objects.order_by("recorded_at").values_list(*fields))
