"""What a database holds, as one hash: to show that nothing was changed."""

import hashlib

from django.db import connections

from countersign.instances import binding

# Written in the background when a visit begins or ends, whatever the request under test does.
CHECKPOINTS = {"audit_tile", "audit_checkpoint", "audit_cosignature", "audit_heldcheckpoint"}
CATALOGUE_OF_THEM = {"instances_latestcheckpoint"}


def of_instance(instance, *, without=()):
    """A hash of every row of every table of an instance's database, but for the tables named."""
    with binding.bind(instance):
        return _hash(connections["default"], without)


def of_catalogue():
    return _hash(connections["control"], ())


def of_all(instance, *, without=()):
    return of_instance(instance, without=without), of_catalogue()


def _hash(connection, without):
    found = hashlib.sha256()
    with connection.cursor() as cursor:
        left_out = {*without, *CHECKPOINTS, *CATALOGUE_OF_THEM}
        for table in sorted(set(connection.introspection.table_names(cursor)) - left_out):
            if table.startswith("audit_words"):  # an index of the events' words, and no table that can be read through
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in sorted(map(repr, cursor.fetchall())):
                found.update(f"{table}{row}".encode())
    return found.hexdigest()
