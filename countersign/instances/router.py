"""Which database a model belongs to: the catalogue to `control`, everything else to the bound instance."""

from django.conf import settings

from countersign.instances import binding


class CrossInstance(Exception):
    """An object of one instance was about to be read or written through another."""


class Router:
    def db_for_read(self, model, **hints):
        if model._meta.app_label in settings.CONTROL_APPS:
            return "control"
        alias = binding.alias()
        at_hand = hints.get("instance")
        if at_hand is not None and at_hand._state.db not in (None, alias):
            raise CrossInstance(f"{model.__name__} was loaded at {at_hand._state.db}, and {alias} is bound.")
        return alias

    db_for_write = db_for_read

    def allow_migrate(self, db, app_label, **hints):
        return (db == "control") == (app_label in settings.CONTROL_APPS)
