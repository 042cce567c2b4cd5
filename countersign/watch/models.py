"""Alerts to the practice, what they are raised by, and how far the record has been looked at."""

import uuid
from datetime import time

from django.db import models

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class AlertKind(models.TextChoices):
    NEW_PERSON = "new person", "First visit of a new person"
    NEW_KEY = "new key", "First visit through another Billing user"
    NEW_NETWORK = "new network", "Sign-in from a new network"
    RATE = "rate", "Many clients opened within an hour"
    EXPORT = "export", "Export"
    REFUSALS = "refusals", "Refused several times in a row"
    HOURS = "hours", "Outside agreed hours"
    FORGED = "forged", "Forged or repeated sign-in"
    CONTRADICTED = "contradicted", "The record does not agree"
    TERMS = "terms", "Agreement, end, review or request"


class Alert(models.Model):
    """Something the practice should know, in a sentence as it was said then; never with the name of a client.

    Raised once for an event and a kind. What happens to it later is that somebody has seen it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=AlertKind)
    at = models.DateTimeField()  # when the event happened, not when it was noticed
    seq = models.BigIntegerField()  # of the event that raised it
    subject = models.CharField(max_length=450)  # what it is not repeated about for a while
    person = models.CharField(max_length=200)
    iss = models.CharField(max_length=300, blank=True)
    sub = models.CharField(max_length=100, blank=True)
    company = models.CharField(max_length=120, blank=True)
    billing_user = models.CharField(max_length=100, blank=True)
    visit = models.CharField(max_length=36, blank=True)
    address = models.CharField(max_length=45, blank=True)
    sentence = models.CharField(max_length=900)
    seen_at = models.DateTimeField(null=True, blank=True)
    seen_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "seq"], name="alert_once"),
            models.CheckConstraint(condition=~models.Q(person=""), name="alert_names_a_person"),
        ]
        indexes = [
            models.Index(fields=["-at", "id"], name="alert_newest"),
            models.Index(fields=["-at", "id"], name="alert_unseen", condition=models.Q(seen_at=None)),
        ]

    def __str__(self):
        return self.sentence

    @property
    def grave(self):
        """Whether it is hardly ever somebody's ordinary work."""
        return self.kind in (AlertKind.RATE, AlertKind.REFUSALS, AlertKind.FORGED, AlertKind.CONTRADICTED)


class Position(models.Model):
    """The one row that says up to which event the record has been looked at, and how much was mailed in this hour."""

    seq = models.BigIntegerField(default=0)
    hour = models.DateTimeField(null=True, blank=True)  # the hour in which the mails were sent
    mails = models.PositiveIntegerField(default=0)

    def __str__(self):
        return f"looked up to {self.seq}"


class Known(models.Model):
    """A Billing user or a network through which somebody, as (iss, sub), has come before."""

    KEY, NETWORK = "key", "network"

    iss = models.CharField(max_length=300)
    sub = models.CharField(max_length=100)
    what = models.CharField(max_length=10, choices=[(KEY, KEY), (NETWORK, NETWORK)])
    value = models.CharField(max_length=100)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sub", "iss", "what", "value"], name="known_once")]

    def __str__(self):
        return f"{self.sub}: {self.value}"


def all_days():
    return list(range(7))


class Rules(models.Model):
    """The one row that says what raises an alert here and who is mailed; without it, these defaults."""

    clients_an_hour = models.PositiveIntegerField(default=60)
    refusals_in_a_row = models.PositiveIntegerField(default=5)
    agreed = models.BooleanField(default=False)  # whether hours are agreed on; if not, any time is fine
    days = models.JSONField(default=all_days)  # 0 for Monday
    begins = models.TimeField(default=time(8))  # in the instance's zone
    ends = models.TimeField(default=time(18))  # earlier than `begins`: on the next day
    ours = models.BooleanField(default=False)  # whether our own people are watched for clients, exports, networks
    mail_to = models.JSONField(null=True, blank=True)  # ids of users; null for everybody who may manage access

    def __str__(self):
        return "what raises an alert"

    @classmethod
    def current(cls):
        return cls.objects.first() or cls()

    def agreed_at(self, moment):
        """Whether somebody may be in at a moment, given in the instance's zone."""
        clock, day = moment.time(), moment.weekday()
        if self.begins < self.ends:
            return day in self.days and self.begins <= clock < self.ends
        return (clock >= self.begins and day in self.days) or (clock < self.ends and (day - 1) % 7 in self.days)
