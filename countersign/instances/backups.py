"""Files of backups: one instance's database in one file, and a file put back as the instance's next generation.

Only the mechanics. What must not come back to life, and what the record says of it, is console/restores.py.
"""

import contextlib
import copy
import os
import sqlite3
from pathlib import Path
from urllib.parse import quote

from django.core.exceptions import ValidationError
from django.db import connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from countersign.instances import locations, pg_tools, provisioning


def make(instance, target):
    """Write the instance's database into a file that was not there; whole and on the disk, or not at all.

    Raises ValidationError, OSError.
    """
    target = Path(target).absolute()
    if target.exists():
        raise ValidationError(f"{target} is there already. A backup never replaces a file.")
    with _whole(target) as half:
        if instance.server:
            pg_tools.dump(instance, half)
        else:
            _copy_sqlite(locations.sqlite_path(instance), half, mode="rw")


def place(instance, source):
    """Put the content of a backup beside the instance's database, as its next generation that nobody is served from
    yet. Returns the Instance with that generation, not saved. Raises ValidationError, OSError."""
    source, draft = Path(source).absolute(), copy.copy(instance)
    if not source.is_file():
        raise ValidationError(f"There is no file {source}.")
    draft.generation = _free_generation(instance)
    if instance.server:
        pg_tools.refuse_another(instance, source)
        provisioning.create_empty(draft)
        try:
            pg_tools.restore(draft, source)
        except BaseException:
            discard(draft)
            raise
    else:
        locations.folder(instance).mkdir(parents=True, exist_ok=True, mode=0o700)
        with _whole(locations.sqlite_path(draft)) as half:
            _copy_sqlite(source, half, mode="ro")
    return draft


def discard(draft):
    """Take back a generation that was placed and never served from."""
    if draft.server:
        provisioning.drop_database(draft)
        return
    for name in ("", "-wal", "-shm"):
        locations.sqlite_path(draft).with_name(locations.sqlite_path(draft).name + name).unlink(missing_ok=True)


def refuse_newer():
    """Raises ValidationError when the bound database was migrated by a later version of Countersign, or is not ours."""
    applied = set(MigrationRecorder(connections["default"]).applied_migrations())
    if ("audit", "0001_initial") not in applied:
        raise ValidationError("This is not a backup of a Countersign instance.")
    unknown = sorted(applied - set(MigrationLoader(None).disk_migrations))
    if unknown:
        names = ", ".join(f"{app} {name}" for app, name in unknown[:3])
        raise ValidationError(f"It is of a later version of Countersign ({names}). Install that version first.")


def left_over(instance):
    """Files of restores that were interrupted before anybody was served from them."""
    folder = locations.folder(instance)
    found = [] if instance.server else sorted(folder.glob("*.sqlite3*"))
    return [path for path in found if path.name.endswith(".new") or _number(path) > instance.generation]


def _number(path):
    first = path.name.partition(".")[0]
    return int(first) if first.isdigit() else 0


def _free_generation(instance):
    # Never one that was used, not even by a restore that was killed: a path is used once (locations.py).
    if instance.server:
        taken = provisioning.generations(instance)
    else:
        taken = [_number(path) for path in locations.folder(instance).glob("*.sqlite3*")]
    return max([instance.generation, *taken]) + 1


@contextlib.contextmanager
def _whole(target):
    """Yields a path to write to, which becomes `target` when all went well. A crash leaves a file that nobody opens."""
    half = target.with_name(f"{target.name}.new")
    try:
        os.close(os.open(half, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        raise ValidationError(f"{half} was left by an interrupted backup. Delete it, then try again.") from None
    try:
        yield half
        _to_disk(half, os.O_RDWR)
        half.rename(target)
        _to_disk(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    except BaseException:
        half.unlink(missing_ok=True)
        raise


def _to_disk(path, flags):
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _copy_sqlite(source, target, *, mode):
    """SQLite's own online copy: consistent whoever writes meanwhile, and checked."""
    try:
        with contextlib.closing(_open(source, mode)) as original, contextlib.closing(_open(target, "rw")) as made:
            original.backup(made)
            made.execute("PRAGMA journal_mode=DELETE")  # one file, no -wal beside it
            faults = [line for (line,) in made.execute("PRAGMA integrity_check(3)") if line != "ok"]
    except sqlite3.DatabaseError as error:
        raise ValidationError(f"{source} cannot be read: {error}.") from error
    if faults:
        raise ValidationError(f"{source} is damaged: {' '.join(faults)}")


def _open(path, mode):
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, timeout=5)
