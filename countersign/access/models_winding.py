"""Winding a relation down: until which day of service, until when it can be worked on, and what became of the data."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from countersign.audit.models import AppendOnly


class WindingDown(AppendOnly):
    """The last day whose services the company sees, and the last day on which it comes in. The newest counts."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    services_until_on = models.DateField()
    workable_until_on = models.DateField()
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["-set_at", "id"]
        indexes = [models.Index(fields=["company_id", "-set_at"], name="winding_of_company")]
        constraints = [
            models.CheckConstraint(
                condition=Q(workable_until_on__gte=F("services_until_on")), name="winding_days_in_order"
            ),
        ]

    def __str__(self):
        days = f"services to {self.services_until_on:%m/%d/%Y}, work to {self.workable_until_on:%m/%d/%Y}"
        return f"{self.company}, {days}"


class WindingDownEnding(AppendOnly):
    """The winding down was taken back, or another one was set in its place."""

    winding = models.OneToOneField(WindingDown, on_delete=models.PROTECT, primary_key=True, related_name="ending")
    ended_at = models.DateTimeField(default=timezone.now)
    ended_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    def __str__(self):
        return f"{self.winding_id}: {self.reason}"


class How(models.TextChoices):
    RETURNED = "returned", "Returned to the practice"
    DESTROYED = "destroyed", "Destroyed"
    BOTH = "both", "Returned, and what was left destroyed"


class Certificate(AppendOnly):
    """What the company certified about the health information it had: 45 CFR 164.504(e)(2)(ii)(J)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    how = models.CharField(max_length=10, choices=How)
    what = models.TextField(max_length=2000)
    certified_by = models.CharField(max_length=200)  # whoever signed it for the company
    certified_on = models.DateField()
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-recorded_at", "id"]

    def __str__(self):
        return f"{self.company}, {self.get_how_display().lower()} on {self.certified_on:%m/%d/%Y}"
