"""Disclosures of a client's health information that the client may ask an account of (45 CFR 164.528).

Nothing here is changed or deleted, in the model or in the database: a correction is a row of its own that takes the
place of the one before, and what was given to a client is kept as it was given (164.528(d)).
"""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from countersign.audit.models import AppendOnly, AppendOnlyQuerySet
from countersign.clients.models import Client
from countersign.clients.names import one_line


class Purpose(models.TextChoices):
    """Kinds of disclosure that are accounted for, with the paragraph that permits them."""

    REQUIRED_BY_LAW = "required_by_law", "Required by law (164.512(a))"
    PUBLIC_HEALTH = "public_health", "Public health, also reports of child abuse (164.512(b))"
    ABUSE = "abuse", "Abuse, neglect or domestic violence (164.512(c))"
    OVERSIGHT = "oversight", "Health oversight agency (164.512(d))"
    JUDICIAL = "judicial", "Court or administrative proceeding (164.512(e))"
    LAW_ENFORCEMENT = "law_enforcement", "Law enforcement (164.512(f))"
    CORONER = "coroner", "Coroner, medical examiner, funeral director (164.512(g))"
    DONATION = "donation", "Organ, eye or tissue donation (164.512(h))"
    RESEARCH = "research", "Research without authorization (164.512(i))"
    THREAT = "threat", "To avert a serious threat (164.512(j))"
    GOVERNMENT = "government", "Specialized government function (164.512(k))"
    COMPENSATION = "compensation", "Workers' compensation (164.512(l))"
    MISTAKE = "mistake", "Not permitted: sent by mistake or in breach"
    OTHER = "other", "Other"


# An agency or official of these may ask that the client not be told for a while (164.528(a)(2)).
MAY_SUSPEND = (Purpose.OVERSIGHT, Purpose.LAW_ENFORCEMENT)


class DisclosureQuerySet(AppendOnlyQuerySet):
    def current(self):
        """Those that no later row took the place of."""
        return self.filter(correction=None)


class Disclosure(AppendOnly):
    """One disclosure, or several of the same kind to the same recipient (164.528(b)(3)).

    supersedes: the row that this one corrects. in_error: it should never have been recorded; it stays, and is left out.
    suspended_until: the last day on which the client is not to be told of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="disclosures")
    disclosed_on = models.DateField("Date of the disclosure")
    last_on = models.DateField("Date of the last one (optional)", null=True, blank=True)
    frequency = models.CharField("How often (optional)", max_length=80, blank=True, validators=[one_line])
    recipient = models.CharField("To whom", max_length=200, validators=[one_line])
    address = models.CharField("Their address (if known)", max_length=300, blank=True, validators=[one_line])
    what = models.TextField("What was disclosed", max_length=2000)
    purpose = models.CharField("Why", max_length=20, choices=Purpose)
    basis = models.TextField("Purpose or basis in your words", max_length=1000)
    disclosed_by = models.CharField("Who disclosed it", max_length=200, validators=[one_line])
    suspended_until = models.DateField("Do not tell the client until (optional)", null=True, blank=True)
    suspended_for = models.CharField("Agency or official who asked", max_length=200, blank=True, validators=[one_line])
    suspended_orally = models.BooleanField("They asked by word of mouth only", default=False)
    supersedes = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="correction"
    )
    in_error = models.BooleanField(default=False)
    correction_reason = models.CharField(max_length=500, blank=True)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=300)

    objects = DisclosureQuerySet.as_manager()

    class Meta:
        ordering = ["-disclosed_on", "-recorded_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__isnull=True) | Q(last_on__gte=F("disclosed_on")), name="last_disclosure_not_before"
            ),
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="purpose_is_known"),
            models.CheckConstraint(
                condition=~Q(recipient="") & ~Q(what="") & ~Q(basis="") & ~Q(disclosed_by=""),
                name="disclosure_says_to_whom_what_and_why",
            ),
            models.CheckConstraint(
                condition=Q(suspended_until__isnull=True) | ~Q(suspended_for=""), name="suspension_says_who_asked"
            ),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=True) | ~Q(correction_reason=""), name="correction_says_why"
            ),
        ]
        indexes = [models.Index(fields=["client", "-disclosed_on"], name="disclosure_of_client")]

    def __str__(self):
        return f"disclosure of {self.disclosed_on:%m/%d/%Y}"

    @property
    def until_on(self):
        return self.last_on or self.disclosed_on

    def is_suspended(self, today):
        return self.suspended_until is not None and self.suspended_until >= today


class Accounting(AppendOnly):
    """A client asked for an accounting. since_on, until_on: the time it covers, six years at most."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="accountings")
    asked_on = models.DateField("Date they asked")
    asked_by = models.CharField("Who asked", max_length=200, validators=[one_line])
    since_on = models.DateField("From")
    until_on = models.DateField("To")
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=300)

    class Meta:
        ordering = ["-asked_on", "-recorded_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(since_on__lte=F("until_on")) & Q(until_on__lte=F("asked_on")), name="accounting_of_the_past"
            ),
        ]

    def __str__(self):
        return f"accounting asked for on {self.asked_on:%m/%d/%Y}"


class Extension(AppendOnly):
    """The client was told in writing that it takes up to 30 days more, and why; once (164.528(c)(1)(ii))."""

    accounting = models.OneToOneField(Accounting, on_delete=models.PROTECT, primary_key=True, related_name="extension")
    reason = models.CharField(max_length=500)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=300)

    def __str__(self):
        return f"extension of {self.accounting_id}"


class Delivery(AppendOnly):
    """The accounting was given. lines: the disclosures in it, as they stood (164.528(d)(1))."""

    accounting = models.OneToOneField(Accounting, on_delete=models.PROTECT, primary_key=True, related_name="delivery")
    given_on = models.DateField("Date it was given")
    way = models.CharField("How it was given", max_length=200, validators=[one_line])
    lines = models.JSONField()
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.CharField(max_length=300)

    def __str__(self):
        return f"delivery of {self.accounting_id}"
