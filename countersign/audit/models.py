"""The record: one row for each thing that happened, in the instance it happened to."""

from django.db import models
from django.utils import timezone


class RecordIsAppendOnly(Exception):
    """An event was about to be changed or deleted."""


class AppendOnlyQuerySet(models.QuerySet):
    def update(self, **kwargs):
        raise RecordIsAppendOnly

    def delete(self):
        raise RecordIsAppendOnly

    def bulk_update(self, *args, **kwargs):
        raise RecordIsAppendOnly


class AppendOnly(models.Model):
    """Rows that are written once. Update and delete are also refused by triggers in the database."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise RecordIsAppendOnly
        super().save(*args, force_insert=True, **{k: v for k, v in kwargs.items() if k == "using"})

    def delete(self, *args, **kwargs):
        raise RecordIsAppendOnly


class Event(AppendOnly):
    """Plain strings as they were then; no foreign keys, so nothing done later changes what an event says.

    45 CFR 164.312(b): record and examine activity.
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

    class Meta:
        constraints = [models.CheckConstraint(condition=~models.Q(person=""), name="event_names_a_person")]
        # The reports read newest first and by one of these; reports/search.py says how fast.
        indexes = [
            models.Index(fields=["at"], name="event_at"),
            models.Index(fields=["source", "at"], name="event_source"),
            models.Index(fields=["person", "at"], name="event_person"),
            models.Index(fields=["user_id", "at"], name="event_user_id", condition=~models.Q(user_id="")),
            # client_id: so that the overview counts clients without reading the events
            models.Index(fields=["company", "at", "client_id"], name="event_company", condition=~models.Q(company="")),
            models.Index(
                fields=["billing_user", "at"], name="event_billing_user", condition=~models.Q(billing_user=""),
            ),
            models.Index(fields=["action", "at"], name="event_action"),
            models.Index(fields=["result", "at"], name="event_result", condition=~models.Q(result="ok")),
            models.Index(fields=["client_id", "at"], name="event_client_id", condition=~models.Q(client_id="")),
            models.Index(fields=["client", "at"], name="event_client", condition=~models.Q(client="")),
            models.Index(  # who opened this client, how often, first and last
                fields=["client_id", "source", "company", "person", "at"], name="event_client_person",
                condition=~models.Q(client_id=""),
            ),
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


class Tile(AppendOnly):
    """256 events in a row as one hash: a complete subtree of the Merkle tree (audit/tree.py), so that a root or a
    proof reads the tiles and not every event. Computed from the events, and computed anew by every check."""

    index = models.BigIntegerField(primary_key=True)  # events 256 * index and on
    root = models.CharField(max_length=64)  # hex
    seq = models.BigIntegerField()  # of its last event

    def __str__(self):
        return f"tile {self.index}"


class Checkpoint(AppendOnly):
    """What this instance signed: at `at` its record had `size` events, the last with `seq`, and this root."""

    size = models.BigIntegerField()
    seq = models.BigIntegerField()
    root = models.CharField(max_length=64)  # hex
    at = models.DateTimeField()
    occasion = models.CharField(max_length=60)
    note = models.TextField()  # the signed text (audit/signing.py)
    key = models.CharField(max_length=200)  # the public key, to verify it with

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["size"], name="checkpoint_size")]

    def __str__(self):
        return f"checkpoint at {self.size}"


class Cosignature(AppendOnly):
    """Somebody else has seen one of our checkpoints, found that it continues what they held, and keeps it."""

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="cosignatures")
    holder = models.CharField(max_length=300)  # the issuer's address
    name = models.CharField(max_length=120)
    line = models.TextField()
    key = models.CharField(max_length=200)
    kept_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["holder", "id"], name="cosignature_holder")]

    def __str__(self):
        return f"{self.checkpoint_id} held by {self.name}"


class HeldCheckpoint(AppendOnly):
    """Another instance's checkpoint, kept here so that it cannot quietly change its record.

    agrees: whether it continues the one held before; one that does not is kept as well, as evidence.
    """

    party = models.CharField(max_length=300)  # the address of the instance that signed it
    name = models.CharField(max_length=120)
    size = models.BigIntegerField()
    root = models.CharField(max_length=64)  # hex
    note = models.TextField()  # with our own cosignature when it agrees
    key = models.CharField(max_length=200)
    agrees = models.BooleanField()
    kept_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["party", "id"], name="held_of_party")]

    def __str__(self):
        return f"{self.name} at {self.size}"


class CheckpointReader(models.Model):
    """Somebody who is mailed the day's checkpoint, and so can tell years later whether the record was changed."""

    email = models.EmailField()
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["email", "id"]
        constraints = [
            models.UniqueConstraint(fields=["email"], condition=models.Q(ended_at=None), name="one_mail_a_day"),
        ]

    def __str__(self):
        return self.email


class FeedPosition(models.Model):
    """How much of this record a syslog collector has read (audit/feed.py). One row; without it, nothing.

    Beside the record and not in the catalogue: a restored backup has the position that belongs to its own events.
    """

    seq = models.BigIntegerField()  # of the last event confirmed
    moved_at = models.DateTimeField()

    def __str__(self):
        return f"sent up to {self.seq}"
