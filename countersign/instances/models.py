"""The catalogue in the control database: which instances are hosted, and which of them are listed billing companies."""

import uuid

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

RESERVED_SLUGS = frozenset(
    "support www mail smtp api admin static health healthz readyz mailbox countersign localhost "
    "con prn aux nul status help docs billing login sign-in".split()
)


class InstanceState(models.TextChoices):
    ACTIVE = "active", "Active"
    SUSPENDED = "suspended", "Suspended"
    ARCHIVED = "archived", "Archived"


class InstanceKind(models.TextChoices):
    PRACTICE = "practice", "Practice"
    BILLING_COMPANY = "billing_company", "Billing company"
    SUPPORT = "support", "Support"


class Instance(models.Model):
    """One customer organisation's own system. Bound by its id: names and slugs can be given to somebody else."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=41, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9-]{1,40}\Z")])
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=20, choices=InstanceKind)
    time_zone = models.CharField(max_length=60, default="America/New_York")
    server = models.CharField(max_length=40, blank=True)
    generation = models.PositiveIntegerField(default=1)
    schema = models.CharField(max_length=16)
    state = models.CharField(max_length=12, choices=InstanceState, default=InstanceState.ACTIVE)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"], condition=Q(kind=InstanceKind.SUPPORT), name="one_support_instance"
            ),
        ]

    def __str__(self):
        return self.name


class InstanceChange(models.Model):
    """One step in the life of an instance: who, when, why."""

    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="changes")
    state = models.CharField(max_length=12, choices=InstanceState)
    changed_at = models.DateTimeField(auto_now_add=True)
    changed_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{self.instance} {self.state}"


class ListingState(models.TextChoices):
    APPLIED = "applied", "Applied"
    LISTED = "listed", "Listed"
    SUSPENDED = "suspended", "Suspended"
    DELISTED = "delisted", "Delisted"


class ListingQuerySet(models.QuerySet):
    def listed(self):
        return self.filter(state=ListingState.LISTED, instance__state=InstanceState.ACTIVE)


class Listing(models.Model):
    """What makes an instance a registered billing company. It grants no access by itself."""

    instance = models.OneToOneField(Instance, on_delete=models.PROTECT, primary_key=True, related_name="listing")
    state = models.CharField(max_length=12, choices=ListingState)

    objects = ListingQuerySet.as_manager()

    def __str__(self):
        return f"{self.instance}: {self.get_state_display()}"


class ListingChange(models.Model):
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="changes")
    state = models.CharField(max_length=12, choices=ListingState)
    changed_at = models.DateTimeField(auto_now_add=True)
    changed_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=500)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{self.listing_id} {self.state}"


class AdminSiteQuerySet(models.QuerySet):
    def live(self):
        return self.filter(ended_at=None)


class AdminSite(models.Model):
    """A listed billing company has a second host name, at which its people find all its customers.

    One row each time it is switched on, so that nothing of an earlier time counts again. A label is never a slug, and
    once it was one company's it is nobody else's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="admin_sites")
    label = models.CharField("host name", max_length=41, validators=[RegexValidator(r"^[a-z][a-z0-9-]{1,40}\Z")])
    began_at = models.DateTimeField()
    began_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)

    objects = AdminSiteQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at"]
        constraints = [
            models.UniqueConstraint(fields=["instance"], condition=Q(ended_at=None), name="one_admin_site_a_company"),
            models.UniqueConstraint(fields=["label"], condition=Q(ended_at=None), name="one_admin_site_a_label"),
        ]

    def __str__(self):
        return self.label


class LatestCheckpoint(models.Model):
    """How far the record of an instance had reached when Support last saw a signed checkpoint of it.

    Kept apart from the instance's own database: who changes that one does not change this.
    """

    instance = models.OneToOneField(Instance, on_delete=models.PROTECT, primary_key=True, related_name="checkpoint")
    size = models.BigIntegerField()
    seq = models.BigIntegerField()
    root = models.CharField(max_length=64)  # hex
    at = models.DateTimeField()
    note = models.TextField()
    key = models.CharField(max_length=200)  # the public key, to verify it with

    def __str__(self):
        return f"{self.instance_id} at {self.size}"


class RevocationKind(models.TextChoices):
    USER = "user", "User inactivated"
    PASSWORD = "password", "Password replaced"
    COMPANY = "company", "Billing user moved to another company"
    PARTY = "party", "Practice not served any more"
    KEY = "key", "Signing key retired"
    SUSPENDED = "suspended", "Third-party access suspended"
    AGREEMENT = "agreement", "Agreement ended"
    TERM = "term", "End of a Billing user set"
    RING_KEY = "ring key", "Key of the key ring ended"
    ASSIGNMENT = "assignment", "Assignment of a key ended"
    MEMBERSHIP = "membership", "Membership of a team ended"


class Revocation(models.Model):
    """Something that must not come back with a backup of the instance's own database, so it is kept apart from it.

    45 CFR 164.308(a)(3)(ii)(C): whose access was terminated stays out. Written by revocations.py while the instance's
    database is locked; no foreign key, so that it waits for nobody here.
    """

    instance_id = models.UUIDField()
    kind = models.CharField(max_length=10, choices=RevocationKind)
    subject = models.CharField(max_length=300)  # the user's id, the party's client_id or the key's kid
    mark = models.CharField(max_length=64, blank=True)  # what must stand there now: revocations.py
    revoked_at = models.DateTimeField()
    revoked_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["instance_id", "kind", "subject"], name="revocation_subject")]

    def __str__(self):
        return f"{self.kind} {self.subject}"


class Feed(models.Model):
    """An instance's record is sent to a syslog collector, from one moment to another. Off where there is no row.

    In the catalogue: a restored backup turns none on or off. How far it got stands beside the record itself
    (audit.FeedPosition). The files belong to the operator, who renews them; no key is ever kept here.
    """

    instance = models.ForeignKey(Instance, on_delete=models.PROTECT, related_name="feeds")
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    name = models.CharField(max_length=253)  # that the collector's certificate must carry
    ca = models.CharField(max_length=400)  # paths of PEM files
    certificate = models.CharField(max_length=400, blank=True)
    key = models.CharField(max_length=400, blank=True)
    began_at = models.DateTimeField()
    began_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)
    fault = models.CharField(max_length=500, blank=True)  # why nothing is sent just now
    fault_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["instance"], condition=Q(ended_at=None), name="one_feed_an_instance"),
        ]

    def __str__(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
