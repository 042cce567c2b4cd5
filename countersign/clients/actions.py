"""Verbs on clients: add and change, each with its event in the same transaction."""

from django.db import IntegrityError, transaction
from django.db.models import Max

from countersign.audit import record
from countersign.clients.models import FIRST_NUMBER, Client

ATTEMPTS = 5
RECORDED = (
    "first_name", "last_name", "born_on", "sex", "street", "town", "state", "postal_code", "phone", "email", "status",
    "started_on", "discharged_on", "clinician",
)


class Stale(Exception):
    """The client was changed by somebody else since it was read; `.client` is the client as it is now."""

    def __init__(self, client):
        super().__init__("The client was changed in the meantime.")
        self.client = client


def add(*, by, **details):
    """Add a client under the next free number. details: fields of Client, validated. Returns the client."""
    with transaction.atomic():
        client = _numbered(Client(created_by=by.person, **details))
        filled = {field: value for field, value in described(client).items() if value}
        record.write(by, "client.added", object=client, client=client, changes={"number": client.number, **filled})
    return client


def _numbered(client):
    for attempt in range(1, ATTEMPTS + 1):
        highest = Client.objects.aggregate(highest=Max("number"))["highest"] or FIRST_NUMBER - 1
        client.number = highest + 1
        try:
            with transaction.atomic():
                client.save(force_insert=True)
        except IntegrityError:  # another request took the number between the question and the answer
            if attempt == ATTEMPTS or not Client.objects.filter(number=client.number).exists():
                raise
        else:
            break
    return client


def change(client, *, by, version, **details):
    """Change a client that was read at `version`; nothing is written when nothing differs.

    Raises Stale when somebody else has changed it since: the last of two tabs does not win silently.
    """
    with transaction.atomic():
        current = Client.objects.select_for_update(of=("self",)).get(id=client.id)
        if current.version != version:
            raise Stale(current)
        before, words = _values(current), described(current)
        for field, value in details.items():
            setattr(current, field, value)
        now, after = described(current), _values(current)
        changes = {field: [words[field], now[field]] for field in RECORDED if before[field] != after[field]}
        if changes:
            current.version += 1
            current.save(force_update=True)
            record.write(by, "client.changed", object=current, client=current, changes=changes)
    return current


def _values(client):
    """What is compared: two clinicians may have the same name."""
    return {field: getattr(client, field) for field in RECORDED}


def described(client):
    """The client's fields as the record keeps them: texts, never an object."""
    return {field: "" if (value := getattr(client, field)) is None else str(value) for field in RECORDED}
