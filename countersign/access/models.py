"""Third-party access: what is remembered between the two parts of the sign-in, and the visits that come of it."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from countersign.people.models import Session, User


class PreSession(models.Model):
    """The first part was right, and nothing is signed in: ten minutes to bring the second, in the same browser."""

    digest = models.CharField(max_length=64, primary_key=True)  # of the cookie
    key = models.ForeignKey(User, on_delete=models.PROTECT, related_name="pre_sessions")
    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    issuer = models.CharField(max_length=300)
    sealed = models.BinaryField()  # state, nonce and PKCE verifier
    began_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"first part for {self.key_id}"


class VisitQuerySet(models.QuerySet):
    def live(self):
        """Neither ended nor out of time; a visit whose home or listing says no is found out at its next request."""
        return self.in_time().filter(session__ended_at=None)

    def in_time(self):
        """Without an ending and within both limits, whatever became of the session in this very transaction."""
        now = timezone.now()
        seen = now - timedelta(seconds=settings.IDLE_SECONDS)
        return self.filter(ending=None, session__expires_at__gt=now, session__seen_at__gt=seen)

    def past(self):
        return self.exclude(id__in=self.live().values("id"))


class Visit(models.Model):
    """One individual's stay in this practice under one Billing user. Names are as they were when it began."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="visit")
    key = models.ForeignKey(User, on_delete=models.PROTECT, related_name="visits")  # the Billing user
    billing_user = models.CharField(max_length=64)  # its User ID
    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    iss = models.CharField(max_length=300)
    sub = models.CharField(max_length=100)
    sid = models.CharField(max_length=100)
    person = models.CharField(max_length=200)
    email = models.CharField(max_length=254, blank=True)
    factors = models.CharField(max_length=100)
    began_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(default=timezone.now)  # when the home last said that the sign-in stands

    objects = VisitQuerySet.as_manager()

    class Meta:
        ordering = ["-began_at", "id"]
        indexes = [
            models.Index(fields=["iss", "sub"], name="visit_individual"),
            models.Index(fields=["-began_at", "id"], name="visit_newest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(iss="") & ~Q(sub="") & ~Q(person=""), name="visit_names_an_individual"
            ),
        ]

    def __str__(self):
        return f"{self.person}, for {self.company}"

    # What the bar above every page says.

    leave_url = "/leave/"

    @property
    def ends_at(self):
        return self.session.expires_at


class Ending(models.Model):
    """A visit is over when this row exists: who ended it, when and why."""

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, primary_key=True, related_name="ending")
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    def __str__(self):
        return f"{self.visit_id}: {self.reason}"
