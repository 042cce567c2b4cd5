"""Making statements and finding them."""

import logging
import zoneinfo
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import TruncMonth
from django.utils import timezone

from countersign.access.models import Visit
from countersign.audit import checkpoints, record, tree
from countersign.audit.actors import system
from countersign.instances import binding
from countersign.instances.models import Instance, InstanceKind
from countersign.oversight import figures, months
from countersign.oversight.models import Finding, Statement

OVERDUE_DAYS = 30
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Line:
    """One company's month in the list. statement: None while the month is open."""

    company_id: UUID
    company: str
    month: date
    statement: Statement | None = None
    sign_off: object = None

    @property
    def state(self):
        return "open" if self.statement is None else "reviewed" if self.sign_off else "ready"

    @property
    def due_at(self):
        return self.statement.made_at + timedelta(days=OVERDUE_DAYS)

    @property
    def is_overdue(self):
        return self.state == "ready" and self.due_at < timezone.now()

    @property
    def url(self):
        return f"/statements/{self.company_id}/{self.month:%Y-%m}/"


def names(only=None):
    """{company id: name} of every company that was ever inside, as it is called today; ended ones stay."""
    visits = Visit.objects.order_by("began_at")
    visits = visits.filter(company_id=only) if only else visits
    found = dict(visits.values_list("company_id", "company"))
    found.update(Instance.objects.filter(id__in=found).values_list("id", "name"))
    return found


def lines(only=None):
    """Every month in which a company was inside, newest first. only: one company's."""
    visits, made = Visit.objects.order_by(), Statement.objects.defer("numbers", "checkpoint")
    if only:
        visits, made = visits.filter(company_id=only), made.filter(company_id=only)
    known = names(only)
    kept = {(one.company_id, one.month_on): one for one in made.prefetch_related("reviews")}
    spans = visits.annotate(began=TruncMonth("began_at"), seen=TruncMonth("session__seen_at"))
    spans = spans.values_list("company_id", "began", "seen").distinct()
    active = {(company, timezone.localtime(at).date()) for company, *both in spans for at in both}
    found = [
        _line(company, known.get(company), month, kept.get((company, month)))
        for company, month in active | kept.keys()
    ]
    return sorted(found, key=lambda line: (-line.month.toordinal(), line.company.casefold(), line.company_id))


def _line(company_id, name, month, statement):
    signed = [review for review in statement.reviews.all() if not review.is_remark] if statement else []
    return Line(company_id, name or statement.company, month, statement, signed[0] if signed else None)


def to_review(found):
    """Those that wait for somebody to look at them, the longest waiting first."""
    return sorted((line for line in found if line.state == "ready"), key=lambda line: line.statement.made_at)


def make(company_id, month, *, name, by):
    """Make the statement of a month that is over, once; returns it, or None when the record is not at rest.

    Outside of any transaction: the checkpoint is taken last, so that it holds everything that was counted.
    """
    numbers = figures.of(company_id, month, name=name)
    try:
        checkpoint = checkpoints.take(occasion="statement")
    except tree.Unsettled:
        return None
    if checkpoint.seq < numbers["seqs"][1]:
        return None
    stands_on = {part: getattr(checkpoint, part) for part in ("size", "root", "key", "note")}
    stands_on["at"] = f"{checkpoint.at:%Y-%m-%dT%H:%M:%SZ}"
    try:
        with transaction.atomic():
            made = Statement.objects.create(
                company_id=company_id, company=name, month_on=month, numbers=numbers, first_seq=numbers["seqs"][0],
                last_seq=numbers["seqs"][1], checkpoint=stands_on, made_by=by.person,
            )
            totals = numbers["totals"]
            told = {"Visits": totals["visits"], "Events": totals["requests"], "Record of": checkpoint.size}
            record.write(by, "statement.made", object=made, changes=told)
    except IntegrityError:  # another process was faster
        return Statement.objects.get(company_id=company_id, month_on=month)
    return made


def daily():
    """Make what is due at the bound instance (settings.DAILY). Returns the statements made."""
    if binding.bound().kind == InstanceKind.SUPPORT:
        return []
    with timezone.override(zoneinfo.ZoneInfo(binding.bound().time_zone)):
        due = [line for line in lines() if line.state == "open" and months.is_complete(line.month)]
        made = [make(line.company_id, line.month, name=line.company, by=system()) for line in reversed(due)]
    if None in made:
        log.warning("The record was never at rest: %d statements are left for tomorrow.", made.count(None))
    return [statement for statement in made if statement]


def kept(company_id, month):
    return Statement.objects.filter(company_id=company_id, month_on=month).prefetch_related("reviews").first()


def is_signed(statement):
    return statement.reviews.exclude(finding=Finding.REMARK).exists()
