"""Favorites: the verbs."""

from django.db import transaction

from countersign.audit import record
from countersign.customers.models import Favorite


def mark(key, *, user, by):
    """Put the customer at the top of this person's list; nothing happens when it is there already."""
    with transaction.atomic():
        _, made = Favorite.objects.get_or_create(user=user, issuer=key.issuer)
        if made:
            record.write(by, "customer.marked", object=key)


def unmark(key, *, user, by):
    with transaction.atomic():
        if Favorite.objects.filter(user=user, issuer=key.issuer).delete()[0]:
            record.write(by, "customer.unmarked", object=key)
