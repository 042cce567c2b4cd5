"""What is wrong with the key ring of the bound instance, for `countersign check`: what nobody could enter with."""

from countersign.identity.federation import line
from countersign.instances import hosts
from countersign.instances.models import Instance, InstanceState
from countersign.keyring import vault
from countersign.keyring.models import Assignment, Delivery, Key, Team
from countersign.people.models import User


def faults():
    """A sentence for each fault, without its full stop; what many keys have in common is said once."""
    keys, deliveries = list(Key.objects.live()), list(Delivery.objects.waiting())
    yield from _said("cannot be opened", {}, ((one, _why_shut(one)) for one in [*keys, *deliveries]))
    practices = {hosts.root(one) for one in Instance.objects.exclude(state=InstanceState.ARCHIVED)}
    yield from _said("cannot be used", {}, (
        (one, f"there is no practice at {line(one.issuer, 200)} any more. End it in the key ring")
        for one in keys if one.issuer not in practices
    ))
    yield from _to_nobody()


def _why_shut(one):
    """Why the password of a key or a delivery cannot be opened, or ""."""
    try:
        vault.unseal(one.kid, one.sealed, issuer=one.issuer, user_id=one.user_id)
    except vault.WrongMaster as wrong:
        return str(wrong).removesuffix(".")
    return ""


def _said(what, found, reasons):
    """"a, and 2 more, cannot be opened: why", once for each why. reasons: (key, why or "")."""
    for one, because in reasons:
        if because:
            found.setdefault(because, []).append(line(str(one), 200))
    for because, names in found.items():
        more = f", and {len(names) - 1} more," if len(names) > 1 else ""
        yield f"{names[0]}{more} {what}: {because}"


def _to_nobody():
    """Assignments that stand and let nobody in: no rule of the database holds what somebody wrote into it by hand."""
    standing = Assignment.objects.standing().filter(key__ended_at=None).select_related("key")
    people = User.objects.persons().values("id")
    lost = standing.exclude(user=None).exclude(user__in=people) | standing.exclude(team=None).exclude(
        team__in=Team.objects.values("id")
    )
    for one in lost.order_by("id"):
        yield f"the assignment {one.id} of {line(str(one.key), 200)} leads to nobody. End it in the key ring"
