"""The record as a Billing user may read it: nothing in it tells of a client or a service that is not theirs.

For the practice's own people the record is whole, and nothing here asks the database anything.
"""

from dataclasses import dataclass

from django.db.models import Q
from django.http import Http404

from countersign.clients.models import Client
from countersign.clients.reach import noted

# What was typed here by others may be the name of a client whom this Billing user does not see.
TYPED = (
    "clients.searched", "clients.exported", "general-log.opened", "general-log.exported", "user-audit.opened",
    "user-audit.exported",
)
# These name services that are kept from Billing users (45 CFR 164.522(a)(1)(vi)).
OWN_PEOPLES = "self-pay."


@dataclass(frozen=True)
class Reach:
    """user: whose; hidden: ids (texts) of the clients whom they do not see."""

    user: object
    hidden: tuple

    @classmethod
    def of(cls, user):
        if not user.is_billing:
            return cls(user, ())
        seen = Client.objects.visible_to(user).values("id")
        return cls(user, tuple(map(str, Client.objects.exclude(id__in=seen).values_list("id", flat=True))))

    @property
    def condition(self):
        """A Q for the events that may be read."""
        if not self.user.is_billing:
            return Q()
        found = ~Q(action__startswith=OWN_PEOPLES)
        if self.hidden:
            found &= ~Q(client_id__in=self.hidden) & (~Q(action__in=TYPED) | Q(billing_user=self.user.user_id))
        return found


def note(request, events):
    """The notice of 42 CFR 2.32 when an event is about a client under Part 2 and a visit reads it."""
    if request.user.is_billing:
        concerned = {event.client_id for event in events if event.client_id}
        noted(request, part_2=any(id in concerned for id in part_2_ids()))


def part_2_ids():
    """Ids (texts) of all clients under 42 CFR Part 2."""
    return set(map(str, Client.objects.filter(part_2=True).values_list("id", flat=True)))


def tells_of_part_2(events):
    """Whether one of the events (a queryset) is about a client under 42 CFR Part 2."""
    ids = part_2_ids()
    return bool(ids) and events.filter(~Q(client_id=""), client_id__in=ids).exists()


def readable(request, events):
    """The first of these events (a queryset) if this person may read it. Raises Http404."""
    event = events.filter(Reach.of(request.user).condition).first()
    if event is None:
        raise Http404
    note(request, [event])
    return event
