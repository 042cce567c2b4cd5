"""The record: one row for each thing that happened, in the instance it happened to."""

from django.db import models
from django.utils import timezone


class RecordIsAppendOnly(Exception):
    """An event was about to be changed or deleted."""


class EventQuerySet(models.QuerySet):
    def update(self, **kwargs):
        raise RecordIsAppendOnly

    def delete(self):
        raise RecordIsAppendOnly

    def bulk_update(self, *args, **kwargs):
        raise RecordIsAppendOnly


class Event(models.Model):
    """Plain strings as they were then; no foreign keys, so nothing done later changes what an event says.

    45 CFR 164.312(b): record and examine activity. Update and delete are also refused by triggers in the database.
    """

    seq = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(default=timezone.now)
    source = models.CharField(max_length=12)
    person = models.CharField(max_length=200)
    iss = models.CharField(max_length=300, blank=True)
    sub = models.CharField(max_length=100, blank=True)
    user_id = models.CharField(max_length=100, blank=True)
    company = models.CharField(max_length=120, blank=True)
    billing_user = models.CharField(max_length=100, blank=True)
    visit = models.CharField(max_length=36, blank=True)
    factors = models.CharField(max_length=100, blank=True)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=300, blank=True)
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=40, blank=True)
    object_id = models.CharField(max_length=100, blank=True)
    object = models.CharField(max_length=300, blank=True)
    client_id = models.CharField(max_length=36, blank=True)
    client = models.CharField(max_length=200, blank=True)
    changes = models.JSONField(default=dict, blank=True)
    result = models.CharField(max_length=20)
    rule = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(person=""), name="event_names_a_person")]
        # The reports read newest first and by one of these; reports/search.py says how fast.
        indexes = [
            models.Index(fields=["at"], name="event_at"),
            models.Index(fields=["source", "at"], name="event_source"),
            models.Index(fields=["person", "at"], name="event_person"),
            models.Index(fields=["user_id", "at"], name="event_user_id", condition=~models.Q(user_id="")),
            models.Index(fields=["action", "at"], name="event_action"),
            models.Index(fields=["result", "at"], name="event_result", condition=~models.Q(result="ok")),
            models.Index(fields=["client_id", "at"], name="event_client_id", condition=~models.Q(client_id="")),
            models.Index(fields=["client", "at"], name="event_client", condition=~models.Q(client="")),
            models.Index(fields=["visit", "seq"], name="event_visit", condition=~models.Q(visit="")),
            models.Index(fields=["sub", "seq"], name="event_sub"),
            # what the sign-in page asks before every attempt (people/signin.py)
            models.Index(
                fields=["address", "at"], name="event_refused_sign_in",
                condition=models.Q(action__in=["sign-in.refused", "sign-in.first-part.refused"]),
            ),
        ]

    def __str__(self):
        return f"{self.seq} {self.action}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise RecordIsAppendOnly
        super().save(*args, force_insert=True, **{k: v for k, v in kwargs.items() if k == "using"})

    def delete(self, *args, **kwargs):
        raise RecordIsAppendOnly
