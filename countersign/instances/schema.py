"""Which schema the code expects, and bringing a database to it."""

import hashlib
from functools import cache

from django.conf import settings
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.utils.module_loading import import_string

from countersign.instances import binding, locks


@cache
def fingerprint():
    """Names the set of migrations of an instance's database; an instance that has another one is not bound."""
    found = sorted(key for key in MigrationLoader(None).disk_migrations if key[0] not in settings.CONTROL_APPS)
    return hashlib.sha256(repr(found).encode()).hexdigest()[:16]


def migrate_bound():
    """Migrate the instance's database that is bound as its owner, and put its guards up. Safe to repeat.

    Raises whatever a guard refuses with: a migration that rebuilds a table on SQLite drops its triggers.
    """
    with locks.of_database(f"schema-{binding.bound().id}"):
        _migrate(connections["default"], of_control=False)
        for name in settings.AFTER_MIGRATING:
            import_string(name)()


def migrate_control():
    """Migrate the catalogue. Safe to repeat: every command does, and two of them may begin at once."""
    with locks.of_database("schema-control", alias="control"):
        _migrate(connections["control"], of_control=True)


def _migrate(connection, *, of_control):
    executor = MigrationExecutor(connection)
    targets = [
        node for node in executor.loader.graph.leaf_nodes() if (node[0] in settings.CONTROL_APPS) == of_control
    ]
    executor.migrate(targets)
