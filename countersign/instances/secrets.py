"""A secret of its own for every instance, derived from the installation's master secret.

One SECRET_KEY for all breaks isolation: a link signed at one instance would verify at another.
"""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(purpose, *, instance_id=None):
    """32 bytes for one purpose of the bound instance (or of the instance named). HKDF, RFC 5869."""
    from django.conf import settings

    from countersign.instances import binding

    owner = instance_id or binding.bound().id
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"{owner}/{purpose}".encode()).derive(
        settings.MASTER_SECRET.encode()
    )


def digest(purpose, value):
    """A keyed SHA-256 of a random secret: enough for what cannot be guessed, and fast."""
    return hmac.new(derive(purpose), value.encode(), hashlib.sha256).hexdigest()


def seal(purpose, value):
    """Encrypt bytes so that only this instance of this installation can read them (Fernet: AES-128-CBC, HMAC)."""
    return Fernet(base64.urlsafe_b64encode(derive(purpose))).encrypt(value)


def unseal(purpose, value):
    """Raises cryptography.fernet.InvalidToken when sealed for another instance, purpose or master secret."""
    return Fernet(base64.urlsafe_b64encode(derive(purpose))).decrypt(bytes(value))


class InstanceSecret(str):
    """Django's SECRET_KEY: resolves to the bound instance's own secret each time it is used."""

    def __str__(self):
        return derive(super().__str__()).hex()
