"""A change of which nobody knows whether it was saved: the connection was lost between asking and being told."""

from django.db import OperationalError


class Undecided(OperationalError):
    """The database was told to commit and its answer never came. Nothing of it is tried again: it may be done."""
