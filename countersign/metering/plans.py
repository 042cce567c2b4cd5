"""Price plans: what a user costs a month, set by Support for months that no statement has frozen."""

from dataclasses import replace

from django.core.exceptions import ValidationError
from django.db import connections, transaction
from django.db.models import F, Q

from countersign.audit import actors, record
from countersign.instances import binding
from countersign.instances.models import InstanceKind
from countersign.metering import periods
from countersign.metering.models import PricePlan, Statement

FREEZING = 0x63686172676573  # one at a time (PostgreSQL); SQLite has one writer by itself


def of(instance_id, month):
    """The plan that counts for a month at an instance: its own before the general one. None when there is neither."""
    found = PricePlan.objects.filter(Q(instance_id=instance_id) | Q(instance=None), from_on__lte=month)
    return found.order_by(F("instance").asc(nulls_last=True), "-from_on", "-id").first()


def set(*, instance, name, price, from_on, by):
    """Set a plan from a month on; instance: None for every one without a plan of its own. Returns the PricePlan.

    Raises ValidationError keyed by field: a price that is none, or a month that a statement has frozen.
    """
    if instance and instance.kind == InstanceKind.SUPPORT:
        raise ValidationError({"instance": "Support itself is not charged. Choose another instance."})
    plan = PricePlan(instance=instance, name=name.strip(), price=price, from_on=from_on, set_by=by.person)
    plan.clean_fields(exclude=["instance"])
    plan.clean()
    with transaction.atomic(using="control"):
        one_at_a_time()
        _refuse_frozen(instance, from_on)
        plan.save()
        told = {"name": plan.name, "price": f"{plan.price:.2f}", "from": f"{from_on:%m/%Y}"}
        record.write(by, "price-plan.set", object=plan, changes=told)
        if instance:
            with binding.elsewhere(), binding.bind(instance), transaction.atomic():
                record.write(from_support(by), "price-plan.set", object=plan, changes=told)
    return plan


def one_at_a_time():
    """Held until the end of the control database's transaction: no price changes under a statement being frozen."""
    if connections["control"].vendor == "postgresql":
        with connections["control"].cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FREEZING])


def from_support(by):
    """The same person, as another instance's record names them."""
    return replace(by, source=actors.SUPPORT) if by.source == actors.OURS else by


def _refuse_frozen(instance, from_on):
    frozen = Statement.objects.filter(month_on__gte=from_on)
    if instance:
        frozen = frozen.filter(instance=instance)
    last = frozen.order_by("-month_on", "instance_name").defer("kept").first()
    if last:
        first = periods.after(last.month_on)
        raise ValidationError({"from_on": (
            f"The statement of {last.instance_name} for {last.month_on:%m/%Y} is frozen. Choose {first:%m/%Y} or later."
        )})
