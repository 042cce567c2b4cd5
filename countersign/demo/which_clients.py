"""Who of the demo is seen by which Billing user: two locks, two clients under 42 CFR Part 2, a service paid in full."""

from datetime import timedelta

from countersign.clients import actions as clients
from countersign.clients.models import Client
from countersign.ledger import actions as ledger
from countersign.ledger.models import Service
from countersign.people import tags
from countersign.people.models import User

MINORS, FAMILY = "Minors", "Staff family"
FULL_CYCLE = "acme-billing"
SUBSTANCE = "F1"  # ICD-10-CM F10 to F19


def lay_out(*, today, by):
    """In the bound practice, after its clients and users. The full cycle has the key to minors and the switch for
    Part 2; nobody has the key to the families of the staff; claims only has neither."""
    minors, family = (tags.add(name=name, by=by) for name in (MINORS, FAMILY))
    key = User.objects.get(user_id=FULL_CYCLE)
    key.tags.add(minors)
    User.objects.filter(id=key.id).update(sees_part_2=True)
    grown_up_on = today.replace(year=today.year - 18, day=min(today.day, 28))
    active = Client.objects.active()
    for client in active.filter(born_on__gt=grown_up_on):
        _change(client, by=by, tags=[minors])
    adults = list(active.filter(born_on__lte=grown_up_on).order_by("number"))
    for client in adults[10:50:20]:
        _change(client, by=by, tags=[family])
    treated = active.filter(diagnoses__code__startswith=SUBSTANCE, tags=None).distinct().order_by("number")[:2]
    for client, consented in zip(list(treated), (True, False), strict=False):
        _change(client, by=by, part_2=True)
        if consented:
            given_on = min(client.started_on, today - timedelta(days=1))
            clients.consent(client, by=by, given_on=given_on, note="Signed at the intake, in the paper file")
    service = Service.objects.filter(client=adults[0]).order_by("-served_on", "id").first()
    if service:
        ledger.mark(service, by=by, reason="Paid by card; asked in writing that the plan not be told")


def _change(client, *, by, **details):
    clients.change(client, by=by, version=client.version, **details)
