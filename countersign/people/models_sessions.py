"""Who is signed in: sessions, their way to the admin site, and the one-time way to a first password."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SessionQuerySet(models.QuerySet):
    def open(self):
        return self.filter(ended_at=None)


class Session(models.Model):
    """One signed-in browser. The cookie's value is kept as a keyed digest only.

    individual: for a visit, who sits behind the Billing user: {person, iss, sub, email, factors, company, visit}.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey("people.User", on_delete=models.PROTECT, related_name="sessions")
    individual = models.JSONField(null=True, blank=True)
    factors = models.CharField(max_length=100, default="pwd")
    signed_in_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)

    objects = SessionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["user"], name="session_open", condition=Q(ended_at=None)),
            models.Index(fields=["signed_in_at"], name="session_signed_in"),  # who signed in during a month (metering)
        ]

    def __str__(self):
        return f"session of {self.user_id}"


class Crossing(models.Model):
    """The way of one session to the company's admin site: first a ticket, good once, and then the cookie there.

    Both are kept as keyed digests only. What is signed in is the session: this ends with it, and with the site.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="crossings")
    site = models.UUIDField()  # instances.AdminSite, in the catalogue
    ticket = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=43)  # of the browser that asked at the admin site
    cookie = models.CharField(max_length=64, unique=True, null=True)
    given_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"crossing of {self.session_id}"


class Activation(models.Model):
    """A one-time way to choose a password: a link that names it (no secret) and a code (kept as a digest)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey("people.User", on_delete=models.CASCADE, related_name="activations")
    digest = models.CharField(max_length=64)
    sent_at = models.DateTimeField(default=timezone.now)
    sent_by = models.CharField(max_length=200)
    expires_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"activation of {self.user_id}"
