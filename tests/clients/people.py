"""Clients to look at: a few at Good Therapy, and one at Elm Street that nobody of Good Therapy may ever see."""

from contextlib import contextmanager
from datetime import date

from django.db import connections

from countersign.clients.models import Client, Clinician, Coverage, Diagnosis, Payer
from countersign.instances import binding
from countersign.people.models import UserType
from countersign.people.permissions import PREDEFINED_GROUPS, Permission
from tests.cast import KEY, PASSWORD

BILLER = frozenset(PREDEFINED_GROUPS["Billing full cycle"][1])


def client_row(number=1042, last="Rivera", first="Dana", **more):
    """A row of Client, not yet written."""
    return Client(**{
        "number": number, "last_name": last, "first_name": first, "born_on": date(1988, 6, 2), "sex": "F",
        "street": "12 Orchard Way", "town": "Harlow Mills", "state": "KY", "postal_code": "41903",
        "phone": "(502) 555-0199", "email": "dana@example.org", "started_on": date(2024, 3, 4), "created_by": "test",
        **more,
    })


def add(instance, *args, **more):
    with binding.bind(instance):
        client = client_row(*args, **more)
        client.save()
        return client


def add_many(instance, count):
    """`count` clients whose names collide in pairs, numbered from 1001."""
    with binding.bind(instance):
        Client.objects.bulk_create(
            client_row(1001 + index, last=f"Family{index // 2:03}", first="Same") for index in range(count)
        )


def cover(instance, client):
    """A clinician, a diagnosis, a payer today and one of the past."""
    with binding.bind(instance):
        clinician = Clinician.objects.create(first_name="Winston", last_name="Adeyemi", credential="LPCC")
        Client.objects.filter(id=client.id).update(clinician=clinician)
        Diagnosis.objects.create(client=client, rank=1, code="F41.1", label="Generalized anxiety")
        now = Payer.objects.create(name="Harborlight Health Plan", payer_id="HLHP1", phone="(502) 555-0111")
        then = Payer.objects.create(name="Blue Meridian", payer_id="BLMR3")
        Coverage.objects.create(
            client=client, payer=then, rank=1, member_id="OLD77", subscriber_last_name="Rivera",
            starts_on=date(2023, 1, 1), ends_on=date(2023, 12, 31),
        )
        Coverage.objects.create(
            client=client, payer=now, rank=1, member_id="HL00112233", subscriber_last_name="Rivera", copay="25.00",
            starts_on=date(2024, 1, 1),
        )
        return clinician


def with_permissions(cast, *permissions, instance=None, user_id="worker"):
    """A browser in which somebody of Good Therapy with just these permissions is signed in."""
    instance = instance or cast.good_therapy
    cast.user(instance, user_id, UserType.REGULAR, permissions=[str(Permission(p)) for p in permissions])
    return cast.signed_in(instance, user_id, PASSWORD)


def text(response):
    return b"".join(response) .decode("utf-8-sig") if response.streaming else response.content.decode()


@contextmanager
def queries(instance):
    """The statements sent to the instance's database meanwhile, as a list that fills."""
    with binding.bind(instance):
        wrapper = connections["default"]
    sent, wrapper.force_debug_cursor = [], True
    wrapper.queries_log.clear()
    try:
        yield sent
    finally:
        wrapper.force_debug_cursor = False
        sent += [query["sql"] for query in wrapper.queries_log]


__all__ = ["BILLER", "KEY", "add", "add_many", "client_row", "cover", "queries", "text", "with_permissions"]
