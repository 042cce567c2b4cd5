"""What waits for whoever bills."""

from countersign.ledger.models import Service


def services(user, *, since):
    """How many services of this day and later the user sees."""
    return Service.objects.visible_to(user).filter(served_on__gte=since).count()
