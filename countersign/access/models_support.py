"""What somebody of Support asks for, what the instance answered, and the end of it."""

import uuid

from django.db import models
from django.utils import timezone

from countersign.audit.models import AppendOnly
from countersign.people.models import User
from countersign.people.permissions import Permission, known


class SupportRequest(AppendOnly):
    """One person of Support asks to come in once, for a reason and a time. It gives nothing by itself."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    mark = models.UUIDField(unique=True)  # how Support calls it
    asked_by = models.CharField(max_length=200)
    user_id = models.CharField(max_length=64, blank=True)
    iss = models.CharField(max_length=300)
    sub = models.CharField(max_length=100)  # who alone may come in
    minutes = models.PositiveIntegerField()
    permissions = models.JSONField()
    why = models.CharField(max_length=300)
    asked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-asked_at", "id"]

    def __str__(self):
        return f"{self.asked_by}, {in_words(self.minutes)}"

    @property
    def time(self):
        return in_words(self.minutes)

    @property
    def looks_at(self):
        return labels(self.permissions)


class SupportAnswer(AppendOnly):
    """What the instance answered. key, expires_at: of an approval; of a refusal there is neither."""

    request = models.OneToOneField(SupportRequest, on_delete=models.PROTECT, primary_key=True, related_name="answer")
    key = models.OneToOneField(User, null=True, on_delete=models.PROTECT, related_name="support_answer")
    permissions = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(default=timezone.now)
    answered_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200, blank=True)

    def __str__(self):
        return f"approved until {self.expires_at}" if self.expires_at else "refused"

    @property
    def looks_at(self):
        return labels(self.permissions)


class SupportEnding(AppendOnly):
    """What was approved is over: its time ran out, or somebody ended it before."""

    answer = models.OneToOneField(SupportAnswer, on_delete=models.PROTECT, primary_key=True, related_name="ending")
    ended_at = models.DateTimeField(default=timezone.now)
    ended_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    def __str__(self):
        return self.reason


def in_words(minutes):
    """ "15 minutes", "2 hours", "1 hour and 30 minutes"."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'' if hours == 1 else 's'}"] if hours else []
    parts += [f"{rest} minute{'' if rest == 1 else 's'}"] if rest or not hours else []
    return " and ".join(parts)


def labels(strings):
    held = known(strings)
    return ", ".join(permission.label for permission in Permission if permission in held)
