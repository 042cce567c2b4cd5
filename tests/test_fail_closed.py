"""What cannot be recorded does not happen: 503, and nothing else has changed (security cases 56 to 60)."""

import logging
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connections

from countersign.audit import record
from countersign.audit.actors import system
from countersign.instances import binding, environment, locations
from countersign.instances.models import InstanceKind
from countersign.people import sessions
from countersign.people.models import UserType
from countersign.people.permissions import BILLING_CEILING, offered
from tests.cast import KEY, PASSWORD
from tests.conftest import KIND
from tests.installation import as_owner
from tests.security import state
from tests.security.kinds import Kind, Visitor
from tests.security.routes import PUBLIC, filled, provided
from tests.servers.postgres import APPLICATION

pytestmark = pytest.mark.usefixtures("home_not_asked")


@contextmanager
def a_trigger(instance, monkeypatch):
    if KIND == "sqlite":
        broken = ["CREATE TRIGGER broken BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'broken'); END"]
        mended = ["DROP TRIGGER broken"]
    else:
        broken = [
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken'; END $$",
            "CREATE TRIGGER broken BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION broken()",
        ]
        mended = ["DROP TRIGGER broken ON audit_event", "DROP FUNCTION broken()"]
    as_owner(instance, *broken)
    yield
    as_owner(instance, *mended)


@contextmanager
def a_missing_table(instance, monkeypatch):
    as_owner(instance, "ALTER TABLE audit_event RENAME TO elsewhere")
    yield
    as_owner(instance, "ALTER TABLE elsewhere RENAME TO audit_event")


@contextmanager
def sqlite_opened_with(instance, monkeypatch, *, pragmas="", timeout=5):
    """From now on the instance's connections are opened with these settings; the catalogue's stay as they are."""
    options = environment.SQLITE["OPTIONS"]
    with monkeypatch.context() as patch:
        changed = {**options, "timeout": timeout, "init_command": options["init_command"] + pragmas}
        patch.setitem(environment.SQLITE, "OPTIONS", changed)
        binding.pool.forget(instance)
        yield
    binding.pool.forget(instance)


@contextmanager
def postgresql_opened_with(instance, monkeypatch, options):
    server = settings.DATABASE_SERVERS[instance.server]
    with monkeypatch.context() as patch:
        patch.setitem(server, "OPTIONS", {**server["OPTIONS"], "options": options})
        binding.pool.forget(instance)
        yield
    binding.pool.forget(instance)


@contextmanager
def a_lock(instance, monkeypatch):
    """Somebody else holds the database, for longer than anybody waits."""
    if KIND == "sqlite":
        with sqlite_opened_with(instance, monkeypatch, timeout=0.02):
            entry = {**locations.database(instance), "OPTIONS": {**environment.SQLITE["OPTIONS"], "timeout": 5}}
            other = connections.configure_settings({"default": {}, "other": entry})["other"]
            wrapper = connections["control"].__class__(other, "other")
            with wrapper.cursor() as cursor:
                cursor.execute("BEGIN EXCLUSIVE")
                yield
                cursor.execute("ROLLBACK")
            wrapper.close()
        return
    with (
        postgresql_opened_with(instance, monkeypatch, "-c lock_timeout=20ms"),
        psycopg.connect(_owners_address(instance)) as other,
    ):
        other.execute("LOCK TABLE audit_event IN ACCESS EXCLUSIVE MODE")
        yield
        other.rollback()


def _owners_address(instance):
    entry = locations.owned_database(instance)
    return psycopg.conninfo.make_conninfo(
        dbname=entry["NAME"], user=entry["USER"], password=entry["PASSWORD"], host=entry["HOST"],
        port=entry["PORT"] or None,
    )


@contextmanager
def a_full_disk(instance, monkeypatch):
    with binding.bind(instance), connections["default"].cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
    with sqlite_opened_with(instance, monkeypatch, pragmas=f" PRAGMA max_page_count={pages};"):
        for size in (400, 40, 0):  # until not even the shortest event fits into a page that is there already
            with pytest.raises(DatabaseError):
                fill_up(instance, size)
        yield


def fill_up(instance, size):
    with binding.bind(instance):
        while True:
            record.write(system(), "page.opened", object="x" * (size // 2), reason="x" * size)


@contextmanager
def read_only(instance, monkeypatch):
    if KIND == "sqlite":
        with sqlite_opened_with(instance, monkeypatch, pragmas=" PRAGMA query_only=ON;"):
            yield
    else:
        with postgresql_opened_with(instance, monkeypatch, "-c default_transaction_read_only=on"):
            yield


@contextmanager
def lost_permission(instance, monkeypatch):
    as_owner(instance, f"REVOKE INSERT ON audit_event FROM {APPLICATION}")
    yield
    as_owner(instance, f"GRANT INSERT ON audit_event TO {APPLICATION}")


WAYS = [a_trigger, a_missing_table, a_lock, read_only, a_full_disk if KIND == "sqlite" else lost_permission]
ADMINISTRATOR = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.PRACTICE))
VISIT = Kind("visit", UserType.BILLING, BILLING_CEILING)


@pytest.fixture(autouse=True)
def quiet():
    """Each of these failures is on the server's log, with its trace, as it should be."""
    logging.disable(logging.ERROR)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("kind", [ADMINISTRATOR, VISIT], ids=lambda kind: kind.name)
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_route_answers_503_and_nothing_changes(cast, monkeypatch, way, kind):
    practice, faults, asked = cast.good_therapy, [], 0
    visitor = Visitor(cast, practice)
    visitor.become(kind)
    requests = [
        (method, filled(route, practice, cast), str(route))
        for route in provided("instance") if route.who != PUBLIC for method in route.methods if method != "HEAD"
    ]
    requests.append(("GET", "/no/such/page/", "a page that is not there"))

    with way(practice, monkeypatch):
        before = state.of_all(practice, without=("audit_event", "elsewhere"))
        for method, address, name in requests:
            response = visitor.send(method, address)
            asked += 1
            if response.status_code != 503 or not response.get("Retry-After"):
                faults.append(f"{method} {name}: {response.status_code}")
        after = state.of_all(practice, without=("audit_event", "elsewhere"))

    assert not faults, "\n".join(["", *faults])
    assert after == before
    assert asked > 20
    assert visitor.send("GET", "/").status_code != 503, "when the record is back, so is everything else"


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize(
    ("user_id", "password"),
    [("priya", PASSWORD), ("priya", "not the password"), ("nobody", PASSWORD), ("acme-billing", KEY)],
)
def test_nobody_signs_in_unrecorded(cast, monkeypatch, way, user_id, password):
    practice = cast.good_therapy
    cast.administrator(practice, "priya")
    cast.key()
    visitor = Visitor(cast, practice)

    with way(practice, monkeypatch):
        before = state.of_all(practice, without=("audit_event", "elsewhere"))
        response = visitor.send("POST", "/sign-in/", {"user_id": user_id, "password": password})
        after = state.of_all(practice, without=("audit_event", "elsewhere"))

    assert response.status_code == 503 and response["Retry-After"]
    assert after == before
    assert sessions.cookie_name() not in response.cookies


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_form_without_its_token_cannot_be_refused_unrecorded(cast, monkeypatch, way):
    visitor = Visitor(cast, cast.good_therapy, enforce_csrf_checks=True).become(ADMINISTRATOR)

    with way(cast.good_therapy, monkeypatch):
        assert visitor.send("POST", "/sign-out/").status_code == 503


def test_the_neighbour_works_on(cast, monkeypatch):
    neighbour = Visitor(cast, cast.elm_street).become(ADMINISTRATOR)

    with a_missing_table(cast.good_therapy, monkeypatch):
        assert neighbour.send("GET", "/settings/users/").status_code == 200


def test_what_a_load_balancer_asks_needs_no_record(cast, monkeypatch):
    visitor = Visitor(cast, cast.good_therapy)

    with a_missing_table(cast.good_therapy, monkeypatch):
        assert visitor.send("GET", "/healthz").status_code == 200
        assert visitor.send("GET", "/readyz").status_code == 200


def test_a_locked_database_is_not_waited_for_without_end():
    """The wait is set in the product, not only in these tests."""
    if KIND == "sqlite":
        assert 0 < environment.SQLITE["OPTIONS"]["timeout"] <= 10
        return
    entry = environment.database("postgresql://somebody@host/name", name="test")
    assert "lock_timeout" in entry["OPTIONS"].get("options", "")


def test_a_view_that_writes_around_the_record_is_found(cast, monkeypatch):
    """Planted: a hash that did not see a change would make all of the above worthless."""
    before = state.of_all(cast.good_therapy, without=("audit_event",))

    as_owner(cast.good_therapy, "UPDATE people_permissiongroup SET description = 'changed' WHERE name = 'Clinician'")

    assert state.of_all(cast.good_therapy, without=("audit_event",)) != before
