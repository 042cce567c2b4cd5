from django.db import models
from django.utils import timezone

from countersign.audit.models import AppendOnly


class WaitingRule(AppendOnly):
    """Whether a company is told how much work waits for it here, as counts. The newest row counts; without any, no."""

    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    told = models.BooleanField()
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["company_id", "-id"], name="waiting_rule_of_company")]

    def __str__(self):
        return f"{self.company} is {'told' if self.told else 'not told'} what waits"
