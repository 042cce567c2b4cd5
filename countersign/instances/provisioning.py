"""Making an instance's database: a copy of a migrated template. Upgrading it in place."""

import os
import shutil
import uuid
from contextlib import contextmanager

import psycopg
from django.conf import settings
from psycopg import sql

from countersign.instances import binding, locations, locks, schema
from countersign.instances.models import Instance, InstanceState


def create_database(instance):
    """Create the instance's empty database from the template. Raises FileExistsError when it is there already."""
    if instance.server:
        _create_postgresql(instance)
    else:
        _create_sqlite(instance)


def drop_database(instance):
    """Take back a database whose instance could not be opened. Never called for one that has held data."""
    if instance.server:
        with _maintenance(instance.server) as connection:
            connection.execute(_sql("DROP DATABASE IF EXISTS {}", locations.database_name(instance)))
    else:
        shutil.rmtree(locations.folder(instance), ignore_errors=True)


def create_empty(instance):
    """A database on a server with nothing in it, for a backup to be put into (backups.py)."""
    with _maintenance(instance.server) as connection:
        connection.execute(_sql("CREATE DATABASE {} TEMPLATE template0", locations.database_name(instance)))
        _let_in(connection, instance)


def generations(instance):
    """The generations of the instance that its server holds, those of interrupted restores included."""
    begins = f"cs_{instance.id.hex}_"
    with _maintenance(instance.server) as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [begins])
        return [int(name.removeprefix(begins)) for (name,) in found.fetchall()]


def upgrade(instance):
    """Migrate one instance's database to the code's schema and note it in the catalogue. Safe to repeat, and of two
    that do it at once the second finds it done."""
    with (
        locks.of_machine(f"upgrade-{instance.id}"), binding.bind_as_owner(instance),
        locks.of_database(f"upgrading-{instance.id}"),
    ):
        schema.migrate_bound()
        if instance.server:
            with _maintenance(instance.server) as connection:
                _let_in(connection, instance)
        Instance.objects.filter(id=instance.id).update(schema=schema.fingerprint())


def upgrade_all():
    """Upgrade whatever is behind; yields (instance, error or None). One that fails does not stop the rest, and what
    is done already is not done again, so an interrupted run is simply started anew."""
    behind = Instance.objects.exclude(schema=schema.fingerprint()).exclude(state=InstanceState.ARCHIVED)
    for instance in behind.order_by("created_at"):
        try:
            upgrade(instance)
        except Exception as error:  # whatever it was, the others must get their turn; the caller reports it
            yield instance, error
        else:
            yield instance, None


def _create_sqlite(instance):
    template = _sqlite_template()
    target = locations.sqlite_path(instance)
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if target.exists():
        raise FileExistsError(f"{instance.slug} has a database already.")
    # Whole or not at all: a crash leaves a file that nobody opens.
    half = target.with_suffix(".new")
    shutil.copyfile(template, half)
    with open(half, "rb") as file:
        os.fsync(file.fileno())
    half.rename(target)


def _sqlite_template():
    path = settings.DATA_DIR / "templates" / f"{schema.fingerprint()}.sqlite3"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locks.of_machine("template"):
        if not path.exists():
            draft = _migrated_draft(server="")
            locations.sqlite_path(draft).rename(path)
            locations.folder(draft).rmdir()
    return path


def _create_postgresql(instance):
    with locks.of_machine(f"template-{instance.server}"):
        template = _postgresql_template(instance.server)
        with _maintenance(instance.server) as connection:
            connection.execute(
                _sql("CREATE DATABASE {} TEMPLATE {}", locations.database_name(instance), template)
            )
            _let_in(connection, instance)


def _postgresql_template(server):
    name = f"cs_template_{schema.fingerprint()}"
    with _maintenance(server) as connection:
        ready = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        if ready:
            return name
    draft = _migrated_draft(server=server)
    with _maintenance(server) as connection:
        connection.execute(_sql("ALTER DATABASE {} RENAME TO {}", locations.database_name(draft), name))
    return name


def _migrated_draft(*, server):
    """A migrated database under a name of its own: what is half made is never taken for a template."""
    draft = Instance(id=uuid.uuid4(), slug="template", server=server)
    if server:
        with _maintenance(server) as connection:
            connection.execute(_sql("CREATE DATABASE {}", locations.database_name(draft)))
            _let_in(connection, draft)
    else:
        locations.folder(draft).mkdir(parents=True, mode=0o700)
        locations.sqlite_path(draft).touch(mode=0o600)
    with binding.bind_as_owner(draft):
        schema.migrate_bound()
    return draft


def _let_in(connection, instance):
    """The application's role, and nobody else, connects; without TEMPORARY, a table that would hide the record's. What
    it may do inside comes with the template: a database's own privileges are the one thing that CREATE DATABASE does
    not copy."""
    name = locations.database_name(instance)
    connection.execute(_sql("REVOKE ALL ON DATABASE {} FROM PUBLIC", name))
    role = settings.DATABASE_SERVERS[instance.server]["USER"]
    connection.execute(_sql("GRANT CONNECT ON DATABASE {} TO {}", name, role))


def _sql(text, *names):
    return sql.SQL(text).format(*map(sql.Identifier, names))


@contextmanager
def _maintenance(server):
    entry = locations.owner_of(server)
    connection = psycopg.connect(
        dbname=entry["NAME"], user=entry["USER"] or None, password=entry["PASSWORD"] or None,
        host=entry["HOST"] or None, port=entry["PORT"] or None, autocommit=True, **entry["OPTIONS"],
    )
    try:
        yield connection
    finally:
        connection.close()
