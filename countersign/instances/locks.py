"""One process at a time: of two that are about to do the same to one database, one does it.

A SQLite file is of one machine, and so is a file that stands for its lock. Processes on several machines may share a
PostgreSQL database, so there the lock is in it, and ends with the connection whatever happens to the process.
"""

import contextlib
import fcntl
import hashlib
import time

from django.conf import settings
from django.db import DatabaseError, connections

ASKED_AGAIN_SECONDS = 0.05  # not waited for inside the database: that would be over after its lock_timeout


@contextlib.contextmanager
def of_database(name, *, alias="default", wait=True):
    """Hold the lock of that name in the bound database, or the catalogue. Yields whether it is held: without `wait`,
    False says that another process has it."""
    connection = connections[alias]
    if connection.vendor == "sqlite":
        with of_machine(name, wait=wait) as held:
            yield held
        return
    held = _asked(connection, "pg_try_advisory_lock", name)
    while wait and not held:
        time.sleep(ASKED_AGAIN_SECONDS)
        held = _asked(connection, "pg_try_advisory_lock", name)
    try:
        yield held
    finally:
        if held:
            with contextlib.suppress(DatabaseError):  # a connection that is lost holds nothing
                _asked(connection, "pg_advisory_unlock", name)


@contextlib.contextmanager
def of_machine(name, *, wait=True):
    """The same among the processes of this machine that share the data folder."""
    folder().mkdir(parents=True, exist_ok=True)
    with open(folder() / name, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def folder():
    return settings.DATA_DIR / "locks"


def key(name):
    """The number by which PostgreSQL knows the lock."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def _asked(connection, function, name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [key(name)])
        return cursor.fetchone()[0]
