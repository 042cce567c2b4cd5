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
        # Never made by opening it: an instance whose file is lost would come back empty, and nobody would notice.
        return {**SQLITE, "NAME": f"file:{quote(str(sqlite_path(instance)))}?mode=rw"}
    return {**settings.DATABASE_SERVERS[instance.server], "NAME": database_name(instance)}
