"""The key ring of a billing company: the Billing users its customers gave it, and who of its people may use them."""

import uuid
from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from countersign.identity.models import Dispatch
from countersign.people.models import User
from countersign.people.permissions import rule_in_words


class KeyState(models.TextChoices):
    """What the practice has said of it last (access/telling.py)."""

    LIVE = "live", "Live"
    SUSPENDED = "suspended", "Suspended"
    NO_AGREEMENT = "no agreement", "Agreement missing"
    INACTIVE = "inactive", "Inactive"
    ENDED = "ended", "Ended by the practice"


EXPIRING = timedelta(days=31)  # from here on it is shown that a key comes to its end


class KeyQuerySet(models.QuerySet):
    def live(self):
        """In the ring: not ended by this company. Whether the practice lets it in is `state`."""
        return self.filter(ended_at=None)


class Key(models.Model):
    """One Billing user of one customer. Its password is sealed (vault.py) and shown to nobody."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.CharField(max_length=300)  # of the practice
    practice = models.CharField(max_length=120)
    user_id = models.CharField("User ID", max_length=64)
    kid = models.CharField(max_length=16, blank=True)  # of the master key; "" once the key has ended
    sealed = models.BinaryField()
    put_at = models.DateTimeField(default=timezone.now)  # when this password came
    put_by = models.CharField(max_length=200)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.CharField(max_length=200)
    state = models.CharField(max_length=20, choices=KeyState, default=KeyState.LIVE)
    state_because = models.CharField(max_length=200, blank=True)
    ends_on = models.DateField(null=True, blank=True)  # at the practice
    waiting = models.PositiveIntegerField(null=True, blank=True)  # services, where the practice tells
    waiting_since = models.DateField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)  # when the practice said so
    trouble = models.CharField(max_length=200, blank=True)  # why the practice last refused it
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        ordering = ["practice", "user_id", "-added_at"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "user_id"], condition=Q(ended_at=None), name="one_live_key"),
            # 45 CFR 164.308(a)(3)(ii)(C): what was given back is not kept.
            models.CheckConstraint(condition=Q(ended_at=None) | Q(kid=""), name="nothing_is_kept_of_an_ended_key"),
        ]

    def __str__(self):
        return f"{self.user_id} of {self.practice}"

    @property
    def is_usable(self):
        """Whether it is offered; what counts is what the practice says when somebody enters."""
        return self.ended_at is None and self.state == KeyState.LIVE

    @property
    def is_expiring(self):
        return bool(self.is_usable and self.ends_on and self.ends_on - timezone.localdate() <= EXPIRING)


class DeliveryQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(ended_at=None)


class Delivery(models.Model):
    """A password that a practice has sealed for this ring: it waits until somebody takes it in, and is then destroyed
    here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    issuer = models.CharField(max_length=300)
    practice = models.CharField(max_length=120)
    user_id = models.CharField("User ID", max_length=64)
    kid = models.CharField(max_length=16, blank=True)
    sealed = models.BinaryField()
    came_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)
    outcome = models.CharField(max_length=40, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-came_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "user_id"], condition=Q(ended_at=None), name="one_delivery_waits"
            ),
            models.CheckConstraint(condition=Q(ended_at=None) | Q(kid=""), name="nothing_is_kept_of_a_delivery"),
        ]

    def __str__(self):
        return f"{self.user_id} of {self.practice}"


class Rules(models.Model):
    """What the company says of its ring as a whole: one row, or none while nobody has said anything."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    launch_pad_only = models.BooleanField(default=False)  # nobody enters by typing the password of a key of the ring
    changed_at = models.DateTimeField(default=timezone.now)
    changed_by = models.CharField(max_length=200)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_row_of_rules")]

    def __str__(self):
        return "the rules of the key ring"


class Team(models.Model):
    """A named set of people."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class StandingQuerySet(models.QuerySet):
    def standing(self):
        """Nobody has ended it."""
        return self.filter(ended_at=None)


class Membership(models.Model):
    """One person of a team, until they are taken out of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    began_at = models.DateTimeField(default=timezone.now)
    began_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ["user__name", "began_at"]
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], condition=Q(ended_at=None), name="once_in_a_team"),
        ]

    def __str__(self):
        return f"{self.user} in {self.team}"


class Assignment(models.Model):
    """A person, or everybody of a team, may use a key of the ring: from the first of two days to the last, in the zone
    of the company; without a last day until somebody ends it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="assignments")
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments")
    team = models.ForeignKey(Team, null=True, blank=True, on_delete=models.PROTECT, related_name="assignments")
    begins_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        ordering = ["begins_on", "made_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, team__isnull=False) | Q(user__isnull=False, team=None),
                name="assigned_to_a_person_or_a_team",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("begins_on")), name="assignment_ends_after_it_begins"
            ),
        ]

    def __str__(self):
        return f"{self.key} to {self.user or self.team}"


class MoreAsked(models.Model):
    """What this company asked a practice to allow for some hours, and what the practice said last. See `Dispatch` for
    whether it was taken at all."""

    mark = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # by which the answer names it
    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="more_asked")
    dispatch = models.OneToOneField(Dispatch, on_delete=models.PROTECT)
    permission = models.CharField(max_length=60)
    why = models.CharField(max_length=300)
    hours = models.PositiveIntegerField()
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=200)
    answered_at = models.DateTimeField(null=True, blank=True)  # as the practice says
    granted = models.BooleanField(null=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at", "-id"]

    def __str__(self):
        return f"{rule_in_words(self.permission)} for {self.key}"

    @property
    def label(self):
        return rule_in_words(self.permission)

    @property
    def is_live(self):
        return bool(self.granted and self.expires_at and self.expires_at > timezone.now())
