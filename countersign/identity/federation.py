"""How one instance speaks to another: the same HTTP messages within the process or over the network.

The issuers spoken to are always addresses from the catalogue, never from a request.
"""

import logging
import time
from functools import cache

import httpx
from django.conf import settings
from django.core.cache import cache as local_cache
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from countersign.instances import binding, hosts

log = logging.getLogger(__name__)
LARGEST_ANSWER = 64 * 1024
HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
UNKNOWN_KEY = "the key is unknown to the issuer"
KEYS_SECONDS, REFETCH_SECONDS = 600, 60


class FederationError(Exception):
    """The other side did not answer, or not as it should. The text goes into the record, not to the browser."""


class WithinTheProcess(httpx.BaseTransport):
    """Hands the request to this very application, outside the instance that is bound here."""

    def handle_request(self, request):
        with binding.elsewhere():
            response = httpx.WSGITransport(app=_application(), raise_app_exceptions=False).handle_request(request)
            response.read()
            return response


@cache
def _application():
    from django.core.handlers.wsgi import WSGIHandler

    return WSGIHandler()


def network_transport():
    return httpx.HTTPTransport(retries=0)


def _transport(address):
    if settings.FEDERATION == "auto" and hosts.hosted(hosts.origin(address)):
        return WithinTheProcess()
    return network_transport()


def call(method, address, *, data=None):
    """One request, JSON object in return. Raises FederationError; 3 s and 64 KB at most, no redirects.

    Whoever could not be reached is left alone for as long again, so that a dead home does not hold up everybody here.
    """
    silent = f"silent:{hosts.origin(address)}"
    if local_cache.get(silent):
        raise FederationError("no answer a moment ago")
    deadline = time.monotonic() + settings.FEDERATION_TIMEOUT_SECONDS
    try:
        with (
            httpx.Client(
                transport=_transport(address), timeout=settings.FEDERATION_TIMEOUT_SECONDS, trust_env=False
            ) as client,
            client.stream(method, address, data=data, headers=HEADERS) as response,
        ):
            if "Content-Encoding" in response.headers:
                raise FederationError("the answer is packed")  # a few bytes could unpack to gigabytes
            body = b""
            for chunk in response.iter_bytes():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise FederationError("the answer is too large")
                if time.monotonic() > deadline:
                    raise FederationError("the answer is too slow")
            return response.status_code, _json(response, body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        local_cache.set(silent, True, settings.FEDERATION_TIMEOUT_SECONDS)
        raise FederationError(f"no answer: {type(error).__name__}") from error


def _json(response, body):
    if not body:
        return {}
    try:
        found = httpx.Response(response.status_code, content=body).json()
    except (ValueError, RecursionError):
        raise FederationError(f"answered {response.status_code}, not JSON") from None
    if not isinstance(found, dict):
        raise FederationError("answered something that is no JSON object")
    return found


def line(text, longest):
    """What another house says, as one line that is safe to show and to store; "" for what is no text."""
    text = text if isinstance(text, str) else ""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]


def keys(issuer, *, kid):
    """The issuer's public keys, from a cache of this instance. A kid that is not among them fetches them again, but
    only once a minute: somebody may be naming keys that do not exist. Raises FederationError."""
    name, now = f"jwks:{issuer}", time.monotonic()
    held = local_cache.get(name)
    if held and kid in held["kids"]:
        return _key_set(held["keys"])
    recent = bool(held) and now - held["asked"] < REFETCH_SECONDS
    if recent and held["again"]:
        raise FederationError(UNKNOWN_KEY)
    status, document = call("GET", f"{issuer}/.well-known/jwks.json")
    if status != 200 or not isinstance(document.get("keys"), list):
        raise FederationError(f"no keys: {status}")
    usable = [key for key in document["keys"] if _is_p256(key) and key.get("use", "sig") == "sig"]
    found, kids = _key_set(usable), [key.get("kid") for key in usable]
    local_cache.set(name, {"keys": usable, "kids": kids, "asked": now, "again": recent}, KEYS_SECONDS)
    if kid not in kids:
        raise FederationError(UNKNOWN_KEY)
    return found


def sealing_key(issuer):
    """The issuer's public key for what only it may read (identity/sealing.py), as a dict. Raises FederationError."""
    name = f"sealing:{issuer}"
    if local_cache.get(name) is None:
        status, document = call("GET", f"{issuer}/.well-known/jwks.json")
        keys = document.get("keys") if status == 200 else None
        found = [key for key in keys if _is_p256(key) and key.get("use") == "enc"] if isinstance(keys, list) else []
        if not found or not isinstance(found[0].get("kid"), str):
            raise FederationError("there is no key to seal something with")
        local_cache.set(name, found[0], KEYS_SECONDS)
    return local_cache.get(name)


def _is_p256(key):
    return isinstance(key, dict) and key.get("crv") == "P-256"


def _key_set(keys):
    try:
        return KeySet.import_key_set({"keys": keys})
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise FederationError("the issuer's keys cannot be read") from None
