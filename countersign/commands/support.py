"""Acting as Support from the command line, on Support's record like everything else Support does."""

import getpass
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction

from countersign.audit.actors import SUPPORT, Actor
from countersign.commands.refusal import Refused
from countersign.instances import binding, schema
from countersign.instances.models import Instance, InstanceKind


def whoever():
    """Who sits at this command line, as the record names them."""
    try:
        login = getpass.getuser()
    except (KeyError, OSError):
        login = "unknown login"
    return Actor(person=f"{login}, command line", source=SUPPORT)


def catalogue_ready():
    """Make sure that the catalogue exists and is of the code's schema."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)
    schema.migrate_control()


@contextmanager
def at_support():
    """Support's instance bound, in one transaction; yields the Actor."""
    catalogue_ready()
    support = Instance.objects.filter(kind=InstanceKind.SUPPORT).first()
    if support is None:
        raise Refused("There is no Support instance yet. Run: countersign setup")
    if support.schema != schema.fingerprint():
        raise Refused("Support's own instance is of another version. Run: countersign instance upgrade")
    with binding.bind(support), transaction.atomic():
        yield whoever()


def named(slug):
    """The instance with this slug. Raises Refused."""
    instance = Instance.objects.filter(slug=slug).first()
    if instance is None:
        raise Refused(f"There is no instance “{slug}”. See: countersign instance list")
    return instance


def table(headings, rows):
    """Print rows in columns, as wide as they need to be."""
    rows = [list(map(str, row)) for row in [headings, *rows]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
