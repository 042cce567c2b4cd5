"""Who holds checkpoints of this record, asked one by one; and the check of the record against all of them."""

from datetime import datetime

from countersign.access.models import Visit
from countersign.audit import check
from countersign.audit.models import Cosignature, HeldCheckpoint
from countersign.identity import witnesses
from countersign.identity.federation import FederationError
from countersign.identity.models import RelyingParty
from countersign.instances import binding, hosts
from countersign.instances.models import Instance, InstanceKind, Listing

PAGES = 20  # of 60 checkpoints, asked of one holder at most


def holders():
    """{address: name} of every instance that may hold checkpoints of this one. Not only from our own tables: whoever
    changed the record may have changed those too, so the listed companies are asked as well."""
    found = {hosts.root(one.instance): one.instance.name for one in Listing.objects.select_related("instance")}
    found |= dict(Visit.objects.values_list("iss", "company").distinct())
    found |= dict(RelyingParty.objects.values_list("client_id", "name"))
    found |= dict(Cosignature.objects.values_list("holder", "name").distinct())
    found |= dict(HeldCheckpoint.objects.values_list("party", "name").distinct())
    support = Instance.objects.filter(kind=InstanceKind.SUPPORT).first()
    for own in (binding.bound(), support):  # what Support holds stands in the catalogue
        found.pop(own and hosts.root(own), None)
    return found


def run(given=()):
    """The Report of a check against all that is held anywhere, and what was given. Raises tree.Unsettled."""
    known, silent = list(given), []
    for issuer, name in sorted(holders().items()):
        try:
            known += _asked(issuer, name)
        except FederationError:
            silent.append(name)
    return check.run(known, silent=silent)


def _asked(issuer, name):
    found, before = [], None
    for _ in range(PAGES):
        held, more = witnesses.held_elsewhere(issuer, before=before)
        for one in held:
            found.append(_known(one, name))
            before = one.get("id")
        if not more or not isinstance(before, int):
            break
    return found


def _known(one, name):
    if not isinstance(one, dict) or not all(isinstance(one.get(field), str) for field in ("note", "key", "kept_at")):
        raise FederationError("answered something that is no checkpoint")
    try:
        return check.Known(name, one["note"], one["key"], datetime.fromisoformat(one["kept_at"]))
    except ValueError:
        raise FederationError("answered something that is no time") from None
