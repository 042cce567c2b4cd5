"""What was between the practice and a company, for as long as anybody asks: nothing of it is ever deleted.

45 CFR 164.316(b)(2)(i) asks for six years. People come from the visits, permissions over time from the record.
"""

from types import SimpleNamespace

from django.db.models import Count, Max, Min

from countersign.access.models import Agreement, Suspension, Term, Visit
from countersign.access.models_winding import WindingDown
from countersign.audit.actions import sentence
from countersign.audit.models import Event
from countersign.people import changes
from countersign.people.models import User, UserType

OF_A_KEY = (
    "user.created", "user.changed", "user.inactivated", "user.reactivated", "user.password.set", "user.password.ended",
    "user.password.old.ended",
)
OF_GROUPS = ("group.created", "group.changed", "group.deleted")


def people(company_id):
    """Everybody of the company who ever came: by identity, under the newest name, the last one first."""
    by_name = (
        Visit.objects.filter(company_id=company_id).order_by().values("iss", "sub", "person")
        .annotate(visits=Count("id"), first=Min("began_at"), last=Max("began_at")).order_by("last")
    )
    found = {}
    for row in by_name:  # somebody who was renamed has one for each name, the newest last
        before = found.get((row["iss"], row["sub"]))
        one = found[row["iss"], row["sub"]] = SimpleNamespace(**row)
        if before:
            one.visits, one.first = one.visits + before.visits, min(one.first, before.first)
    return sorted(found.values(), key=lambda row: (row.last, row.sub), reverse=True)


def keys(company_id):
    """The Billing users of the company: those bound to it now, and those with which its people came."""
    came = Visit.objects.filter(company_id=company_id).values("key_id")
    bound = User.objects.filter(type=UserType.BILLING, billing_company=company_id)
    return (bound | User.objects.filter(id__in=came)).distinct().order_by("user_id")


def permissions_over_time(found_keys):
    """Events that made or changed these Billing users, or a group they are in, newest first, each with `what`."""
    found_keys = list(found_keys)
    groups = {str(group.id) for key in found_keys for group in key.groups.all()}
    mine = Event.objects.filter(action__in=OF_A_KEY, object_id__in=[str(key.id) for key in found_keys])
    theirs = Event.objects.filter(action__in=OF_GROUPS, object_id__in=groups)
    events = sorted([*mine, *theirs], key=lambda event: event.seq, reverse=True)
    for event in events:
        event.words = sentence(event)
        event.what = [words for words in (_in_words(name, value) for name, value in event.changes.items()) if words]
    return events


def _in_words(name, value):
    """One change of an event as a person reads it; "" for what tells nothing of rights."""
    if name == "permissions":
        before, after = value if _is_pair(value) else ([], value)
        said = changes.difference(before, after)
        return said[:1].upper() + said[1:]
    if name == "groups":
        before, after = value if _is_pair(value) else ([], value)
        return _groups(set(before), set(after))
    return ""


def _is_pair(value):
    return len(value) == 2 and all(isinstance(one, list) for one in value)


def _groups(before, after):
    parts = [f"into {', '.join(sorted(after - before))}"] if after - before else []
    parts += [f"out of {', '.join(sorted(before - after))}"] if before - after else []
    return f"Groups: {'; '.join(parts)}" if parts else ""


def agreements(company_id):
    return Agreement.objects.filter(company_id=company_id).select_related("ending")


def decisions(company_id, found_keys):
    """Suspensions and ends as they were decided, newest first: [SimpleNamespace(at, by, words, reason), ...]."""
    found = []
    for one in Suspension.objects.filter(company_id=company_id).select_related("key"):
        what = one.key.user_id if one.key_id else "the company"
        found.append(SimpleNamespace(
            at=one.suspended_at, by=one.suspended_by, words=f"Suspended {what}", reason=one.reason
        ))
        if one.lifted_at:
            found.append(SimpleNamespace(
                at=one.lifted_at, by=one.lifted_by, words=f"Lifted the suspension of {what}", reason=one.lifted_because
            ))
    for one in WindingDown.objects.filter(company_id=company_id).select_related("ending"):
        words = f"Wound down: services to {one.services_until_on:%m/%d/%Y}, work to {one.workable_until_on:%m/%d/%Y}"
        found.append(SimpleNamespace(at=one.set_at, by=one.set_by, words=words, reason=one.reason))
        if hasattr(one, "ending"):
            found.append(SimpleNamespace(
                at=one.ending.ended_at, by=one.ending.ended_by, words="Ended that winding down",
                reason=one.ending.reason,
            ))
    for one in Term.objects.filter(key__in=found_keys).select_related("key"):
        words = f"{one.key.user_id} ends on {one.last_on:%m/%d/%Y}"
        found.append(SimpleNamespace(at=one.set_at, by=one.set_by, words=words, reason=one.reason))
    return sorted(found, key=lambda one: one.at, reverse=True)
