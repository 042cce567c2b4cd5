"""The client list: which clients are asked for, in which order, and the few columns that a list shows."""

from dataclasses import dataclass

from django.db.models import Count, FilteredRelation, Q, Value

from countersign.clients import keyset
from countersign.clients.models import Client
from countersign.clients.names import LONGEST_SEARCH
from countersign.instances.prepared import Prepared

SIZE = 20
ORDER = ("filed_as", "id")
COLUMNS = (
    "id", "last_name", "first_name", "number", "born_on", "first_payer__payer__name", "clinician__last_name", "status",
)


@dataclass(frozen=True)
class Asked:
    """q: the search as typed; everyone: discharged clients too."""

    q: str
    everyone: bool

    @classmethod
    def by(cls, params):
        return cls(params.get("q", "").strip()[:LONGEST_SEARCH], params.get("status") == "all")

    def clients(self):
        found = Client.objects.all() if self.everyone else Client.objects.active()
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
    """(rows of one page, the id of its last row, whether more follow, how many in all).

    A row: (id, name, number, date of birth as MM/DD/YYYY, payer billed first, clinician, whether active), ready to be
    shown: this page is opened more often than any other, so what it shows is all that is read.
    """
    plain = not asked.q and "after" not in params
    rows = FIRST_PAGE[asked.everyone].rows() if plain else list(_rows(asked, params))
    more, rows = len(rows) > SIZE, rows[:SIZE]
    if plain and more:
        total = HOW_MANY[asked.everyone].rows()[0][0]
    else:
        total = asked.clients().count() if more or "after" in params else len(rows)
    return [_shown(*row) for row in rows], rows[-1][0] if rows else None, more, total


def _rows(asked, params):
    return keyset.after(with_first_payer(asked.clients()), params, ORDER).values_list(*COLUMNS)[: SIZE + 1]


def _count(asked):
    whole = asked.clients().order_by().annotate(whole=Value(1)).values("whole")
    return whole.annotate(how_many=Count("id")).values_list("how_many")


# What the list shows before anybody asks for something, by Asked.everyone.
FIRST_PAGE = {everyone: Prepared(lambda e=everyone: _rows(Asked("", e), {})) for everyone in (False, True)}
HOW_MANY = {everyone: Prepared(lambda e=everyone: _count(Asked("", e))) for everyone in (False, True)}


def _shown(id, last_name, first_name, number, born_on, payer, clinician, status):
    name = f"{last_name}, {first_name}" if first_name else last_name
    return id, name, number, f"{born_on:%m/%d/%Y}", payer or "", clinician or "", status == "active"
