"""The client list: which clients are asked for, in which order, and the few columns that a list shows."""

import uuid
from dataclasses import dataclass

from django.db.models import Count, FilteredRelation, Q, Value

from countersign.clients import keyset
from countersign.clients.models import Client
from countersign.clients.names import LONGEST_SEARCH
from countersign.instances.prepared import Prepared
from countersign.people.models import User, UserType

SIZE = 20
ORDER = ("filed_as", "id")
COLUMNS = (
    "id", "last_name", "first_name", "number", "born_on", "first_payer__payer__name", "clinician__last_name", "status",
)


@dataclass(frozen=True)
class Asked:
    """user: who asks; q: the search as typed; everyone: discharged clients too."""

    user: User
    q: str
    everyone: bool

    @classmethod
    def by(cls, user, params):
        return cls(user, params.get("q", "").strip()[:LONGEST_SEARCH], params.get("status") == "all")

    @property
    def prepared(self):
        """(which of the prepared queries it is, with which values)."""
        if not self.user.is_billing:
            return (self.everyone, None), ()
        return (self.everyone, self.user.sees_part_2), (self.user.id,)

    def clients(self):
        found = Client.objects.visible_to(self.user)
        found = found if self.everyone else found.active()
        return found.found_by(self.q) if self.q else found

    def as_read(self, action):
        """How the record tells of it: what was searched for is part of what was read."""
        changes = {"q": self.q} if self.q else {}
        if self.everyone:
            changes["status"] = "all"
        return {"action": action, "object": "clients", "changes": changes}


def with_first_payer(clients):
    """The clients with `first_payer`: their open coverage that is billed first, of which there is one at most."""
    one = FilteredRelation("coverages", condition=Q(coverages__rank=1, coverages__ends_on__isnull=True))
    return clients.alias(first_payer=one)  # made anew each time: a query changes the relation it is given


def page(asked, params):
    """(rows of one page, the id of its last row, whether more follow, how many in all, whether 42 CFR Part 2 is there).

    A row: (id, name, number, date of birth as MM/DD/YYYY, payer billed first, clinician, whether active), ready to be
    shown: this page is opened more often than any other, so what it shows is all that is read. Whether a client is
    under 42 CFR Part 2 is read for those alone to whom it makes a difference.
    """
    plain = not asked.q and "after" not in params
    which, values = asked.prepared
    rows = FIRST_PAGE[which].rows(*values) if plain else list(_rows(asked, params))
    more, rows = len(rows) > SIZE, rows[:SIZE]
    if plain and more:
        total = HOW_MANY[which].rows(*values)[0][0]
    else:
        total = asked.clients().count() if more or "after" in params else len(rows)
    part_2 = asked.user.is_billing and any(row[-1] for row in rows)
    return [_shown(*row) for row in rows], rows[-1][0] if rows else None, more, total, part_2


def _rows(asked, params):
    among = Client.objects.visible_to(asked.user)
    columns = (*COLUMNS, "part_2") if asked.user.is_billing else COLUMNS
    return keyset.after(with_first_payer(asked.clients()), params, ORDER, among=among).values_list(*columns)[: SIZE + 1]


def _count(asked):
    whole = asked.clients().order_by().annotate(whole=Value(1)).values("whole")
    return whole.annotate(how_many=Count("id")).values_list("how_many")


def _prepared(build):
    """{(everyone, sees_part_2 of a Billing user or None): Prepared}; a Billing user's id is the one parameter."""
    made = {}
    for everyone in (False, True):
        made[everyone, None] = Prepared(lambda e=everyone: build(Asked(User(type=UserType.REGULAR), "", e)))
        for part_2 in (False, True):
            made[everyone, part_2] = Prepared(
                lambda id, e=everyone, p=part_2: build(
                    Asked(User(id=id, type=UserType.BILLING, sees_part_2=p), "", e)
                ),
                uuid.UUID(int=1),
            )
    return made


# What the list shows before anybody asks for something, by Asked.prepared.
FIRST_PAGE = _prepared(lambda asked: _rows(asked, {}))
HOW_MANY = _prepared(_count)


def _shown(id, last_name, first_name, number, born_on, payer, clinician, status, part_2=False):
    name = f"{last_name}, {first_name}" if first_name else last_name
    return id, name, number, f"{born_on:%m/%d/%Y}", payer or "", clinician or "", status == "active"
