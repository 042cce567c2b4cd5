"""What was done for a client, when, and what it costs."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from countersign.clients.models import Client, Clinician
from countersign.clients.names import one_line

DAY_MINUTES = 24 * 60


class Place(models.TextChoices):
    """The place of service codes in use (CMS), in our own words."""

    ELSEWHERE_BY_VIDEO = "02", "Video, elsewhere"
    HOME_BY_VIDEO = "10", "Video, at home"
    OFFICE = "11", "Office"
    HOME = "12", "Client's home"


class Service(models.Model):
    """One kept session. Minutes count from local midnight; charge is the line's total.

    diagnosis_pointer: from 1, the rank of the client's diagnosis that it treats (TR3 837P loop 2400 SV107-1).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="services")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="services")
    served_on = models.DateField()
    start_minute = models.PositiveSmallIntegerField()
    stop_minute = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=5, validators=[RegexValidator(r"\A[A-Z0-9]{5}\Z")])
    label = models.CharField(max_length=80, validators=[one_line])
    units = models.PositiveSmallIntegerField(default=1)
    charge = models.DecimalField(max_digits=10, decimal_places=2)
    place = models.CharField(max_length=2, choices=Place, default=Place.OFFICE)
    diagnosis_pointer = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["-served_on", "-start_minute", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(stop_minute__gt=F("start_minute"), stop_minute__lte=DAY_MINUTES),
                name="service_stops_after_it_starts",
            ),
            models.CheckConstraint(condition=Q(units__gte=1), name="service_has_a_unit"),
            models.CheckConstraint(condition=Q(charge__gte=0), name="charge_is_not_negative"),
            models.CheckConstraint(condition=~Q(code=""), name="service_has_a_code"),
            models.CheckConstraint(condition=Q(diagnosis_pointer__range=(1, 12)), name="pointer_is_a_rank"),
        ]
        indexes = [
            # one client's ledger, newest first
            models.Index(fields=["client", "-served_on", "-start_minute", "-id"], name="service_of_client"),
            models.Index(fields=["served_on"], name="service_on"),
        ]

    def __str__(self):
        return f"{self.code} on {self.served_on:%m/%d/%Y}"
