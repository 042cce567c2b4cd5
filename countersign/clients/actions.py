"""Verbs on clients: add and change, and their consents; each with its event in the same transaction."""

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from countersign.audit import record
from countersign.clients.consent import Consent
from countersign.clients.models import FIRST_NUMBER, Client

ATTEMPTS = 5
RECORDED = (
    "first_name", "last_name", "born_on", "sex", "street", "town", "state", "postal_code", "phone", "email", "status",
    "started_on", "discharged_on", "clinician", "part_2",
)


class Stale(Exception):
    """The client was changed by somebody else since it was read; `.client` is the client as it is now."""

    def __init__(self, client):
        super().__init__("The client was changed in the meantime.")
        self.client = client


class NotUnderPart2(Exception):
    """A consent was about to be recorded for a client who needs none."""


class Already(Exception):
    """Somebody else recorded the consent, or revoked it, before."""


def add(*, by, tags=(), **details):
    """Add a client under the next free number. details: fields of Client, validated. Returns the client."""
    with transaction.atomic():
        client = _numbered(Client(created_by=by.person, **details))
        client.tags.set(tags)
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


def change(client, *, by, version, tags=None, **details):
    """Change a client that was read at `version`; nothing is written when nothing differs. tags: None leaves them.

    Raises Stale when somebody else has changed it since: the last of two tabs does not win silently.
    """
    with transaction.atomic():
        current = Client.objects.select_for_update(of=("self",)).get(id=client.id)
        if current.version != version:
            raise Stale(current)
        before, words = _values(current), described(current)
        for field, value in details.items():
            setattr(current, field, value)
        if tags is not None:
            current.tags.set(tags)
        now, after = described(current), _values(current)
        changes = {field: [words[field], now[field]] for field in before if before[field] != after[field]}
        if changes:
            current.version += 1
            current.save(force_update=True)
            record.write(by, "client.changed", object=current, client=current, changes=changes)
    return current


def _values(client):
    """What is compared: two clinicians may have the same name."""
    return {**{field: getattr(client, field) for field in RECORDED}, "tags": _tags(client)}


def described(client):
    """The client's fields as the record keeps them: texts, never an object."""
    texts = {field: "" if (value := getattr(client, field)) is None else str(value) for field in RECORDED}
    return {**texts, "part_2": "yes" if client.part_2 else "", "tags": _tags(client)}


def _tags(client):
    return sorted(client.tags.values_list("name", flat=True))


@transaction.atomic
def consent(client, *, by, given_on, note):
    """Record the client's consent under 42 CFR Part 2. Raises NotUnderPart2, and Already when one is in force."""
    current = Client.objects.select_for_update(of=("self",)).get(id=client.id)
    if not current.part_2:
        raise NotUnderPart2
    try:
        with transaction.atomic():
            row = Consent.objects.create(client=current, given_on=given_on, note=note, recorded_by=by.person)
    except IntegrityError:
        raise Already from None
    told = {"Given on": f"{given_on:%m/%d/%Y}", **({"Note": note} if note else {})}
    record.write(by, "consent.recorded", object=row, client=current, changes=told)
    return row


@transaction.atomic
def revoke(row, *, by, revoked_on):
    """From the next request on no Billing user sees the client. Raises Already when it was revoked before."""
    found = Consent.objects.in_force().filter(id=row.id)
    if not found.update(revoked_on=revoked_on, revoked_at=timezone.now(), revoked_by=by.person):
        raise Already
    changes = {"Revoked on": ["", f"{revoked_on:%m/%d/%Y}"]}
    record.write(by, "consent.revoked", object=row, client=row.client, changes=changes)
