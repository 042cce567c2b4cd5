"""What a company's people read and are asked, and what they answered. Rows are added; none is changed or deleted."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from countersign.people.models import User


class Course(models.Model):
    """A course of the company's own; what it says stands in its editions. The built-in ones are in courses.py."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self):
        return str(self.id)


class Edition(models.Model):
    """A course as it reads from a moment on: the one with the highest number counts."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="editions")
    number = models.PositiveIntegerField()
    title = models.CharField(max_length=80)
    text = models.TextField()  # Markdown
    questions = models.TextField()  # as checks.py reads them
    at_once = models.BooleanField(default=False)  # whether who passed an earlier edition must pass again now
    in_use = models.BooleanField(default=True)
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["course", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["course", "number"], name="edition_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="editions_count_from_one"),
        ]

    def __str__(self):
        return self.title


class Attempt(models.Model):
    """Somebody answered the check of a course. `answers`: [{question, chosen, right}], in the words they had then."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="attempts")
    course_id = models.UUIDField()  # of a built-in course, or of a Course
    title = models.CharField(max_length=80)
    edition = models.PositiveIntegerField()
    answers = models.JSONField()
    passed = models.BooleanField()
    taken_at = models.DateTimeField(default=timezone.now)
    taken_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-taken_at", "-id"]
        indexes = [models.Index(fields=["user", "course_id", "-taken_at"], name="attempt_newest")]

    def __str__(self):
        return self.title


class Rule(models.Model):
    """How the company trains its people; the newest row counts, and without one these defaults."""

    required = models.BooleanField(default=False)  # whether nobody enters a customer without
    months = models.PositiveIntegerField(default=12)  # until a course must be passed again
    built_in_at_once = models.BooleanField(default=False)  # whether a new edition of a built-in course counts at once
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(months__gte=1, months__lte=36), name="renewal_within_three_years"),
        ]

    def __str__(self):
        return "the rules of training"

    @classmethod
    def current(cls):
        return cls.objects.first() or cls()
