"""How the passwords in a key ring are sealed: AES-256-GCM (NIST SP 800-38D) under a master key of the installation.

The master key comes from COUNTERSIGN_KEYRING_KEY or a file, never from a database; each instance's own key is derived
from it (HKDF). What is sealed is bound to the instance, the customer and the User ID, so that a row moved elsewhere
opens nothing. An id tells master keys apart and says nothing about them (docs/decisions/key-ring.md).
"""

import json
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from countersign.instances import binding

NONCE = 12


class WrongMaster(Exception):
    """What is sealed cannot be opened with the master keys that were given. The text is for people."""


def current():
    """The id of the master key that seals now."""
    return _id(_masters()[0])


def seal(password, *, issuer, user_id):
    """(id of the master key, sealed): the password of a Billing user of the practice at `issuer`."""
    master = _masters()[0]
    kid, nonce = _id(master), secrets.token_bytes(NONCE)
    return kid, nonce + AESGCM(_own(master)).encrypt(nonce, password.encode(), _bound_to(kid, issuer, user_id))


def unseal(kid, sealed, *, issuer, user_id):
    """Raises WrongMaster: it was sealed under another master key, or for another instance, practice or User ID."""
    master = next((one for one in _masters() if _id(one) == kid), None)
    if master is None:
        raise WrongMaster(f"This key ring is sealed under the master key {kid}, which this server was not given.")
    sealed = bytes(sealed)
    try:
        return AESGCM(_own(master)).decrypt(sealed[:NONCE], sealed[NONCE:], _bound_to(kid, issuer, user_id)).decode()
    except (InvalidTag, ValueError):
        raise WrongMaster("What is stored of this key was changed, or belongs to another one. Add it again.") from None


def _masters():
    """The one that seals first; then those that may have sealed before."""
    first, old = settings.KEYRING_KEY or settings.MASTER_SECRET, settings.KEYRING_OLD_KEY
    return [first, *filter(None, [old]), settings.MASTER_SECRET]


def _own(master):
    return _derive(master, f"{binding.bound().id}/key ring", 32)


def _id(master):
    return _derive(master, "key ring/id", 8).hex()


def _derive(master, info, length):
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=info.encode()).derive(master.encode())


def _bound_to(kid, issuer, user_id):
    return json.dumps([kid, str(binding.bound().id), issuer, user_id]).encode()
