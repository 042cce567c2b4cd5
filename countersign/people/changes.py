"""A Billing user may do something else than before, or is another one: whom that concerns is told, and in words."""

from django.conf import settings
from django.utils.module_loading import import_string

from countersign.people.permissions import Permission, known


def tell(users):
    """Pass on that these users may have changed to the rooms above (settings.KEY_CHANGES): the Billing users of them.

    Call it in the transaction of the change: what it tells is written there too.
    """
    keys = [user for user in users if user.is_billing]
    for path in settings.KEY_CHANGES if keys else ():
        import_string(path)(*keys)


def difference(before, after):
    """Two sets of permissions, as stored strings, and what is different in words; "" when nothing is."""
    before, after = known(before), known(after)
    parts = [f"now may: {_labels(after - before)}"] if after - before else []
    parts += [f"no longer may: {_labels(before - after)}"] if before - after else []
    return "; ".join(parts)


def _labels(permissions):
    return ", ".join(permission.label for permission in Permission if permission in permissions)
