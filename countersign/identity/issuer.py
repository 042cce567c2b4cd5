"""The issuer: Authlib's authorization server over this instance's own tables (OpenID Connect Core 1.0, RFC 9700).

One server object serves all instances: everything it knows it reads through the binding.
"""

import secrets
import time
from datetime import timedelta

from authlib.common.urls import add_params_to_uri
from authlib.integrations.django_oauth2 import AuthorizationServer
from authlib.integrations.django_oauth2.requests import DjangoOAuth2Payload, DjangoOAuth2Request
from authlib.oauth2 import OAuth2Request
from authlib.oauth2.rfc6749 import InvalidClientError, InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants import OpenIDCode
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from countersign.audit import record
from countersign.identity import entries, keys, parties
from countersign.identity.federation import FederationError
from countersign.identity.models import Code
from countersign.instances import binding, clock, hosts
from countersign.instances.secrets import digest

PURPOSE = "authorization-code"


class Request(DjangoOAuth2Request):
    """What Authlib sees of a request. Whether plain HTTP is allowed is settled once, in the settings (loopback names
    only), and behind a proxy the scheme of a single request says nothing: Authlib is told https."""

    def __init__(self, request):
        address = f"https://{request.get_host()}{request.get_full_path()}"
        OAuth2Request.__init__(self, method=request.method, uri=address, headers=request.headers)
        self.payload, self._request = DjangoOAuth2Payload(request), request


class Server(AuthorizationServer):
    def create_oauth2_request(self, request):
        return Request(request)

    def query_client(self, client_id):
        return parties.find(client_id)

    def get_consent_grant(self, request=None, end_user=None):
        """Raises OAuth2Error, and nothing else: Authlib repeats a wrong parameter in its description of the error, and
        fails where that may not stand in one (RFC 6749 section 5.2)."""
        try:
            return super().get_consent_grant(request, end_user=end_user)
        except ValueError as error:
            raise InvalidRequestError("A parameter holds characters that are not allowed.") from error

    def save_token(self, token, request):
        """Nothing to save: no access token is issued to a practice, only the ID token."""


class CodeGrant(AuthorizationCodeGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_assertion_jwt"]

    def save_authorization_code(self, code, request):
        data, django_request = request.payload.data, request._request
        session = django_request.session
        party = parties.keep(request.client)
        Code.objects.create(
            digest=digest(PURPOSE, code),
            party=party,
            user=request.user,
            redirect_uri=data["redirect_uri"],
            nonce=data["nonce"],
            code_challenge=data["code_challenge"],
            code_challenge_method=data["code_challenge_method"],
            billing_user=entries.key_named(data),
            auth_time=int(session.signed_in_at.timestamp()),
            factors=session.factors,
            address=session.address,
            browser=session.browser,
            expires_at=timezone.now() + timedelta(seconds=settings.CODE_SECONDS),
        )
        record.write(django_request.actor, "identity.confirmed", object=party)

    def query_authorization_code(self, code, client):
        row = Code.objects.select_related("party", "user", "entry").filter(digest=digest(PURPOSE, code)).first()
        if row is None or row.party_id != client.id:
            return None
        if row.used_at is not None:
            entries.replayed(row)
            return None
        now = timezone.now()
        issued_at = row.expires_at - timedelta(seconds=settings.CODE_SECONDS)
        return row if row.expires_at > now and not clock.set_back(issued_at, now) else None

    def delete_authorization_code(self, authorization_code):
        """Kept, marked as used: that is how a second use is recognised."""

    def authenticate_user(self, authorization_code):
        """Use the code up. Of any number of simultaneous requests exactly one gets past the update; the others are
        replays, whatever they had read before."""
        row, code = Code.objects.filter(digest=authorization_code.digest), authorization_code
        because = entries.why_not(code.user, code.party, code.billing_user)
        with transaction.atomic():
            won = row.filter(used_at=None).update(used_at=timezone.now())
            if won and authorization_code.user.is_active and not because:
                authorization_code.entry = entries.begin(authorization_code)
                row.update(entry=authorization_code.entry)
        if not won:
            entries.replayed(row.select_related("party", "user").get())
            raise InvalidGrantError("Invalid 'code' in request.")
        if authorization_code.entry is None:
            because = f"The person may not enter: {because}" if because else "The account is inactive."
            raise InvalidGrantError(sayable(because))
        return authorization_code.user


class S256Only(CodeChallenge):
    """PKCE is required of everybody, and `plain` is not a method (RFC 9700 section 2.1.1)."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ["S256"]

    def validate_code_challenge(self, grant, redirect_uri):
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != "S256":
            raise InvalidRequestError("PKCE with S256 is required.")
        if not data.get("state"):
            raise InvalidRequestError("Missing 'state' in request.")
        super().validate_code_challenge(grant, redirect_uri)


class IdToken(OpenIDCode):
    def exists_nonce(self, nonce, request):
        return Code.objects.filter(party__client_id=request.payload.client_id, nonce=nonce).exists()

    def resolve_client_private_key(self, client):
        return keys.signing()

    def get_client_algorithm(self, client):
        return keys.ALGORITHM

    def get_encode_header(self, client):
        return {"alg": keys.ALGORITHM, "kid": keys.signing().kid}

    def get_client_claims(self, client):
        now = int(time.time())
        return {
            "iss": hosts.root(binding.bound()), "aud": client.client_id, "iat": now,
            "exp": now + settings.ID_TOKEN_SECONDS, "jti": secrets.token_urlsafe(12),
        }

    def get_compatible_claims(self, request):
        """What is told beside who it is comes first: whatever the protocol itself says goes over it."""
        return {**entries.claims(request.user), **super().get_compatible_claims(request)}

    def get_authorization_code_claims(self, authorization_code):
        claims = super().get_authorization_code_claims(authorization_code)
        entry = authorization_code.entry
        return {**claims, "sid": str(entry.id), **({"billing_user": entry.billing_user} if entry.billing_user else {})}

    def generate_user_info(self, user, scope):
        return {"sub": str(user.id), "name": user.name, "email": user.email, "preferred_username": user.user_id}


def sayable(text):
    """A text with nothing but what an error description may hold (RFC 6749 section 5.2); Authlib refuses any other."""
    plain = text.translate({ord(mark): "'" for mark in "“”‘’\"\\"})
    return "".join(c if " " <= c <= "~" else "?" for c in plain)


def by_assertion(query_client, request):
    """Authlib's hook for client authentication: practices sign with the keys they publish, no secret is shared."""
    try:
        return parties.authenticated(request.form)
    except FederationError as error:
        raise InvalidClientError(description="The client could not be authenticated.") from error


def _id_token_only(**kwargs):
    return {"token_type": "N_A", "scope": "openid"}


def with_issuer(response):
    """RFC 9207: every answer of the authorize endpoint says who gives it, errors included."""
    if "Location" in response:
        response["Location"] = add_params_to_uri(response["Location"], [("iss", hosts.root(binding.bound()))])
    return response


server = Server(client_model=None, token_model=None)
server.scopes_supported = ["openid"]
server.register_token_generator("default", _id_token_only)
server.register_grant(CodeGrant, [S256Only(required=True), IdToken(require_nonce=True)])
server.register_client_auth_method("client_assertion_jwt", by_assertion)
