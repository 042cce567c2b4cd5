"""What only one other instance may read: sealed for the key that it publishes (JWE, RFC 7516: ECDH-ES, A256GCM).

The pair belongs to the signing key of the day and is derived, not stored: it is replaced with that one, and whoever
loses COUNTERSIGN_SECRET loses both. The envelope proves nothing about its sender; the message that carries it does.
"""

import json
from datetime import timedelta
from functools import lru_cache

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from countersign.identity import federation, keys
from countersign.identity.federation import FederationError
from countersign.identity.models import SigningKey
from countersign.instances import binding, hosts
from countersign.instances.secrets import derive

ALGORITHMS = ["ECDH-ES", "A256GCM"]
PREFIX = "enc-"
OPENED_FOR = timedelta(days=31)  # after it was retired: a dispatch may wait for thirty days
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256


def published():
    """The public half, as a member of the JSON Web Key Set of this issuer (RFC 7517)."""
    kid = keys.signing().kid
    return {**_pair(binding.bound().id, kid).as_dict(private=False), "kid": f"{PREFIX}{kid}", "use": "enc",
            "alg": ALGORITHMS[0]}


def seal_for(issuer, content):
    """Seal a JSON object for the instance at `issuer`. Raises FederationError when its key cannot be had."""
    public = federation.sealing_key(issuer)
    body = {**content, "iss": hosts.root(binding.bound()), "aud": issuer}
    header = {"alg": ALGORITHMS[0], "enc": ALGORITHMS[1], "kid": public["kid"]}
    try:
        key = ECKey.import_key({name: public[name] for name in ("kty", "crv", "x", "y")})
        return jwe.encrypt_compact(header, json.dumps(body).encode(), key, algorithms=ALGORITHMS)
    except (JoseError, ValueError, TypeError, KeyError):
        raise FederationError("the key to seal with cannot be read") from None


def opened(envelope, *, issuer):
    """What `issuer` has sealed for this instance. Raises FederationError."""
    try:
        found = json.loads(jwe.decrypt_compact(envelope, _find, algorithms=ALGORITHMS).plaintext)
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise FederationError("the envelope cannot be opened") from None
    if not isinstance(found, dict) or found.get("iss") != issuer or found.get("aud") != hosts.root(binding.bound()):
        raise FederationError("the envelope is another's")
    return found


def _find(recipient):
    kid = recipient.headers().get("kid", "")
    row = SigningKey.objects.filter(kid=str(kid).removeprefix(PREFIX)).first()
    if row is None or (row.retired_at and row.retired_at < timezone.now() - OPENED_FOR):
        raise ValueError
    return _pair(binding.bound().id, row.kid)


@lru_cache(maxsize=2048)
def _pair(instance_id, kid):
    # FIPS 186-5 A.2.1: half as many bits again as the order has, so that no number is likelier than another.
    wide = int.from_bytes(derive(f"sealing-key/{kid}") + derive(f"sealing-key/{kid}/more"))
    private = ec.derive_private_key(wide % (ORDER - 1) + 1, ec.SECP256R1())
    return ECKey.import_key(private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ))
