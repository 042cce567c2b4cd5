"""Statements of charges: so far, and frozen when their month is over. What is frozen never changes."""

import logging
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Sum

from countersign.audit import record
from countersign.audit.actors import system
from countersign.instances import binding, schema
from countersign.instances.models import Instance, InstanceChange, InstanceKind, InstanceState
from countersign.metering import periods, plans, who, words
from countersign.metering.models import PricePlan, Statement

LOOK_BACK = 12  # months that the daily run tries again; older ones are for the command
NO_PLAN = "no price plan counts for this month: set one in the console"
NOT_OVER = "the month is not over there yet"
OTHER_VERSION = "its database is of another version: run countersign instance upgrade"
log = logging.getLogger(__name__)


class NotYet(Exception):
    """There can be no statement: says why, for Support."""


class NotAllFrozen(Exception):
    """Some of the statements that are due could not be made; it is tried again the next day."""


@dataclass(frozen=True)
class SoFar:
    """What the statement of a month would be now. price: None without a plan."""

    month: object
    lines: list
    plan: PricePlan | None
    note: str

    @property
    def price(self):
        return self.plan and self.plan.price

    @property
    def total(self):
        return None if self.plan is None else self.plan.price * len(self.lines)


def so_far(instance, month):
    """Of the bound instance."""
    changes = list(InstanceChange.objects.filter(instance=instance).order_by("id"))
    lines = who.charged(month, instance.time_zone, who.open_times(instance, changes))
    note = words.closed(changes, month, instance.time_zone)
    return SoFar(month, lines, plans.of(instance.id, month), note)


def freeze(instance, month, *, by):
    """Make the statement of a month that is over; returns (Statement, whether it was made now). Of two at once, one
    makes it. It is on the instance's own record. Raises NotYet, DatabaseError.
    """
    _refuse_too_early(instance, month)
    with binding.elsewhere(), binding.bind(instance):
        found = so_far(instance, month)
    with transaction.atomic(using="control"):
        plans.one_at_a_time()
        frozen = Statement.objects.filter(instance=instance, month_on=month).first()
        if frozen:
            return frozen, False
        plan = plans.of(instance.id, month)  # again: it may have been set while we counted
        if plan is None:
            raise NotYet(NO_PLAN)
        made = Statement.objects.create(
            instance=instance, instance_name=instance.name, month_on=month, time_zone=instance.time_zone,
            plan=plan.name, price=plan.price, users=len(found.lines), total=plan.price * len(found.lines),
            note=found.note, kept=[line.stored(plan.price) for line in found.lines], frozen_by=by.person,
        )
        with binding.elsewhere(), binding.bind(instance), transaction.atomic():
            told = {"Users": made.users, "Price": f"{made.price:.2f}", "Total": f"{made.total:.2f}"}
            record.write(plans.from_support(by), "charges.frozen", object=made, changes=told)
    return made, True


def _refuse_too_early(instance, month):
    if not periods.is_over(month, instance.time_zone):
        raise NotYet(NOT_OVER)
    if instance.schema != schema.fingerprint():
        raise NotYet(OTHER_VERSION)
    if plans.of(instance.id, month) is None:
        raise NotYet(NO_PLAN)


def due(months):
    """[(instance, month), ...] without a statement, of instances that were open in the month; oldest month first."""
    changes = {}
    for change in InstanceChange.objects.order_by("id"):
        changes.setdefault(change.instance_id, []).append(change)
    instances = list(Instance.objects.exclude(kind=InstanceKind.SUPPORT).order_by("slug"))
    frozen = {*Statement.objects.filter(month_on__in=months).values_list("instance_id", "month_on")}
    return [
        (instance, month) for month in sorted(months) for instance in instances
        if (instance.id, month) not in frozen and _was_open(instance, changes.get(instance.id, []), month)
    ]


def _was_open(instance, changes, month):
    start, end = periods.span(month, instance.time_zone)
    return any(a < end and (b is None or b > start) for a, b in who.open_times(instance, changes))


def without(month):
    """How many instances have no statement of a month in which they could have one: not made yet, or no price plan."""
    start, end = periods.span(month, "UTC")
    gone = InstanceChange.objects.filter(
        instance=OuterRef("id"), state=InstanceState.ARCHIVED, changed_at__lt=start
    )
    found = Instance.objects.exclude(kind=InstanceKind.SUPPORT).filter(created_at__lt=end)
    stated = Statement.objects.filter(instance=OuterRef("id"), month_on=month)
    return found.filter(~Exists(gone), ~Exists(stated)).count()


def freeze_all(months, *, by):
    """Freeze whatever is due of these months; yields (instance, month, Statement or None, why there is none).

    One that fails does not stop the others. Call it with Support bound and outside of any transaction; what was made
    of a month is one event of Support's record.
    """
    made = {}
    for instance, month in due(months):
        try:
            statement, is_new = freeze(instance, month, by=by)
        except NotYet as reason:
            yield instance, month, None, str(reason)
        except Exception as error:  # whatever it was, the others must get their turn; the caller says it
            yield instance, month, None, f"{error.__class__.__name__}: {error}"
        else:
            if is_new:
                made.setdefault(month, []).append(statement.total)
            yield instance, month, statement, ""
    for month, totals in made.items():
        told = {"Statements": len(totals), "Total": f"{sum(totals):.2f}"}
        with transaction.atomic():
            record.write(by, "charges.frozen", object=f"all instances, {words.month(month)}", changes=told)


def daily():
    """Freeze what is due everywhere, once a day, with Support bound (settings.DAILY); nothing at any other instance."""
    if binding.bound().kind != InstanceKind.SUPPORT or not PricePlan.objects.exists():
        return []
    months, month = [], periods.before(periods.current("Pacific/Kiritimati"))  # where the day begins first
    for _ in range(LOOK_BACK):
        months.append(month)
        month = periods.before(month)
    made, failed = [], []
    for instance, month, statement, why in freeze_all(months, by=system()):
        if statement:
            made.append(statement)
        elif why == OTHER_VERSION:
            log.warning("No statement of charges of %s for %s: %s.", instance.slug, words.month(month), why)
        elif why not in (NO_PLAN, NOT_OVER):
            failed.append(f"{instance.slug}, {words.month(month)}: {why}")
    if failed:
        raise NotAllFrozen("; ".join(failed))
    return made


def past(instance):
    """The frozen statements of one instance, newest first, without their lines."""
    return Statement.objects.filter(instance_id=instance.id).defer("kept").order_by("-month_on")


def kept(instance, month):
    return Statement.objects.filter(instance_id=instance.id, month_on=month).first()


def of_month(month):
    return Statement.objects.filter(month_on=month).defer("kept")


def sums(found):
    """{statements, users, total} of some statements, exact to the cent."""
    counted = found.aggregate(statements=Count("id"), users=Sum("users"), total=Sum("total"))
    return {**counted, "users": counted["users"] or 0, "total": cents(counted["total"])}


def months(*, before=None, limit):
    """[{month_on, statements, users, total}, ...], newest first."""
    found = Statement.objects.order_by("-month_on").values("month_on")
    found = found.filter(month_on__lt=before) if before else found
    found = found.annotate(statements=Count("id"), charged=Sum("users"), amount=Sum("total"))
    return [
        {"month_on": one["month_on"], "statements": one["statements"], "users": one["charged"],
         "total": cents(one["amount"])}
        for one in found[:limit]
    ]


def cents(amount):
    """SQLite adds what is Decimal to us in binary: exact again as long as it is less than ten million millions."""
    return Decimal(amount or 0).quantize(Decimal("0.01"))
