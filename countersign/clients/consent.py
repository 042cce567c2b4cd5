"""The row that says that a client consented under 42 CFR Part 2, and since when no more."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from countersign.clients.names import one_line


class ConsentQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(revoked_on=None)


class Consent(models.Model):
    """A client's one consent for all uses for treatment, payment and health care operations (42 CFR 2.31, 2.33(b)).

    Neither day lies in the future, so what is not revoked is in force: no query asks which day it is.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey("clients.Client", on_delete=models.PROTECT, related_name="consents")
    given_on = models.DateField("Given on")
    note = models.CharField("Note (optional)", max_length=300, blank=True, validators=[one_line])
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=200)
    revoked_on = models.DateField("Revoked on", null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.CharField(max_length=200, blank=True)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ["-given_on", "-recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(revoked_on__isnull=True), name="one_consent_in_force"
            ),
            models.CheckConstraint(
                condition=Q(revoked_on__isnull=True) | Q(revoked_on__gte=F("given_on")),
                name="revoked_after_it_was_given",
            ),
        ]

    def __str__(self):
        return f"consent of {self.given_on:%m/%d/%Y}"

    @property
    def is_in_force(self):
        return self.revoked_on is None
