"""What people of Support asked of instances, and what they were answered. Kept in Support's own database."""

import uuid

from django.db import models
from django.utils import timezone

from countersign.access.models_support import in_words, labels
from countersign.people.models import User


class AccessAsked(models.Model):
    """One person asks to come in at one instance, for a reason and a time. What counts is what the instance says."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    instance_id = models.UUIDField()
    instance = models.CharField(max_length=120)
    issuer = models.CharField(max_length=300)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_asked")  # who alone may enter
    minutes = models.PositiveIntegerField()
    permissions = models.JSONField()
    why = models.CharField(max_length=300)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.CharField(max_length=200)
    # What the instance said, as it said it.
    state = models.CharField(max_length=12, blank=True)  # "approved", "refused" or "ended"
    key = models.CharField(max_length=64, blank=True)
    approved = models.JSONField(default=list)
    expires_at = models.DateTimeField(null=True)
    because = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-asked_at", "id"]
        indexes = [models.Index(fields=["instance_id", "-asked_at"], name="access_asked_of_instance")]

    def __str__(self):
        return f"{self.instance}, {in_words(self.minutes)}"

    @property
    def time(self):
        return in_words(self.minutes)

    @property
    def looks_at(self):
        return labels(self.approved if self.key else self.permissions)

    @property
    def is_live(self):
        return self.state == "approved" and self.expires_at > timezone.now()

    @property
    def in_words(self):
        if self.state == "approved" and not self.is_live:
            return "Over"
        return self.state.capitalize() or "Waiting"
