"""A whole installation for one test: data folder, catalogue and instances, on SQLite or on PostgreSQL."""

import secrets
import shutil
from pathlib import Path

import psycopg
from django.conf import settings
from django.core import mail
from django.core.cache import caches
from django.db import connections
from django.test import Client

from countersign.audit.actors import system
from countersign.identity import dispatches, keys, notices, witnesses
from countersign.instances import binding, catalogue, environment, hosts, listings, provisioning, schema
from countersign.instances.models import Instance, InstanceKind, ListingState
from countersign.people import accounts, post
from countersign.watch import background
from tests.servers.postgres import APPLICATION

SERVER = "pg1"


def template_data(folder, server):
    """Migrate a catalogue and an instance template once, for every test to copy."""
    folder.mkdir(parents=True)
    control = _use(folder, server, control="cs_control_template")
    if server:
        _create(server, control)
    schema.migrate_control()
    if server:
        provisioning._postgresql_template(SERVER)
    else:
        provisioning._sqlite_template()
    connections["control"].close()
    return folder


def _use(folder, server, *, control):
    """Point the settings of this process at a data folder and a catalogue."""
    settings.DATA_DIR = Path(folder)
    settings.WATCH_SECONDS = 3600  # a test that asks for alerts has the record looked at (background.settle)
    if server:
        settings.DATABASE_SERVERS = {SERVER: environment.database(server.app_dsn("postgres"), name="test")}
        settings.DATABASE_OWNERS = {SERVER: environment.database(server.owner_dsn("postgres"), name="test")}
        settings.DEFAULT_SERVER = SERVER
        entry = environment.database(server.app_dsn(control), name="test")
    else:
        entry = {**environment.SQLITE, "NAME": str(folder / "control.sqlite3")}
    close_control()
    connections.settings["control"].update(connections.configure_settings({"default": {}, "control": entry})["control"])
    return control


def close_control():
    """Close the catalogue's connections of this thread: Django's own, and the one it has beside a running event loop.

    A browser of the tests brings such a loop (tests/browser/harness.py). What was asked of the catalogue while it
    was open went over a connection of its own, which outlives the browser and would be the next test's.
    """
    beside_a_loop = getattr(connections._connections._storage, "cvar", None)
    for kept in (connections._connections._storage, beside_a_loop):
        if hasattr(kept, "control"):
            kept.control.close()
            del kept.control


def _create(server, name, template=None):
    # The catalogue has one role: what is in it, Support changes.
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        more = f' TEMPLATE "{template}"' if template else ""
        connection.execute(f'CREATE DATABASE "{name}" OWNER "{APPLICATION}"{more}')


def as_owner(instance, *statements):
    """Run SQL as the owner of an instance's database, whatever is bound: the application itself may define nothing.

    A statement is a text, or a pair of a text and its values.
    """
    with binding.elsewhere(), binding.bind_as_owner(instance), connections["default"].cursor() as cursor:
        for statement in statements:
            cursor.execute(*statement) if isinstance(statement, tuple) else cursor.execute(statement)


class Installation:
    """Use as a context manager. `client(instance)` is a browser without cookies at that instance's host."""

    def __init__(self, folder, template, server):
        self.folder, self.template, self.server = Path(folder), template, server

    def __enter__(self):
        self.folder.mkdir()
        name = f"cs_control_{secrets.token_hex(6)}"
        if self.server:
            _create(self.server, name, template="cs_control_template")
        else:
            shutil.copy(self.template / "control.sqlite3", self.folder / "control.sqlite3")
            shutil.copytree(self.template / "templates", self.folder / "templates")
        _use(self.folder, self.server, control=name)
        self.control = name
        caches["default"].clear = lambda: None
        mail.outbox = []
        return self

    def __exit__(self, *exception):
        background.forget()
        post.settle()  # a mail that comes late would be in the next test's
        notices.settle()
        dispatches.settle()
        witnesses.settle()
        instances = list(Instance.objects.all()) if self.server else []
        binding.pool.clear()
        close_control()
        for name in [*(binding.locations.database_name(i) for i in instances), self.control]:
            if self.server:
                with psycopg.connect(self.server.dsn(), autocommit=True) as connection:
                    connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        shutil.rmtree(self.folder, ignore_errors=True)

    def open(self, slug, name, kind=InstanceKind.PRACTICE, **more):
        with binding.elsewhere():  # a test may be in another instance already
            instance = catalogue.open_instance(name=name, slug=slug, kind=kind, by="the test", **more)
            with binding.bind(instance):
                accounts.furnish()
                keys.rotate(by=system())
        return instance

    def list(self, instance, state=ListingState.LISTED, reason="checked"):
        return listings.change(instance, state=state, by="the test", reason=reason)

    def client(self, instance, **headers):
        """A browser at one instance; `enforce_csrf_checks=True` makes it send no form that is not from a page."""
        host = hosts.root(instance).partition("://")[2]
        return Client(SERVER_NAME=host.partition(":")[0], HTTP_HOST=host, HTTP_USER_AGENT="Test browser", **headers)
