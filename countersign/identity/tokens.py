"""Signed statements between instances: client assertions, ID tokens, logout tokens. ES256 and nothing else."""

import json
import secrets
import time

from django.conf import settings
from django.core.cache import cache as local_cache
from django.db import transaction
from joserfc import jws, jwt
from joserfc.errors import JoseError

from countersign.audit import record
from countersign.audit.actors import system
from countersign.identity import federation, keys
from countersign.identity.federation import FederationError
from countersign.instances import binding, hosts

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
REFUSED_HEADERS = {"jwk", "jku", "x5u", "x5c", "crit"}
ALARM_SECONDS = 600
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def sign(claims, *, typ="JWT"):
    key = keys.signing()
    return jwt.encode({"alg": keys.ALGORITHM, "kid": key.kid, "typ": typ}, claims, key, [keys.ALGORITHM])


def assertion(*, audience):
    """The form fields by which this instance proves who it is (RFC 7523, private_key_jwt)."""
    now, me = int(time.time()), hosts.root(binding.bound())
    claims = {"iss": me, "sub": me, "aud": audience, "iat": now, "exp": now + 60, "jti": secrets.token_urlsafe(16)}
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": sign(claims)}


def verified(token, *, issuer, typ="JWT"):
    """The claims of a token that this issuer signed. Raises FederationError; looks at nothing but the signature."""
    header = _parts(token)[0]
    if header.get("alg") != keys.ALGORITHM or REFUSED_HEADERS & header.keys():
        raise FederationError("the token is signed in a way that is not accepted")
    if header.get("typ", "JWT") != typ or not isinstance(header.get("kid"), str):
        raise FederationError("the token is of another kind")
    try:
        return jwt.decode(token, federation.keys(issuer, kid=header["kid"]), [keys.ALGORITHM]).claims
    except (JoseError, ValueError, TypeError) as error:
        raise FederationError(f"the signature is not the issuer's: {type(error).__name__}") from None


def _parts(token):
    """(header, claims) of a token of which nothing is proved yet. Raises FederationError."""
    try:
        found = jws.extract_compact(token.encode())
        header, claims = found.headers(), json.loads(found.payload)
    except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
        raise FederationError("the token is malformed") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise FederationError("the token is malformed")
    return header, claims


def timely(claims, *, oldest):
    """Refuse what is expired, from the future or older than `oldest` seconds, with 60 s for clocks that differ."""
    now, skew = time.time(), settings.CLOCK_SKEW_SECONDS
    for name in ("exp", "iat"):
        if not _is_moment(claims.get(name)):
            raise FederationError(f"{name} is missing")
    if not now - skew <= claims["iat"] <= now + skew:
        _alarm(claims["iss"], int(claims["iat"]) - int(now))
    if claims["exp"] <= now - skew:
        raise FederationError("expired")
    if not _is_moment(claims.get("nbf", 0)) or max(claims["iat"], claims.get("nbf", 0)) > now + skew:
        raise FederationError("from the future")
    if claims["iat"] < now - oldest - skew:
        raise FederationError("too old")


def _alarm(issuer, seconds):
    """Whoever signs does so on the spot: the clocks differ, or the message was held back. Said once in ten minutes."""
    if local_cache.add(f"clock:{issuer}", True, ALARM_SECONDS):
        off = f"{min(abs(seconds), 10**9)} seconds {'ahead of' if seconds > 0 else 'behind'} ours"
        with transaction.atomic():
            record.write(system(), "clock.differs", object=issuer, result=record.FAILED, reason=off)


def _is_moment(value):
    # Python reads NaN and Infinity as JSON numbers, NaN is neither before nor after anything, and an integer of any
    # length; none of them can be reckoned with.
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -(2**53) < value < 2**53


def meant_for_us(claims, *, issuer):
    """iss is exactly the issuer, and aud is this instance and nobody else."""
    me = hosts.root(binding.bound())
    if claims.get("iss") != issuer:
        raise FederationError("another issuer")
    if claims.get("aud") not in (me, [me]):
        raise FederationError("meant for somebody else")


def claimed_issuer(token):
    """Whom the token says it is from; nothing is proved yet. Raises FederationError."""
    issuer = _parts(token)[1].get("iss")
    if not isinstance(issuer, str) or not issuer.isprintable():  # no database takes NUL or a lone surrogate
        raise FederationError("the token names no issuer")
    return issuer
