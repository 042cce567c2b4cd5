"""*What can they see?*: the practice as one Billing user would see it, without a visit.

Nothing is worked out a second time: permissions come through the gate's own rule, clients and services from the sets
that stand behind every door of a visit. So this cannot differ from what a visit finds.
"""

from dataclasses import dataclass

from countersign.access import cards, standing, uses
from countersign.access.models import Visit
from countersign.clients import listing
from countersign.clients.models import Client
from countersign.clinical.models import ProgressNote
from countersign.instances import binding
from countersign.ledger.models import SelfPay, Service
from countersign.ledger.views import seen_by
from countersign.people.gate import of_visit
from countersign.people.permissions import Permission as P

YES, SOME, NO = "Yes", "Only some", "No"
OPENS_A_CLIENT = (P.VIEW_CLIENTS, P.EDIT_CLIENTS, P.VIEW_LEDGER, P.VIEW_NOTES, P.WRITE_NOTES, P.KEEP_DISCLOSURES)
# Kind of health information → the permissions of which any one shows it, and what of `Amounts` says how much of it.
KINDS = (
    ("Names, numbers and dates of birth", OPENS_A_CLIENT, "clients"),
    ("Addresses and contact data", (P.VIEW_CLIENTS, P.EDIT_CLIENTS), "clients"),
    ("Insurance", (P.VIEW_CLIENTS,), "clients"),
    ("Diagnoses", (P.VIEW_LEDGER, P.VIEW_NOTES), "clients"),
    ("Services and charges", (P.VIEW_LEDGER,), "services"),
    ("Claims", (P.VIEW_CLAIMS, P.EDIT_CLAIMS, P.RELEASE_CLAIMS), "services"),
    ("Remittances", (P.VIEW_REMITTANCES, P.POST_REMITTANCES), "services"),
    ("Progress notes", (P.VIEW_NOTES, P.WRITE_NOTES), "notes"),
    ("Disclosures", (P.KEEP_DISCLOSURES,), "clients"),
    ("The client list as a file", (P.EXPORT_CLIENTS,), "clients"),
    ("The record and reports: who opened what", (P.VIEW_GENERAL_LOG, P.VIEW_REPORTS), "clients"),
)
PSYCHOTHERAPY = "No Billing user can ever be given this (45 CFR 164.501)"


@dataclass(frozen=True)
class Amounts:
    """Of how many a Billing user reaches how many, each as (reached, all there are)."""

    clients: tuple
    services: tuple
    notes: tuple
    part_2: tuple
    self_pay: tuple


@dataclass(frozen=True)
class Line:
    """One kind of health information: YES, SOME or NO, why, and of how much."""

    kind: str
    answer: str
    why: str
    amount: str = ""


@dataclass(frozen=True)
class Seen:
    """rows, total: the first page of the client list as listing.page() gives it, or (None, 0) when there is none."""

    standing: standing.Standing
    whose: str
    lines: list
    asked: listing.Asked
    rows: list | None
    total: int


def of(key):
    """What a Billing user sees at this moment; if it is shut, what it would see."""
    visit = Visit(key=key, company_id=key.billing_company)
    visit.standing = standing.judge(key)
    kind = binding.bound().kind
    rights = of_visit(visit, key.holds(kind=kind), kind=kind)
    amounts, asked, rows, total = _amounts(key, visit), listing.Asked.by(key, {}), None, 0
    if P.VIEW_CLIENTS in rights:
        rows, _, _, total, _ = listing.page(asked, {})
    lines = [_line(*one, rights, amounts) for one in KINDS]
    lines += [_part_2(key, rights, amounts), _self_pay(rights, amounts), Line("Psychotherapy notes", NO, PSYCHOTHERAPY)]
    lines.append(Line("Documents", NO, "None are kept here"))
    return Seen(visit.standing, cards.whose(key), lines, asked, rows, total)


def _amounts(key, visit):
    clients = Client.objects.visible_to(key)
    services = seen_by(visit).visible_to(key)
    return Amounts(
        (clients.count(), Client.objects.count()),
        (services.count(), Service.objects.count()),
        (ProgressNote.objects.visible_to(key).count(), ProgressNote.objects.count()),
        (clients.filter(part_2=True).count(), Client.objects.filter(part_2=True).count()),
        (services.exclude(self_pay=None).count(), SelfPay.objects.count()),
    )


def _line(kind, opens, measure, rights, amounts):
    held = [permission for permission in opens if permission in rights]
    if not held:
        return Line(kind, NO, f"Not given: {_labels(opens)}")
    if uses.WITHOUT_A_PAGE.issuperset(held):
        return Line(kind, NO, f"Given, but no page shows any yet: {_labels(held)}")
    reached, every = getattr(amounts, measure)
    answer = YES if reached == every and amounts.clients[0] == amounts.clients[1] else SOME
    return Line(kind, answer, f"Given: {_labels(held)}", _amount(reached, every, measure))


def _part_2(key, rights, amounts):
    kind, (reached, every) = "Records under 42 CFR Part 2", amounts.part_2
    if rights.isdisjoint(OPENS_A_CLIENT):
        return Line(kind, NO, f"Not given: {_labels(OPENS_A_CLIENT)}")
    if not key.sees_part_2:
        return Line(kind, NO, "The switch “May see records under 42 CFR Part 2” is off", _amount(0, every, "clients"))
    return Line(kind, SOME, "The switch is on: only with the client’s consent", _amount(reached, every, "clients"))


def _self_pay(rights, amounts):
    kind, (reached, every) = "Services that the client paid in full", amounts.self_pay
    if P.VIEW_LEDGER not in rights:
        return Line(kind, NO, f"Not given: {P.VIEW_LEDGER.label}")
    why = "Only what the practice opened (45 CFR 164.522)"
    return Line(kind, SOME if reached else NO, why, _amount(reached, every, "services"))


def _amount(reached, every, measure):
    return f"{reached} of {every} {measure}"


def _labels(permissions):
    return ", ".join(permission.label for permission in permissions)
