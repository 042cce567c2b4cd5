"""What a company asks for beyond its Billing user's permissions, and what the practice answered."""

import uuid

from django.db import models
from django.utils import timezone

from countersign.audit.models import AppendOnly
from countersign.people.models import User
from countersign.people.permissions import Permission


class AccessRequest(AppendOnly):
    """Somebody of a company asks that their Billing user may do more, for some hours. It gives nothing by itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mark = models.UUIDField()  # how the company calls it
    key = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_requests")
    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    permission = models.CharField(max_length=40)
    hours = models.PositiveIntegerField()
    why = models.CharField(max_length=300)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=200)
    sub = models.CharField(max_length=100)

    class Meta:
        ordering = ["-asked_at", "id"]
        constraints = [models.UniqueConstraint(fields=["company_id", "mark"], name="asked_once")]

    def __str__(self):
        return f"{self.short}, {self.hours} hour{'' if self.hours == 1 else 's'}"

    @property
    def short(self):
        """Without for how long: what is granted may be less."""
        return f"{self.words.label} for {self.key.user_id}"

    @property
    def words(self):
        return Permission(self.permission).words


class AccessAnswer(AppendOnly):
    """What the practice answered. expires_at: when what was granted ends by itself; None for a refusal."""

    request = models.OneToOneField(AccessRequest, on_delete=models.PROTECT, primary_key=True, related_name="answer")
    key = models.ForeignKey(User, on_delete=models.PROTECT, related_name="grants")
    permission = models.CharField(max_length=40)
    expires_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(default=timezone.now)
    answered_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-answered_at"]
        indexes = [models.Index(fields=["key", "-expires_at"], name="grants_of_key")]

    def __str__(self):
        return f"{self.permission} until {self.expires_at}" if self.expires_at else f"{self.permission} refused"


class GrantEnding(AppendOnly):
    """What was granted was taken back before its time."""

    answer = models.OneToOneField(AccessAnswer, on_delete=models.PROTECT, primary_key=True, related_name="ending")
    ended_at = models.DateTimeField(default=timezone.now)
    ended_by = models.CharField(max_length=200)

    def __str__(self):
        return f"{self.answer_id} taken back"
