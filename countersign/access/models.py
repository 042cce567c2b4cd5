"""Third-party access: the first part of a sign-in, visits, and the terms on which a company may come at all."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from countersign.access.models_asking import AccessAnswer, AccessRequest, GrantEnding  # noqa: F401 - Django looks here
from countersign.access.models_support import SupportAnswer, SupportEnding, SupportRequest  # noqa: F401 - likewise
from countersign.access.models_waiting import WaitingRule  # noqa: F401 - likewise
from countersign.access.models_winding import Certificate, WindingDown, WindingDownEnding  # noqa: F401 - likewise
from countersign.audit.models import AppendOnly
from countersign.people.models import Session, User
from countersign.people.permissions import Permission, known


class PreSession(models.Model):
    """The first part was right, and nothing is signed in: ten minutes to bring the second, in the same browser."""

    digest = models.CharField(max_length=64, primary_key=True)  # of the cookie
    key = models.ForeignKey(User, on_delete=models.PROTECT, related_name="pre_sessions")
    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    issuer = models.CharField(max_length=300)
    sub = models.CharField(max_length=100, blank=True)  # who alone may bring the second, if a key ring gave the first
    password_id = models.CharField(max_length=12, blank=True)  # which password was given (people/passwords.py)
    sealed = models.BinaryField()  # state, nonce and PKCE verifier
    began_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"first part for {self.key_id}"


class Ticket(models.Model):
    """The first part was right, and came from a company's key ring for one of its people: 60 seconds to bring this to
    the practice. Kept as a digest. It opens nothing alone, and only this person can bring the second part."""

    digest = models.CharField(max_length=64, primary_key=True)
    key = models.ForeignKey(User, on_delete=models.PROTECT, related_name="tickets")
    company_id = models.UUIDField()
    iss = models.CharField(max_length=300)
    sub = models.CharField(max_length=100)
    person = models.CharField(max_length=200)
    password_id = models.CharField(max_length=12, blank=True)
    given_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"ticket for {self.person}"


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
    password_id = models.CharField(max_length=12, blank=True)  # which password of the Billing user it began with
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
        approved_until = getattr(getattr(self, "standing", None), "ends_at", None)
        return min(filter(None, [self.session.expires_at, approved_until]))


class Ending(models.Model):
    """A visit is over when this row exists: who ended it, when and why."""

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, primary_key=True, related_name="ending")
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    def __str__(self):
        return f"{self.visit_id}: {self.reason}"


class Requirement(AppendOnly):
    """Whether a Billing user needs an agreement in force. The newest row counts; without any, it does."""

    agreement = models.BooleanField()
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return "an agreement in force is needed" if self.agreement else "no agreement is needed"


class Agreement(AppendOnly):
    """A business associate agreement as it was signed (45 CFR 164.504(e)). What changes is a new row, and an ending is
    one of its own; all of it stays, as 164.316(b)(2)(i) asks for six years."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company_id = models.UUIDField()
    company = models.CharField(max_length=200)  # the parties, by the names under which they signed
    practice = models.CharField(max_length=200)
    signed_on = models.DateField()
    from_on = models.DateField()
    until_on = models.DateField()  # the last day on which it is in force
    file_name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64)  # SHA-256 of the PDF
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-until_on", "-recorded_at", "id"]
        indexes = [models.Index(fields=["company_id", "-until_on"], name="agreement_of_company")]
        constraints = [
            models.CheckConstraint(condition=Q(until_on__gte=models.F("from_on")), name="agreement_dates_in_order"),
        ]

    def __str__(self):
        return f"{self.company}, {self.from_on:%m/%d/%Y} to {self.until_on:%m/%d/%Y}"


class AgreementPaper(AppendOnly):
    """The signed PDF, apart from its agreement, so that a list of agreements does not read it."""

    agreement = models.OneToOneField(Agreement, on_delete=models.PROTECT, primary_key=True, related_name="paper")
    content = models.BinaryField()

    def __str__(self):
        return f"paper of {self.agreement_id}"


class AgreementEnding(AppendOnly):
    """The agreement is not in force any more, from this moment on."""

    agreement = models.OneToOneField(Agreement, on_delete=models.PROTECT, primary_key=True, related_name="ending")
    ended_at = models.DateTimeField(default=timezone.now)
    ended_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    def __str__(self):
        return f"{self.agreement_id}: {self.reason}"


class Suspension(models.Model):
    """A Billing user, or without one everything of the company, opens nothing until this is lifted."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    key = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="suspensions")
    suspended_at = models.DateTimeField(default=timezone.now)
    suspended_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=200, blank=True)
    lifted_because = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-suspended_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(lifted_at=None, key__isnull=False), name="one_suspension_a_key"
            ),
            models.UniqueConstraint(
                fields=["company_id"], condition=Q(lifted_at=None, key=None), name="one_suspension_a_company"
            ),
        ]

    def __str__(self):
        return f"{self.company}, {self.key.user_id}" if self.key_id else self.company


class Term(AppendOnly):
    """Until when a Billing user opens anything; the newest row counts. Without one: 365 days from its creation."""

    key = models.ForeignKey(User, on_delete=models.PROTECT, related_name="terms")
    last_on = models.DateField()  # the last day on which it does
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200)
    reason = models.CharField(max_length=200)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{self.key_id} until {self.last_on:%m/%d/%Y}"


class Reminder(AppendOnly):
    """The practice was reminded that an agreement or a Billing user ends in so many days. Once each."""

    about = models.CharField(max_length=12)  # "agreement", "end" or "review"
    subject_id = models.UUIDField()
    last_on = models.DateField()
    days = models.PositiveIntegerField()
    reminded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["about", "subject_id", "last_on", "days"], name="reminded_once")]

    def __str__(self):
        return f"{self.subject_id}: {self.days} days"


class Told(models.Model):
    """What the company was last told of a Billing user: told again when it is different."""

    key = models.OneToOneField(User, on_delete=models.PROTECT, primary_key=True, related_name="told")
    company_id = models.UUIDField()
    body = models.JSONField()
    told_at = models.DateTimeField(default=timezone.now)

    def __str__(self):
        return f"told of {self.key_id}"


class Outcome(models.TextChoices):
    KEPT = "kept", "Keep it as it is"
    REDUCED = "reduced", "Take permissions away"
    ENDED = "ended", "End it"


class AccessReview(AppendOnly):
    """Somebody looked at what a Billing user was used for, and decided: 45 CFR 164.308(a)(4)(ii)(C), every 90 days.

    evidence: what they were shown (evidence.Evidence.plain()); removed: permissions that were taken away.
    """

    key = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_reviews")
    outcome = models.CharField(max_length=10, choices=Outcome)
    removed = models.JSONField(default=list)
    evidence = models.JSONField()
    remark = models.CharField(max_length=300)
    signed_at = models.DateTimeField(default=timezone.now)
    signed_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-id"]

    def __str__(self):
        return f"{self.key_id}: {self.get_outcome_display()}"

    @property
    def removed_labels(self):
        return ", ".join(permission.label for permission in Permission if permission in known(self.removed))
