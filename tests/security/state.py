"""What a database holds, as one hash: to show that nothing was changed."""

import hashlib

from django.db import connections

from countersign.instances import binding


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
        for table in sorted(set(connection.introspection.table_names(cursor)) - set(without)):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in sorted(map(repr, cursor.fetchall())):
                found.update(f"{table}{row}".encode())
    return found.hexdigest()
