"""Reading the environment: a setting that is missing or malformed stops the start with one clear sentence."""

import ipaddress
import os
import re
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured


def secret(name):
    value = os.environ.get(name, "")
    if len(value) < 32:
        raise ImproperlyConfigured(f"{name} must be set to a random text of 32 characters or more.")
    return value


def key(name, *, file):
    """A secret that may be left out, from a variable or from a file: the text, or ""."""
    value, path = os.environ.get(name, ""), os.environ.get(file, "")
    if value and path:
        raise ImproperlyConfigured(f"Give {name} or {file}, not both.")
    if path:
        try:
            value = Path(path).read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{file} names a file that cannot be read: {error}") from None
    if (value or path) and len(value) < 32:
        raise ImproperlyConfigured(f"{file if path else name} must hold a random text of 32 characters or more.")
    return value


def folder(name):
    value = os.environ.get(name)
    if not value:
        raise ImproperlyConfigured(f"{name} must name the folder that holds the databases and files.")
    return Path(value).absolute()


def switch(name, *, default):
    value = os.environ.get(name)
    if value is None:
        return default
    if value not in ("on", "off"):
        raise ImproperlyConfigured(f"{name} must be 'on' or 'off', not {value!r}.")
    return value == "on"


def choice(name, allowed, *, default):
    value = os.environ.get(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(map(repr, allowed))}, not {value!r}.")
    return value


def base_host(name, *, default):
    value = os.environ.get(name, default).lower()
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", value):
        raise ImproperlyConfigured(f"{name} must be a host name with an optional port, not {value!r}.")
    return value


def addresses(name):
    """The networks of trusted proxies, as `ipaddress` networks."""
    try:
        return [ipaddress.ip_network(part) for part in os.environ.get(name, "").split()]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a list of addresses or networks: {error}") from None


def database(url, *, name):
    """Django's settings for one `postgresql://user:password@host:port/dbname?host=...` address."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(f"{name} must hold postgresql:// addresses.")
    # As with SQLite's timeout: whoever finds a lock waits for five seconds, then gets a 503.
    options = {"options": "-c lock_timeout=5s", "connect_timeout": "5", **dict(parse_qsl(parts.query))}
    if not re.fullmatch(r"[1-9]\d*", options.get("answer_timeout", "1")):
        raise ImproperlyConfigured(f"{name}: answer_timeout must be a number of seconds.")
    return {
        "ENGINE": "countersign.instances.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": None,
        "OPTIONS": options,
    }


def servers(name):
    """`NAME=postgresql://...` pairs, separated by white space."""
    found = {}
    for pair in os.environ.get(name, "").split():
        label, equals, url = pair.partition("=")
        if not equals or not re.fullmatch(r"[a-z][a-z0-9-]*", label):
            raise ImproperlyConfigured(f"{name} must be pairs like pg1=postgresql://user@host/postgres.")
        found[label] = database(url, name=name)
    return found


def owners(name, found):
    """The same pairs for the roles that own the databases of `servers`: made, migrated and granted with, never served
    with. A server may be without one: then no instance can be opened or upgraded there from this process."""
    owning = servers(name)
    for label, entry in owning.items():
        entry["OPTIONS"].pop("answer_timeout", None)  # migrations and restores may take their time
        if label not in found:
            raise ImproperlyConfigured(f"{name} names {label}, and COUNTERSIGN_SERVERS has no such server.")
        if entry["USER"] == found[label]["USER"] or not (entry["USER"] and found[label]["USER"]):
            raise ImproperlyConfigured(
                f"{name} must name another role for {label} than COUNTERSIGN_SERVERS does: whoever owns the record's "
                "table could take the guards off it."
            )
    return owning


# FULL: an acknowledged change survives a power cut. IMMEDIATE: a writer waits for its turn instead of failing half-way.
SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "CONN_MAX_AGE": None,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "timeout": 5,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
    },
}


def control_database(name, data_dir):
    url = os.environ.get(name)
    return database(url, name=name) if url else {**SQLITE, "NAME": str(data_dir / "control.sqlite3")}


def mail(name, *, default):
    """`console:`, `folder:PATH`, `smtp://user:password@host:port` or `smtp+starttls://...`: (backend, options)."""
    value = os.environ.get(name, default)
    parts = urlsplit(value)
    backend = "django.core.mail.backends."
    if parts.scheme == "console":
        return backend + "console.EmailBackend", {}
    if parts.scheme == "folder" and parts.path:
        return backend + "filebased.EmailBackend", {"folder": unquote(parts.path)}
    if parts.scheme in ("smtp", "smtp+starttls") and parts.hostname:
        options = {"host": parts.hostname, "port": parts.port or 25, "starttls": parts.scheme.endswith("starttls")}
        return backend + "smtp.EmailBackend", {
            **options, "user": unquote(parts.username or ""), "password": unquote(parts.password or ""),
        }
    raise ImproperlyConfigured(f"{name} must be console:, folder:PATH, smtp://HOST or smtp+starttls://HOST.")
