"""What the pages of the key ring show: a fixed number of queries, however many keys and people there are."""

from django.db.models import Max

from countersign.identity.models import Entry
from countersign.keyring import assignments as verbs
from countersign.keyring.models import Assignment, Key, Membership, Team
from countersign.people.models import User


def keys():
    """The keys in the ring, each with `entered_at` (the last time) and `people` (how many may use it now)."""
    found = list(Key.objects.live())
    last, people = last_entries(), people_by_key()
    for key in found:
        key.entered_at = last.get((key.issuer, key.user_id))
        key.people = len(people.get(key.id, ()))
    return found


def ended():
    return Key.objects.exclude(ended_at=None).order_by("-ended_at")[:50]


def last_entries(**whose):
    """{(issuer, User ID of the key): when somebody last entered with it}."""
    rows = Entry.objects.filter(**whose).order_by().values("party__client_id", "billing_user")
    return {
        (row["party__client_id"], row["billing_user"]): row["last"] for row in rows.annotate(last=Max("entered_at"))
    }


def people_by_key(*, on=None):
    """{key id: {user id, ...}}: who may use which key of the ring now."""
    members, found = {}, {}
    for team, user in Membership.objects.standing().filter(user__inactivated_at=None).values_list("team", "user"):
        members.setdefault(team, set()).add(user)
    now = verbs.current(Assignment.objects.standing(), on=on).filter(key__ended_at=None)
    for key, user, active, team in now.values_list("key", "user", "user__inactivated_at", "team"):
        these = members.get(team, set()) if team else {user} if active is None else set()
        found.setdefault(key, set()).update(these)
    return found


def assignments(key):
    """Those of one key, each with `over` (why it does not count now, or "")."""
    found = list(key.assignments.select_related("user", "team").order_by("ended_at", "begins_on", "made_at"))
    today = verbs.today()
    for one in found:
        one.over = _over(one, today)
    return found


def _over(one, today):
    if one.ended_at is not None:
        return "Taken back"
    if one.user and not one.user.is_active:
        return "Person inactive"
    if one.begins_on > today:
        return "Not yet"
    return "Over" if one.ends_on and one.ends_on < today else ""


def people():
    """(keys, [(user, [whether they may use it, for each key]), ...]) for the page of people × customers."""
    columns, by_key = list(Key.objects.live()), people_by_key()
    rows = [
        (user, [user.id in by_key.get(key.id, ()) for key in columns]) for user in User.objects.persons().active()
    ]
    return columns, rows


def teams():
    """Every team with its people, and its keys."""
    found = list(Team.objects.all())
    names, keys_of = {}, {}
    for one in Membership.objects.standing().select_related("user"):
        names.setdefault(one.team_id, []).append(one.user.name)
    for one in verbs.current(Assignment.objects.standing().exclude(team=None)).select_related("key"):
        if one.key.ended_at is None:
            keys_of.setdefault(one.team_id, []).append(str(one.key))
    for team in found:
        team.people, team.keys = names.get(team.id, []), keys_of.get(team.id, [])
    return found


def launch_pad(user):
    """(keys that this person may use now, each with `entered_at`; practices entered without a key of the ring)."""
    keys, last = list(verbs.usable(user)), last_entries(user=user)
    for key in keys:
        key.entered_at = last.get((key.issuer, key.user_id))
    in_ring = set(Key.objects.values_list("issuer", "user_id"))
    seen = {}
    for entry in Entry.objects.filter(user=user).select_related("party")[:200]:
        if (entry.party.client_id, entry.billing_user) not in in_ring:
            seen.setdefault(entry.party_id, entry)
    return keys, list(seen.values())
