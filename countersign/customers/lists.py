"""What the admin site shows: a fixed number of queries, all of them of the company's own database.

No customer's database is asked for anything: how a key stands is what the practice has said last (keyring/dispatched).
"""

from typing import NamedTuple

from django.utils import timezone

from countersign.keyring import assignments
from countersign.keyring import lists as ring
from countersign.keyring.models import EXPIRING, Assignment, Delivery, Key, KeyState
from countersign.people.models import User
from countersign.ui.templatetags.ui import NOTHING, moment

LONGEST = 100
COLUMNS = (
    "id", "practice", "user_id", "issuer", "state", "state_because", "ends_on", "waiting", "waiting_since",
)


class Row(NamedTuple):
    """One key of the list. id: None for one that was delivered and is in no ring yet. no: why there is no *Enter*.
    work: how many services wait at the practice since the day `since`; None where it does not tell."""

    id: object
    practice: str
    user_id: str
    host: str
    label: str
    tone: str
    because: str
    ends_on: object
    waits: bool
    entered: str
    favorite: bool
    no: str
    work: int | None = None
    since: object = None


def words_of(text):
    """What somebody searches for, as one line without anything that no record takes."""
    return " ".join("".join(c if c.isprintable() else " " for c in text[:LONGEST]).split())


def customers(user, *, manages, q=""):
    """(rows, how many there are without the search): favorites first, then by name.

    manages: all keys of the ring, and deliveries that wait; else those that this person may use now.
    """
    keys = Key.objects.live() if manages else assignments.usable(user)
    mine = set(assignments.usable(user).order_by().values_list("id", flat=True)) if manages else None
    last, favorites = ring.last_entries(user=user), set(user.favorites.values_list("issuer", flat=True))
    waiting = {(one.issuer, one.user_id): one for one in Delivery.objects.waiting().defer("sealed")}
    rows, soon = [], timezone.localdate() + EXPIRING
    for id, practice, user_id, issuer, state, because, ends_on, work, since in keys.values_list(*COLUMNS):
        waits = waiting.pop((issuer, user_id), None) is not None
        rows.append(Row(
            id, practice, user_id, issuer.partition("://")[2], *_standing(state, ends_on, soon), because,
            ends_on if state == KeyState.LIVE else None, waits, moment(last.get((issuer, user_id))),
            issuer in favorites, _why_no(state, mine is None or id in mine), work, since,
        ))
    rows += [_delivered(one, favorites) for one in waiting.values()] if manages else []
    found = [row for row in rows if _matches(row, q.casefold().split())]
    return sorted(found, key=lambda row: (not row.favorite, row.practice.casefold(), row.user_id)), len(rows)


def _standing(state, ends_on, soon):
    """(label, tone) of a key, as Key.is_expiring tells it."""
    if state != KeyState.LIVE:
        return KeyState(state).label, "bad"
    return ("Expiring", "warn") if ends_on and ends_on <= soon else ("Live", "good")


def _why_no(state, mine):
    if not mine:
        return "Not assigned to you"
    return "" if state == KeyState.LIVE else "Not now"


def _delivered(one, favorites):
    return Row(
        None, one.practice, one.user_id, one.issuer.partition("://")[2], "", "", "", None, True, NOTHING,
        one.issuer in favorites, "Not accepted yet",
    )


def _matches(row, words):
    text = f"{row.practice} {row.user_id} {row.host} {row.label}".casefold()
    return all(word in text for word in words)


def people(*, q="", by_customer=False):
    """[(name, what stands under it, [names of the other side])]: who may enter which customer now, from either side.

    A search finds a person or a customer; of a line that is found by the other side only what was found is shown.
    """
    keys = {(issuer, user_id): (practice, user_id) for practice, user_id, issuer in
            Key.objects.live().values_list(*COLUMNS[1:4])}
    users = {user_id: (name, user_id) for user_id, name in
             User.objects.persons().active().values_list("user_id", "name")}
    heads, words = keys if by_customer else users, q.casefold().split()
    lines = {id: [] for id in heads}
    shown = {key: f"{practice} ({user_id})" for key, (practice, user_id) in keys.items()}
    for user, issuer, user_id in _pairs():
        if by_customer:
            lines[issuer, user_id].append(users[user][0])
        else:
            lines[user].append(shown[issuer, user_id])
    found = [(*heads[id], _part(heads[id], sorted(others), words)) for id, others in lines.items()]
    return [line for line in found if line[2] is not None]


def _pairs():
    """{(User ID of the person, issuer, User ID of the key)}: texts, of which thousands cost less than ids do."""
    now = assignments.current(Assignment.objects.standing()).filter(key__ended_at=None)
    key = "key__issuer", "key__user_id"
    direct = now.filter(user__isnull=False, user__inactivated_at=None)
    by_team = now.filter(
        team__memberships__isnull=False, team__memberships__ended_at=None,
        team__memberships__user__inactivated_at=None,
    )
    return {
        *direct.order_by().values_list("user__user_id", *key),
        *by_team.order_by().values_list("team__memberships__user__user_id", *key),
    }


def _part(head, others, words):
    """Of the names of the other side those that are to be shown, or None when nothing of the line is."""
    if all(word in " ".join(head).casefold() for word in words):
        return others
    return [one for one in others if all(word in one.casefold() for word in words)] or None
