"""Price plans and frozen statements of charges, in the control database: they outlive a restored backup of an instance.

Nothing here is ever changed or deleted, in the model or in the database. Of the people of an instance there are names
and User IDs here, and nothing of any client.
"""

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from countersign.audit.models import AppendOnly
from countersign.instances.models import Instance

PRICE = {"max_digits": 8, "decimal_places": 2}


class PricePlan(AppendOnly):
    """What a user costs a month, from a month on, at one instance, or at every instance without a plan of its own.

    Of two for the same month the later one counts; of what was set before, everything stays readable.
    """

    instance = models.ForeignKey(
        Instance, on_delete=models.PROTECT, null=True, blank=True, related_name="price_plans"
    )
    name = models.CharField(max_length=80)
    price = models.DecimalField(**PRICE)
    from_on = models.DateField()  # the first day of the first month it counts for
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="price_is_not_negative"),
        ]

    def __str__(self):
        where = self.instance.name if self.instance_id else "every instance without a plan of its own"
        return f"{self.name}, {self.price:,.2f} from {self.from_on:%m/%Y} for {where}"


@dataclass(frozen=True)
class Line:
    """One person who is charged for in a month. user: the id; from_on: the first day of the month it counts for."""

    user: str
    name: str
    user_id: str
    type: str
    why: str
    from_on: date

    def stored(self, price):
        return {
            **{part: getattr(self, part) for part in ("user", "name", "user_id", "type", "why")},
            "from_on": self.from_on.isoformat(), "amount": f"{price:.2f}",
        }


@dataclass(frozen=True)
class PricedLine(Line):
    amount: Decimal = Decimal(0)


class Statement(AppendOnly):
    """One month of one instance, frozen. kept: its lines as they were, Line.stored() each; they add up to total."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="charges")
    instance_name = models.CharField(max_length=120)
    month_on = models.DateField()  # its first day
    time_zone = models.CharField(max_length=60)
    plan = models.CharField(max_length=80)
    price = models.DecimalField(**PRICE)
    users = models.PositiveIntegerField()
    total = models.DecimalField(max_digits=14, decimal_places=2)
    note = models.CharField(max_length=300, blank=True)  # when the instance itself was closed
    kept = models.JSONField(default=list, blank=True)
    frozen_at = models.DateTimeField(default=timezone.now)
    frozen_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-month_on", "instance_name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["instance", "month_on"], name="one_statement_of_charges_a_month"),
        ]
        indexes = [
            models.Index(fields=["month_on", "instance_name", "id"], name="charges_of_a_month"),
            models.Index(fields=["month_on", "users", "total"], name="charges_add_up"),  # read without the lines
        ]

    def __str__(self):
        return f"{self.instance_name}, {self.month_on:%m/%Y}"

    @property
    def lines(self):
        return [
            PricedLine(**{**one, "from_on": date.fromisoformat(one["from_on"]), "amount": Decimal(one["amount"])})
            for one in self.kept
        ]
