"""Notes of sessions, and psychotherapy notes apart from them. A signed note never changes."""

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from countersign.clients.models import Client, Clinician
from countersign.clients.names import one_line
from countersign.clients.reach import of_visible


class NoteIsSigned(Exception):
    """A signed note was about to be changed or deleted."""


class ProgressNoteQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Of the clients whom the user sees; for a Billing user none of a service that is kept from it."""
        if not user.is_billing:
            return self
        services = self.model._meta.get_field("service").related_model.objects.visible_to(user)
        return of_visible(self, user).filter(Q(service=None) | Q(service__in=services))

    def signed(self):
        return self.exclude(signed_at=None)

    def update(self, **kwargs):
        """Notes change one by one, through save(), which looks at the signature."""
        raise NoteIsSigned

    def delete(self):
        raise NoteIsSigned

    def bulk_update(self, *args, **kwargs):
        raise NoteIsSigned


class ProgressNote(models.Model):
    """What a clinician writes of a session; a draft until it is signed.

    service: what it documents, if it documents one. A name, not an import: this room does not look into the ledger.
    Changing or deleting a signed note is also refused by triggers in the database.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="progress_notes")
    service = models.OneToOneField(
        "ledger.Service", on_delete=models.PROTECT, null=True, blank=True, related_name="progress_note"
    )
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="progress_notes")
    title = models.CharField(max_length=120, validators=[one_line])
    body = models.TextField(max_length=50_000)
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.CharField(max_length=200)
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.ForeignKey(
        Clinician, on_delete=models.PROTECT, null=True, blank=True, related_name="signed_notes"
    )
    version = models.PositiveIntegerField(default=1)

    objects = ProgressNoteQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at__isnull=True, signed_by__isnull=True)
                | Q(signed_at__isnull=False, signed_by__isnull=False),
                name="a_signature_says_who_and_when",
            ),
            models.CheckConstraint(condition=~Q(body=""), name="note_says_something"),
        ]
        indexes = [models.Index(fields=["client", "-written_at", "-id"], name="note_of_client")]

    def __str__(self):
        """Never anything of the note: this is what the record and error pages show."""
        return f"note of {timezone.localtime(self.written_at):%m/%d/%Y}"

    @property
    def is_signed(self):
        return self.signed_at is not None

    def save(self, *args, **kwargs):
        self.refuse_when_signed()
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        self.refuse_when_signed()
        return super().delete(*args, **kwargs)

    def refuse_when_signed(self):
        """Raises NoteIsSigned when the note on record bears a signature, whatever this copy of it says."""
        if not self._state.adding and ProgressNote.objects.signed().filter(id=self.id).exists():
            raise NoteIsSigned


class PsychotherapyNote(models.Model):
    """What a clinician keeps for themselves of a session's conversation, apart from the rest (45 CFR 164.501).

    A table of its own: no query for progress notes can ever bring one along.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="psychotherapy_notes")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="psychotherapy_notes")
    title = models.CharField(max_length=120, validators=[one_line])
    body = models.TextField(max_length=50_000)
    written_at = models.DateTimeField(default=timezone.now)
    written_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-written_at", "-id"]
        constraints = [models.CheckConstraint(condition=~Q(body=""), name="psychotherapy_note_says_something")]
        indexes = [models.Index(fields=["client", "-written_at", "-id"], name="psychotherapy_note_of_client")]

    def __str__(self):
        return f"psychotherapy note of {timezone.localtime(self.written_at):%m/%d/%Y}"
