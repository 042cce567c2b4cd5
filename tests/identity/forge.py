"""A forger: statements between instances with any header, claim, key or signature wrong, and nothing else.

What is right in them is really right: a forger may hold an instance's own signing key (`key_of`), so that a table can
change one thing at a time.
"""

import base64
import hashlib
import hmac
import json
import time
import uuid

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from joserfc.jwk import ECKey

from countersign.identity import keys, tokens
from countersign.instances import binding, hosts

GONE = object()  # a claim or header of this value is left out


def key_of(instance):
    """The key that an instance signs with, private half included."""
    with binding.bind(instance):
        return keys.signing()


def stranger(*, kid=None):
    """A key that nobody published, under any name."""
    key = ECKey.generate_key("P-256", auto_kid=True)
    return ECKey.import_key({**key.as_dict(private=True), "kid": kid}) if kid else key


def id_token_claims(home, practice, *, nonce, **changes):
    """What a home says of Jane in answer to a practice's question, with changes."""
    now = time.time()
    return _changed({
        "iss": hosts.root(home), "aud": hosts.root(practice), "iat": now, "exp": now + 300, "nonce": nonce,
        "sub": str(uuid.uuid4()), "sid": str(uuid.uuid4()), "name": "Jane Doe", "email": "jane@example.org",
        "preferred_username": "jane", "auth_time": int(now), "amr": ["pwd"],
        "billing_user": "acme-billing",
    }, changes)


def logout_claims(home, practice, **changes):
    """What a home says when somebody is signed out; `sub` and `sid` say who."""
    now = time.time()
    return _changed({
        "iss": hosts.root(home), "aud": hosts.root(practice), "iat": now, "exp": now + 120, "jti": uuid.uuid4().hex,
        "events": {tokens.LOGOUT_EVENT: {}}, "because": "signed out",
    }, changes)


def assertion_claims(practice, home, **changes):
    now = time.time()
    me = hosts.root(practice)
    return _changed({
        "iss": me, "sub": me, "aud": hosts.root(home), "iat": now, "exp": now + 60, "jti": uuid.uuid4().hex,
    }, changes)


def assertion(practice, home, *, key=None, **changes):
    """The form fields of a client assertion (RFC 7523)."""
    claims = assertion_claims(practice, home, **changes)
    return {
        "client_assertion_type": tokens.ASSERTION_TYPE, "client_assertion": signed(claims, key or key_of(practice)),
    }


def signed(claims, key, *, typ="JWT", **headers):
    """A compact JWS, whatever the header says: ES256 with the key unless `alg` is another."""
    header = _changed({"alg": "ES256", "kid": key.kid, "typ": typ}, headers)
    return joined(header, json.dumps(claims).encode(), key)


def joined(header, payload, key=None):
    """Header (any JSON value) and payload (bytes), signed as the header says, or not at all."""
    signing_input = b".".join(map(_b64, (json.dumps(header).encode(), payload)))
    signature = _signature(header.get("alg") if isinstance(header, dict) else None, signing_input, key)
    return b".".join((signing_input, _b64(signature))).decode()


def altered(token, **changes):
    """The same token with other claims under the old signature."""
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return ".".join((header, _b64(json.dumps(_changed(claims, changes)).encode()).decode(), signature))


def unsigned(token):
    return token.rpartition(".")[0] + "."


def public_pem(key):
    return key.public_key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def _signature(alg, signing_input, key):
    if key is None or str(alg).lower() == "none":
        return b""
    if alg == "HS256":  # the published key taken for a shared secret
        return hmac.new(public_pem(key), signing_input, hashlib.sha256).digest()
    r, s = decode_dss_signature(key.private_key.sign(signing_input, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def _changed(things, changes):
    return {name: value for name, value in {**things, **changes}.items() if value is not GONE}


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")
