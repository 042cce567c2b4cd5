"""Where an instance's data is: settings of its database, its folder of files."""

from urllib.parse import quote

from django.conf import settings
from django.db import OperationalError

from countersign.instances.environment import SQLITE


def folder(instance):
    """The instance's own folder. Named by its id, never by anything a person typed."""
    return settings.DATA_DIR / "instances" / str(instance.id)


def sqlite_path(instance):
    """Raises OperationalError when a link in the data folder leads out of it."""
    # A path is never used twice: pooled connections would go on reading the file that was replaced.
    path = folder(instance) / f"{instance.generation}.sqlite3"
    if not path.resolve().is_relative_to((settings.DATA_DIR / "instances").resolve()):
        raise OperationalError(f"The database of {instance.id} lies outside the data folder.")
    return path


def database_name(instance):
    return f"cs_{instance.id.hex}_{instance.generation}"


def database(instance):
    """Django's DATABASES entry for the instance."""
    if not instance.server:
        return {**_sqlite(instance), "ENGINE": "countersign.instances.sqlite"}
    return {**settings.DATABASE_SERVERS[instance.server], "NAME": database_name(instance)}


def owned_database(instance):
    """The same database for those who make, migrate and restore it (docs/decisions/who-may-touch-the-record.md)."""
    if not instance.server:
        return _sqlite(instance)
    return {**owner_of(instance.server), "NAME": database_name(instance)}


def owner_of(server):
    """The entry of the role that owns a server's databases. Raises OperationalError when this process has none."""
    if server not in settings.DATABASE_OWNERS:
        raise OperationalError(
            f"COUNTERSIGN_OWNERS names no owner for {server}, so no database can be made, changed or restored there."
        )
    return {**settings.DATABASE_OWNERS[server], "ENGINE": "django.db.backends.postgresql"}


def _sqlite(instance):
    # Never made by opening it: an instance whose file is lost would come back empty, and nobody would notice.
    return {**SQLITE, "NAME": f"file:{quote(str(sqlite_path(instance)))}?mode=rw"}
