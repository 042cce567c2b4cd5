"""pg_dump and pg_restore, which come with PostgreSQL's client and may not be on the machine of the application."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from psycopg.conninfo import make_conninfo

from countersign.instances import locations


def dump(instance, target):
    """One database into one file, read back to its end. Raises ValidationError with what pg_dump says."""
    entry = settings.DATABASE_SERVERS[instance.server]
    _run("pg_dump", "--format=custom", "--file", target, "--dbname", _address(instance, entry), entry=entry)
    _run("pg_restore", "--file", os.devnull, target)


def restore(draft, source):
    """The file into an empty database, all or nothing, as its owner; who may do what in it is granted anew when it is
    migrated. Raises ValidationError, and OperationalError where the owner is not known."""
    entry = locations.owner_of(draft.server)
    _run(
        "pg_restore", "--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges", "--no-comments",
        "--dbname", _address(draft, entry), source, entry=entry,
    )


def refuse_another(instance, source):
    """Raises ValidationError when the file is no dump, or a dump of another instance's database."""
    listed = _run("pg_restore", "--list", source)
    found = re.search(r"^;\s+dbname: (\S+)$", listed, re.MULTILINE)
    name = found[1] if found else ""
    if not name.startswith(f"cs_{instance.id.hex}_"):
        raise ValidationError(f"{source} is a backup of another database ({name or 'it names none'}).")


def find(program):
    """Where the newest program of this name is, or None. Debian keeps all but a wrapper off the PATH."""
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[-3]))
    return str(debian[-1]) if debian else shutil.which(program)


def _run(program, *arguments, entry=None):
    found = find(program)
    if found is None:
        raise ValidationError(
            f"{program} is not on this machine. Install PostgreSQL's client (Debian: postgresql-client), of the "
            "server's version or a later one."
        )
    # The password goes by the environment: arguments can be read by every process of the machine.
    password = {"PGPASSWORD": entry["PASSWORD"]} if entry else {}
    done = subprocess.run(  # noqa: S603 - a list, no shell; the words are ours and the operator's
        [found, *map(str, arguments)], env={**os.environ, "LC_ALL": "C.UTF-8", **password}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, errors="replace",
    )
    if done.returncode:
        raise ValidationError(f"{program}: {' '.join(done.stderr.split())[:400] or done.returncode}")
    return done.stdout


def _address(instance, entry):
    return make_conninfo(
        dbname=locations.database_name(instance), user=entry["USER"] or None, host=entry["HOST"] or None,
        port=entry["PORT"] or None, **entry["OPTIONS"],
    )
