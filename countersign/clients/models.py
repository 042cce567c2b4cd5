"""Clients of a practice, who treats them, and who pays for them."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from countersign.clients.consent import Consent
from countersign.clients.names import FiledAs, matching, one_line
from countersign.people.models import AccessTag, User

FIRST_NUMBER = 1001


class PayerKind(models.TextChoices):
    COMMERCIAL = "commercial", "Commercial"
    MEDICAID = "medicaid", "Medicaid"
    MEDICARE = "medicare", "Medicare"
    TRICARE = "tricare", "TRICARE"
    OTHER = "other", "Other"


class Payer(models.Model):
    """A plan that pays for services; payer_id is how claims address it (TR3 837P loop 2010BB NM109)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, validators=[one_line])
    payer_id = models.CharField("Payer ID", max_length=30, unique=True, validators=[one_line])
    kind = models.CharField(max_length=12, choices=PayerKind, default=PayerKind.COMMERCIAL)
    phone = models.CharField(max_length=30, blank=True, validators=[one_line])

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=PayerKind.values), name="payer_kind_is_known"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(payer_id=""), name="payer_has_a_name_and_an_id"),
        ]

    def __str__(self):
        return f"{self.name} ({self.payer_id})"


class Clinician(models.Model):
    """Who renders services and signs notes. user: the account with which they sign in here, if they have one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first_name = models.CharField(max_length=60, validators=[one_line])
    last_name = models.CharField(max_length=60, validators=[one_line])
    credential = models.CharField(max_length=20, blank=True, validators=[one_line])
    npi = models.CharField("NPI", max_length=10, blank=True, validators=[RegexValidator(r"\A\d{10}\Z")])
    user = models.OneToOneField(User, on_delete=models.PROTECT, null=True, blank=True, related_name="clinician")

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["npi"], condition=~Q(npi=""), name="npi_is_of_one_clinician"),
            models.CheckConstraint(condition=~Q(last_name=""), name="clinician_has_a_name"),
        ]

    def __str__(self):
        return ", ".join(filter(None, [f"{self.first_name} {self.last_name}".strip(), self.credential]))


class Sex(models.TextChoices):
    """As in X12 DMG03."""

    FEMALE = "F", "Female"
    MALE = "M", "Male"
    UNKNOWN = "U", "Unknown"


class ClientStatus(models.TextChoices):
    ACTIVE = "active", "Active"
    DISCHARGED = "discharged", "Discharged"


class ClientQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Those that a user may see: all for the practice's own people (docs/decisions/which-clients.md).

        A Billing user sees a client when it holds every tag of the client, and one under 42 CFR Part 2 only with the
        switch for it and a consent in force. Every door goes through here.
        """
        if not user.is_billing:
            return self
        held = User.tags.through.objects.filter(user_id=user.id).values("accesstag_id")
        locked = Client.tags.through.objects.filter(client_id=OuterRef("pk")).exclude(accesstag_id__in=held)
        found = self.filter(~Exists(locked))
        if not user.sees_part_2:
            return found.filter(part_2=False)
        consented = Consent.objects.in_force().filter(client_id=OuterRef("pk"))
        return found.filter(Q(part_2=False) | Exists(consented))

    def active(self):
        return self.filter(status=ClientStatus.ACTIVE)

    def found_by(self, asked):
        return self.filter(matching(asked))


class Client(models.Model):
    """A person treated here. number: what people say on the telephone; version: counts the changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    first_name = models.CharField("First name", max_length=60, validators=[one_line])
    last_name = models.CharField("Last name", max_length=60, validators=[one_line])
    filed_as = FiledAs(max_length=250, editable=False)
    born_on = models.DateField("Date of birth")
    sex = models.CharField(max_length=1, choices=Sex)
    street = models.CharField("Street (optional)", max_length=120, blank=True, validators=[one_line])
    town = models.CharField("Town (optional)", max_length=60, blank=True, validators=[one_line])
    state = models.CharField(
        "State (optional)", max_length=2, blank=True,
        validators=[RegexValidator(r"\A[A-Za-z]{2}\Z", "Enter two letters, such as KY")],
    )
    postal_code = models.CharField(
        "ZIP code (optional)", max_length=10, blank=True,
        validators=[RegexValidator(r"\A\d{5}(-\d{4})?\Z", "Enter five digits, or nine as 12345-6789")],
    )
    phone = models.CharField("Phone (optional)", max_length=30, blank=True, validators=[one_line])
    email = models.EmailField("E-mail (optional)", blank=True)
    status = models.CharField(max_length=12, choices=ClientStatus, default=ClientStatus.ACTIVE)
    started_on = models.DateField("Started on")
    discharged_on = models.DateField("Discharged on (optional)", null=True, blank=True)
    clinician = models.ForeignKey(
        Clinician, verbose_name="Clinician (optional)", on_delete=models.PROTECT, null=True, blank=True,
        related_name="clients",
    )
    tags = models.ManyToManyField(AccessTag, blank=True, related_name="clients")
    part_2 = models.BooleanField("Records under 42 CFR Part 2", default=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=200, editable=False)

    objects = ClientQuerySet.as_manager()

    class Meta:
        ordering = ["filed_as", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(number__gt=0), name="client_number_is_positive"),
            models.CheckConstraint(condition=~Q(last_name=""), name="client_has_a_name"),
            models.CheckConstraint(condition=Q(sex__in=Sex.values), name="client_sex_is_known"),
            models.CheckConstraint(
                condition=Q(status=ClientStatus.ACTIVE, discharged_on__isnull=True)
                | Q(status=ClientStatus.DISCHARGED, discharged_on__isnull=False),
                name="discharged_clients_have_a_day_of_discharge",
                violation_error_message="A discharged client has a day of discharge, an active one has none.",
            ),
            models.CheckConstraint(
                condition=Q(discharged_on__isnull=True) | Q(discharged_on__gte=F("started_on")),
                name="discharged_after_the_start",
                violation_error_message="The discharge cannot be before the start.",
            ),
            models.CheckConstraint(
                condition=Q(born_on__lte=F("started_on")), name="born_before_the_start",
                violation_error_message="Nobody starts before their date of birth.",
            ),
        ]
        indexes = [
            # the client list and its pages, of all and of active clients; the search by date of birth
            models.Index(fields=["filed_as", "id"], name="client_filed"),
            models.Index(fields=["status", "filed_as", "id"], name="client_filed_by_status"),
            models.Index(fields=["born_on"], name="client_born"),
        ]

    def __str__(self):
        return f"{self.name} ({self.number})"

    @property
    def name(self):
        return f"{self.last_name}, {self.first_name}" if self.first_name else self.last_name

    @property
    def is_active(self):
        return self.status == ClientStatus.ACTIVE

    def age(self, today):
        """Whole years on that day."""
        return today.year - self.born_on.year - ((today.month, today.day) < (self.born_on.month, self.born_on.day))


class Diagnosis(models.Model):
    """What a client is treated for. rank: the position that services point to (TR3 837P loop 2300 HI)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="diagnoses")
    rank = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=8)
    label = models.CharField(max_length=120)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["client", "rank"], name="one_diagnosis_a_rank"),
            models.UniqueConstraint(fields=["client", "code"], name="a_diagnosis_once"),
            models.CheckConstraint(condition=Q(rank__range=(1, 12)), name="up_to_twelve_diagnoses"),
        ]

    def __str__(self):
        return f"{self.code} {self.label}"


class Relation(models.TextChoices):
    """What the client is to the subscriber."""

    SELF = "self", "Self"
    SPOUSE = "spouse", "Spouse"
    CHILD = "child", "Child"
    OTHER = "other", "Other"


class CoverageQuerySet(models.QuerySet):
    def on(self, day):
        return self.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)


class Coverage(models.Model):
    """One client's place in one payer's plan. rank: 1 is billed first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="coverages")
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, related_name="coverages")
    rank = models.PositiveSmallIntegerField()
    member_id = models.CharField("Member ID", max_length=40, validators=[one_line])
    group_number = models.CharField(max_length=40, blank=True, validators=[one_line])
    relation = models.CharField(max_length=8, choices=Relation, default=Relation.SELF)
    subscriber_first_name = models.CharField(max_length=60, blank=True, validators=[one_line])
    subscriber_last_name = models.CharField(max_length=60, validators=[one_line])
    subscriber_born_on = models.DateField(null=True, blank=True)
    copay = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    objects = CoverageQuerySet.as_manager()

    class Meta:
        ordering = ["rank", "-starts_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "rank"], condition=Q(ends_on__isnull=True), name="one_open_coverage_a_rank"
            ),
            models.CheckConstraint(condition=Q(rank__range=(1, 3)), name="up_to_three_payers"),
            models.CheckConstraint(condition=~Q(member_id=""), name="coverage_has_a_member_id"),
            models.CheckConstraint(condition=Q(relation__in=Relation.values), name="relation_is_known"),
            models.CheckConstraint(
                condition=Q(copay__isnull=True) | Q(copay__gte=0), name="copay_is_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="coverage_ends_after_it_starts"
            ),
        ]

    def __str__(self):
        return f"{self.payer_id} {self.member_id}"

    @property
    def subscriber(self):
        return ", ".join(filter(None, [self.subscriber_last_name, self.subscriber_first_name]))
