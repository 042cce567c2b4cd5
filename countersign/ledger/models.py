"""What was done for a client, when, and what it costs."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from countersign.clients.models import Client, Clinician
from countersign.clients.names import one_line
from countersign.clients.reach import of_visible

DAY_MINUTES = 24 * 60


class Place(models.TextChoices):
    """The place of service codes in use (CMS), in our own words."""

    ELSEWHERE_BY_VIDEO = "02", "Video, elsewhere"
    HOME_BY_VIDEO = "10", "Video, at home"
    OFFICE = "11", "Office"
    HOME = "12", "Client's home"


class ServiceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Of the clients whom the user sees; for a Billing user without those that are kept from it."""
        if not user.is_billing:
            return self
        withheld = SelfPay.objects.closed().filter(service_id=OuterRef("pk"))
        return of_visible(self, user).filter(~Exists(withheld))


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

    objects = ServiceQuerySet.as_manager()

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


class SelfPayQuerySet(models.QuerySet):
    def closed(self):
        """Those that no opening shows to third parties at the moment."""
        return self.filter(~Exists(Opening.objects.filter(self_pay_id=OuterRef("pk"), closed_at=None)))


class SelfPay(models.Model):
    """The client paid the service in full and asked not to tell the health plan (45 CFR 164.522(a)(1)(vi)).

    Whoever bills for the practice tells health plans, so no Billing user sees it unless the practice opens it. The
    mark stays; what ends the restriction, such as a bounced check, is the reason of an opening.
    """

    service = models.OneToOneField(Service, on_delete=models.PROTECT, primary_key=True, related_name="self_pay")
    reason = models.CharField("Why", max_length=200, validators=[one_line])
    marked_at = models.DateTimeField(default=timezone.now)
    marked_by = models.CharField(max_length=200)

    objects = SelfPayQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="self_pay_says_why")]

    def __str__(self):
        return "paid in full by the client"


class Opening(models.Model):
    """The practice lets third parties see a service that the client paid; over when it is closed again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    self_pay = models.ForeignKey(SelfPay, on_delete=models.PROTECT, related_name="openings")
    reason = models.CharField("Why", max_length=200, validators=[one_line])
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.CharField(max_length=200)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-opened_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["self_pay"], condition=Q(closed_at__isnull=True), name="one_opening_of_a_service"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="opening_says_why"),
        ]

    def __str__(self):
        return f"opening of {timezone.localtime(self.opened_at):%m/%d/%Y}"
