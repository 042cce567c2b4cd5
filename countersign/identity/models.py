"""The instance as OpenID Connect issuer: its signing keys, who may ask it for sign-ins, and what it has answered."""

import uuid

from authlib.oauth2.rfc6749 import ClientMixin
from django.db import models
from django.db.models import Q
from django.utils import timezone

from countersign.people.models import Session, User


class SigningKey(models.Model):
    """An ES256 key pair. The private half is sealed with the instance's own secret."""

    kid = models.CharField(max_length=43, primary_key=True)
    public = models.JSONField()
    sealed = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)
    created_by = models.CharField(max_length=200)
    retired_at = models.DateTimeField(null=True, blank=True)
    retired_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self):
        return self.kid


class RelyingParty(ClientMixin, models.Model):
    """A practice that may ask this instance who somebody is. Its client_id is its own issuer address."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client_id = models.CharField(max_length=300, unique=True)
    name = models.CharField(max_length=120)
    registered_at = models.DateTimeField(default=timezone.now)
    registered_by = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    @property
    def redirect_uri(self):
        return f"{self.client_id}/sign-in/second-part/"

    @property
    def logout_uri(self):
        return f"{self.client_id}/sign-out/back-channel/"

    # What Authlib asks of a client: exact redirect address, code flow only, keys instead of a shared secret.

    def get_client_id(self):
        return self.client_id

    def get_default_redirect_uri(self):
        return None

    def get_allowed_scope(self, scope):
        return "openid" if "openid" in (scope or "").split() else None  # None: invalid_scope

    def check_redirect_uri(self, redirect_uri):
        return redirect_uri == self.redirect_uri

    def check_client_secret(self, client_secret):
        return False

    def check_endpoint_auth_method(self, method, endpoint):
        return method == "client_assertion_jwt"

    def check_response_type(self, response_type):
        return response_type == "code"

    def check_grant_type(self, grant_type):
        return grant_type == "authorization_code"


class Code(models.Model):
    """An authorization code, kept as a digest: 60 seconds, used once."""

    digest = models.CharField(max_length=64, primary_key=True)
    party = models.ForeignKey(RelyingParty, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT)
    redirect_uri = models.CharField(max_length=400)
    nonce = models.CharField(max_length=100)
    code_challenge = models.CharField(max_length=128)
    code_challenge_method = models.CharField(max_length=10)
    billing_user = models.CharField(max_length=64, blank=True)  # the key at the practice, by its User ID
    auth_time = models.PositiveBigIntegerField()
    factors = models.CharField(max_length=100)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=300, blank=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    entry = models.ForeignKey("Entry", null=True, blank=True, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["party", "nonce"], name="nonce_once_a_party")]

    def __str__(self):
        return f"code for {self.party_id}"

    def get_redirect_uri(self):
        return self.redirect_uri

    def get_scope(self):
        return "openid"

    def get_nonce(self):
        return self.nonce

    def get_auth_time(self):
        return self.auth_time

    def get_acr(self):
        return None

    def get_amr(self):
        return self.factors.split()


class Click(models.Model):
    """Somebody has just pressed *Enter* for this practice and key, in this session: the practice's question, when it
    comes within the minute, is answered once without asking for the same click again."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="+")
    client_id = models.CharField(max_length=300)  # of the practice
    billing_user = models.CharField(max_length=64)
    clicked_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self):
        return f"{self.billing_user} at {self.client_id}"


class Entry(models.Model):
    """One person's sign-in at one practice, as this home knows it. Its id is the `sid` of the ID token."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    party = models.ForeignKey(RelyingParty, on_delete=models.PROTECT)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="entries")
    billing_user = models.CharField(max_length=64, blank=True)  # the key they came with, by its User ID there
    entered_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=200, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-entered_at"]
        indexes = [
            models.Index(fields=["user"], name="entry_live", condition=Q(ended_at=None)),
            models.Index(fields=["id"], name="entry_untold", condition=Q(ended_at__isnull=False, told_at=None)),
        ]

    def __str__(self):
        return f"{self.user_id} at {self.party_id}"


class DispatchQuerySet(models.QuerySet):
    def waiting(self):
        return self.filter(taken_at=None, refused_at=None)


class Dispatch(models.Model):
    """What this instance tells another (identity/dispatches.py), kept afterwards as proof of what was told and when."""

    mark = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    issuer = models.CharField(max_length=300)  # of the instance that is told
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)
    body = models.JSONField()
    written_at = models.DateTimeField(default=timezone.now)
    tried_at = models.DateTimeField(null=True, blank=True)  # the last time in vain
    taken_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)
    fault = models.CharField(max_length=200, blank=True)  # why it was refused, or what stood in its way

    objects = DispatchQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], name="dispatch_waiting", condition=Q(taken_at=None, refused_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_at=None) | Q(refused_at=None), name="dispatch_taken_or_refused",
            ),
        ]

    def __str__(self):
        return f"{self.kind} to {self.name}"


class Departure(models.Model):
    """Somebody of this instance is a person of it no more: each practice they ever entered is told, and when it was."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="departures")
    left_at = models.DateTimeField(default=timezone.now)
    left_by = models.CharField(max_length=200)
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_by = models.CharField(max_length=200, blank=True)
    notices = models.ManyToManyField(Dispatch, related_name="departures")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(returned_at=None), name="gone_once_at_a_time"),
        ]

    def __str__(self):
        return f"departure of {self.user_id}"


class TakenDispatch(models.Model):
    """What another instance told this one, so that it counts once however often it comes."""

    mark = models.UUIDField()
    issuer = models.CharField(max_length=300)  # of the instance that told it
    kind = models.CharField(max_length=60)
    written_at = models.DateTimeField()
    taken_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "mark"], name="taken_once")]

    def __str__(self):
        return f"{self.kind} of {self.issuer}"


class UsedAssertion(models.Model):
    """A client assertion that was presented once (RFC 7523 section 3: jti)."""

    jti = models.CharField(max_length=100, primary_key=True)
    expires_at = models.DateTimeField()

    def __str__(self):
        return self.jti
