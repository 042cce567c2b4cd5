"""Where an instance's data is: settings of its database, its folder of files."""

from django.conf import settings

from countersign.instances.environment import SQLITE


def folder(instance):
    """The instance's own folder. Named by its id, never by anything a person typed."""
    return settings.DATA_DIR / "instances" / str(instance.id)


def sqlite_path(instance):
    # A path is never used twice: pooled connections would go on reading the file that was replaced.
    return folder(instance) / f"{instance.generation}.sqlite3"


def database_name(instance):
    return f"cs_{instance.id.hex}_{instance.generation}"


def database(instance):
    """Django's DATABASES entry for the instance."""
    if not instance.server:
        return {**SQLITE, "NAME": str(sqlite_path(instance))}
    return {**settings.DATABASE_SERVERS[instance.server], "NAME": database_name(instance)}
