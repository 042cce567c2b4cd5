"""What a practice keeps of a company's month: the statement as it was made, and who reviewed it.

Nothing here is ever changed or deleted, in the model or in the database (45 CFR 164.316(b)(2)(i): six years; the
people and companies of a statement stay in it for good).
"""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from countersign.audit.models import AppendOnly


class Statement(AppendOnly):
    """One company's month. numbers: what figures.of() counted when the month was over; checkpoint: what it stands on,
    {size, root, at, key, note}."""

    company_id = models.UUIDField()
    company = models.CharField(max_length=120)
    month_on = models.DateField()  # its first day
    numbers = models.JSONField()
    first_seq = models.BigIntegerField()  # of the events counted; 0 when there was none
    last_seq = models.BigIntegerField()
    checkpoint = models.JSONField()
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-month_on", "company", "id"]
        constraints = [
            models.UniqueConstraint(fields=["company_id", "month_on"], name="one_statement_a_month"),
        ]

    def __str__(self):
        return f"{self.company}, {self.month_on:%m/%Y}"


class Finding(models.TextChoices):
    NOTHING = "nothing", "Nothing out of the ordinary"
    SOMETHING = "something", "Something out of the ordinary"
    REMARK = "remark", "Later remark"


class Review(AppendOnly):
    """Somebody of the practice looked at a statement and says what they found: 45 CFR 164.308(a)(1)(ii)(D).

    The first one is the sign-off; what is said later is a remark, in a row of its own.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="reviews")
    finding = models.CharField(max_length=10, choices=Finding)
    text = models.TextField(max_length=4000)
    signed_at = models.DateTimeField(default=timezone.now)
    signed_by = models.CharField(max_length=200)
    user_id = models.CharField(max_length=100)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["statement"], condition=~Q(finding=Finding.REMARK), name="one_sign_off_a_statement"
            ),
            models.CheckConstraint(condition=Q(finding__in=Finding.values), name="finding_is_known"),
            models.CheckConstraint(condition=~Q(text="") & ~Q(signed_by=""), name="review_says_what_and_who"),
        ]

    def __str__(self):
        return f"{self.get_finding_display()}, {self.signed_by}"

    @property
    def is_remark(self):
        return self.finding == Finding.REMARK
