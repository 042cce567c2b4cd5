"""Opening an instance whole: its database, its permission groups and its first administrator. Or nothing of it."""

import contextlib
import re
from dataclasses import replace

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from countersign.audit import actors, record
from countersign.console.zones import ZONES
from countersign.identity import keys
from countersign.instances import binding, catalogue, provisioning
from countersign.instances.models import Instance, InstanceChange
from countersign.people import accounts
from countersign.people.models import UserType

SLUG = re.compile(r"[a-z][a-z0-9-]{1,40}")
MALFORMED = "Use 2 to 41 characters: small letters a to z, digits and hyphens, beginning with a letter."
TAKEN = "Another instance has this address. Choose another."


def valid_address(slug):
    """Raises ValidationError when the slug could not be a host name of ours (security case 46)."""
    if not SLUG.fullmatch(slug):
        raise ValidationError(MALFORMED)


def open_whole(*, name, slug, kind, time_zone, administrator, by, password=None, server=None):
    """Open an instance with its first System Administrator; returns (Instance, User). Call it with nothing bound.

    administrator: {name, user_id, email}; without `password` they choose one through an activation.
    Raises ValidationError keyed by field; the administrator's fields begin with `admin_`.
    """
    with _keyed("slug"):
        valid_address(slug)
    if time_zone not in ZONES:
        raise ValidationError({"time_zone": "Choose one of the time zones offered."})
    try:
        instance = catalogue.open_instance(
            name=name, slug=slug, kind=kind, time_zone=time_zone, by=by.person, server=server
        )
    except IntegrityError:  # somebody else took it between the check and the row
        raise ValidationError({"slug": TAKEN}) from None
    with whole_or_nothing(instance), binding.bind(instance), transaction.atomic():
        furnish(by=from_support(by))
        user = _first_administrator(administrator, password=password, by=from_support(by))
        record.write(from_support(by), "instance.created", object=instance)
    return instance, user


def furnish(*, by):
    """What every new instance has before its first user: permission groups and a key that signs."""
    accounts.furnish()
    keys.rotate(by=by)


def from_support(by):
    """The same person, as another instance's record names them."""
    return replace(by, source=actors.SUPPORT) if by.source == actors.OURS else by


@contextlib.contextmanager
def whole_or_nothing(instance):
    """Take the instance back, row and database, when what makes it whole fails."""
    try:
        yield
    except BaseException:
        with binding.elsewhere():
            take_back(instance)
        raise


def take_back(instance):
    """Undo an opening that did not come to its end. Nobody has signed in there yet."""
    binding.pool.forget(instance)
    with transaction.atomic(using="control"):
        InstanceChange.objects.filter(instance=instance).delete()
        Instance.objects.filter(id=instance.id).delete()
    provisioning.drop_database(instance)


def _first_administrator(administrator, *, password, by):
    try:
        return accounts.create(**administrator, password=password, type=UserType.ADMINISTRATOR, by=by)
    except ValidationError as error:
        fields = getattr(error, "error_dict", {"user_id": error.messages})
        raise ValidationError({f"admin_{field}": messages for field, messages in fields.items()}) from None


@contextlib.contextmanager
def _keyed(field):
    try:
        yield
    except ValidationError as error:
        raise ValidationError({field: error.messages}) from None


def servers():
    """[(stored value, words)] of where an instance's database can be."""
    return [("", "SQLite"), *((name, f"PostgreSQL, {name}") for name in settings.DATABASE_SERVERS)]
