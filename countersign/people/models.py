"""Users and what they may do. All of it lives in the instance's own database."""

import uuid
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils import timezone

from countersign.people import names
from countersign.people.models_sessions import Activation, Crossing, Session  # noqa: F401 - Django looks here
from countersign.people.permissions import BILLING_CEILING, Permission, known, offered


class UserType(models.TextChoices):
    ADMINISTRATOR = "administrator", "System Administrator"
    REGULAR = "regular", "Regular"
    RESTRICTED = "restricted", "Restricted"
    BILLING = "billing", "Billing"


# What a user of each type can hold at most, whatever was stored.
CEILING = {
    UserType.ADMINISTRATOR: frozenset(Permission),
    UserType.REGULAR: frozenset(Permission),
    UserType.RESTRICTED: frozenset(),
    UserType.BILLING: BILLING_CEILING,
}
NO_PASSWORD = "!"  # noqa: S105 - what no password can match: nobody signs in until an activation is used
LONGEST_OVERLAP = timedelta(hours=24)
CHARGED = (UserType.ADMINISTRATOR, UserType.REGULAR)
# How the User ID begins of what stands behind a visit of Support (access/support.py). No other one can: names.USER_ID.
FOR_SUPPORT = "support:"


class PermissionGroup(models.Model):
    """A named set of permissions; what it holds counts for its members from their next request."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    description = models.CharField(max_length=200, blank=True)
    permissions = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class AccessTagQuerySet(models.QuerySet):
    def live(self):
        return self.filter(retired_at=None)

    def offered_to(self, holder):
        """What may be ticked for a user or a client: the live ones, and those it has already."""
        had = [] if holder is None or holder._state.adding else holder.tags.values("id")
        return self.filter(models.Q(retired_at=None) | models.Q(id__in=had))


class AccessTag(models.Model):
    """A lock on clients, and the key to it on Billing users (docs/decisions/which-clients.md).

    A retired one is given to nobody any more; what it locks stays locked, and who holds it keeps the key.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=40, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.CharField(max_length=200, blank=True)

    objects = AccessTagQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="access_tag_has_a_name")]

    def __str__(self):
        return self.name

    @property
    def is_live(self):
        return self.retired_at is None


class UserQuerySet(models.QuerySet):
    def active(self):
        return self.filter(inactivated_at=None)

    def persons(self):
        return self.exclude(type=UserType.BILLING)

    def kept(self):
        """Those that the instance keeps: without what an approval of Support's access made, which nobody changes."""
        return self.exclude(user_id__startswith=FOR_SUPPORT)


class User(models.Model):
    """A person's account, or, for the type Billing, a key that names a billing company and opens nothing alone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user_id = models.CharField("User ID", max_length=64, unique=True)
    look = models.CharField(max_length=64, unique=True, editable=False)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    type = models.CharField("User Type", max_length=16, choices=UserType)
    password = models.CharField(max_length=200)
    # Of a Billing user: the one before, and until when it opens the door as well (rotation.py).
    old_password = models.CharField(max_length=200, blank=True)
    old_password_expires_at = models.DateTimeField(null=True, blank=True)
    groups = models.ManyToManyField(PermissionGroup, blank=True, related_name="members")
    permissions = models.JSONField(default=list, blank=True)
    billing_company = models.UUIDField(null=True, blank=True)  # the instance id of a Billing user's company
    tags = models.ManyToManyField(AccessTag, blank=True, related_name="keys")  # of a Billing user
    sees_part_2 = models.BooleanField("May see records under 42 CFR Part 2", default=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)
    inactivated_at = models.DateTimeField(null=True, blank=True)
    inactivated_by = models.CharField(max_length=200, blank=True)
    password_forced_at = models.DateTimeField(null=True, blank=True)
    password_forced_by = models.CharField(max_length=200, blank=True)
    signed_in_at = models.DateTimeField(null=True, blank=True)

    given = ""  # not stored: which of its passwords somebody has just given at a sign-in

    objects = UserQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(old_password="", old_password_expires_at=None)
                | (Q(type=UserType.BILLING, old_password_expires_at__isnull=False) & ~Q(old_password="")),
                name="old_password_of_a_billing_user_ends",
            ),
            models.CheckConstraint(
                condition=Q(type=UserType.BILLING, billing_company__isnull=False)
                | (~Q(type=UserType.BILLING) & Q(billing_company__isnull=True)),
                name="billing_company_for_billing_users_only",
                violation_error_message="A Billing user is bound to a billing company, and nobody else is.",
            ),
            models.CheckConstraint(
                condition=Q(type=UserType.BILLING) | Q(sees_part_2=False),
                name="part_2_switch_for_billing_users_only",
                violation_error_message="Only a Billing user has the switch for 42 CFR Part 2.",
            ),
        ]

    def __str__(self):
        return f"{self.name} ({self.user_id})"

    def save(self, *args, **kwargs):
        self.refuse_what_is_out_of_reach()
        self.look = names.look(self.user_id)
        super().save(*args, **kwargs)

    def refuse_what_is_out_of_reach(self):
        """Raises ValidationError when the user's own permissions lie above the ceiling of its type."""
        above = known(self.permissions) - CEILING[UserType(self.type)]
        if above:
            labels = ", ".join(sorted(permission.label for permission in above))
            raise ValidationError(f"A {self.get_type_display()} user can never be given: {labels}.")

    @property
    def is_active(self):
        return self.inactivated_at is None

    @property
    def is_billing(self):
        return self.type == UserType.BILLING

    @property
    def two_passwords(self):
        """Whether the old password opens the door too. If it ends later than in a day, the clock was set back."""
        ends_at = self.old_password_expires_at
        return ends_at is not None and timedelta(0) < ends_at - timezone.now() <= LONGEST_OVERLAP

    @property
    def passwords(self):
        """The stored passwords that count at this moment."""
        return [self.password, self.old_password] if self.two_passwords else [self.password]

    @property
    def is_for_support(self):
        return self.user_id.startswith(FOR_SUPPORT)

    @property
    def is_charged(self):
        return self.type in CHARGED

    def held(self, group_permissions, *, kind):
        """What the user may do, given the permission lists of their groups and the instance's kind."""
        return effective(type=self.type, own=self.permissions, groups=group_permissions, kind=kind)

    def holds(self, *, kind):
        """The same, read from the database."""
        return self.held(list(self.groups.values_list("permissions", flat=True)), kind=kind)


class ActiveTime(models.Model):
    """One stretch of time in which a user was active and of one type; without an end, it lasts.

    Kept by active_times.py with every change of either. Who is charged for is read from here: what a user is today
    says nothing of last month.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="active_times")
    type = models.CharField(max_length=16, choices=UserType)
    began_at = models.DateTimeField()
    began_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["began_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(ended_at=None), name="one_active_time_lasts"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=models.F("began_at")),
                name="active_time_ends_after_it_began",
            ),
        ]

    def __str__(self):
        return f"{self.get_type_display()} from {self.began_at:%m/%d/%Y}"


def effective(*, type, own, groups, kind):
    """The union of a user's own permissions and those of the groups (lists of strings), under the ceiling."""
    ceiling = CEILING[UserType(type)] & offered(kind)
    if type == UserType.ADMINISTRATOR:
        return ceiling
    return known([*own, *(string for group in groups for string in group)]) & ceiling
