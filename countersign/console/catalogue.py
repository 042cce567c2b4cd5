"""What Support reads: lists over the catalogue, and the next steps that an instance or a listing can take."""

from django.db.models import Prefetch, Q

from countersign.console.forms import LISTING_STEPS, STATE_STEPS
from countersign.instances import listings
from countersign.instances.models import Instance, InstanceKind, InstanceState, Listing, ListingChange

PAGE = 20


def instances(*, q="", state="", kind="", listing="", after=""):
    """(instances of one page, whether more follow), by address. Unknown filter values find nothing special."""
    found = Instance.objects.select_related("listing").order_by("slug")
    if q:
        found = found.filter(Q(name__icontains=q) | Q(slug__icontains=q))
    if state:
        found = found.filter(state=state)
    if kind:
        found = found.filter(kind=kind)
    if listing == "none":
        found = found.filter(listing=None).exclude(kind=InstanceKind.SUPPORT)
    elif listing:
        found = found.filter(listing__state=listing)
    if after:
        found = found.filter(slug__gt=after)
    rows = list(found[: PAGE + 1])
    return rows[:PAGE], len(rows) > PAGE


def registered():
    """Every listing with its company and its history, newest change first."""
    newest_first = Prefetch("changes", queryset=ListingChange.objects.order_by("-id"))
    return Listing.objects.select_related("instance").prefetch_related(newest_first).order_by("instance__name")


def state_steps(instance):
    """[(state, Choice)] an instance can be brought to."""
    if instance.kind == InstanceKind.SUPPORT or instance.state == InstanceState.ARCHIVED:
        return []
    return [(state, choice) for state, choice in STATE_STEPS.items() if state != instance.state]


def listing_of(instance):
    return Listing.objects.filter(instance=instance).first()


def listing_steps(instance):
    """[(state, Choice)] an instance's listing can be brought to."""
    if instance.kind == InstanceKind.SUPPORT:
        return []
    listing = listing_of(instance)
    reachable = listings.STEPS[listing.state if listing else None]
    return [(state, choice) for state, choice in LISTING_STEPS.items() if state in reachable]
