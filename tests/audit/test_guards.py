"""The database itself guards the record: whatever the application's own connections try is refused, on both databases.

Not on trust in the model: each statement is sent as SQL, over a connection of the running application.
"""

import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, transaction

from countersign.audit import guards, record
from countersign.audit.actors import system
from countersign.audit.models import Checkpoint
from countersign.commands import check
from countersign.instances import binding, environment, provisioning, schema
from countersign.instances.models import Instance
from tests.conftest import KIND
from tests.installation import as_owner
from tests.servers.postgres import APPLICATION, OWNER

REFUSED = r"append-only|not authorized|permission denied|must be owner|must be member"
EVERYWHERE = {
    "update": 'UPDATE {table} SET "{column}" = "{column}"',
    "delete": "DELETE FROM {table}",
    "drop": "DROP TABLE {table}",
    "rename": "ALTER TABLE {table} RENAME TO elsewhere",
    "lose a column": 'ALTER TABLE {table} DROP COLUMN "{column}"',
    "a temporary table in its place": "CREATE TEMPORARY TABLE {table} (seq integer)",
    "an index": 'CREATE UNIQUE INDEX one ON {table} ("{column}")',
}
SQLITE = {
    "replace": "REPLACE INTO {table} SELECT * FROM {table}",
    "a trigger that loses events": (
        "CREATE TEMP TRIGGER lose BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END"
    ),
    "a view in its place": "CREATE TEMP VIEW {table} AS SELECT 1",
    "the schema by hand": "PRAGMA writable_schema = ON",
    "no checks": "PRAGMA ignore_check_constraints = ON",
    "triggers that REPLACE does not ask": "PRAGMA recursive_triggers = OFF",
    "another file": "ATTACH ':memory:' AS other",
}
POSTGRESQL = {
    "truncate": "TRUNCATE {table} CASCADE",
    "disable the trigger": "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "another function": "CREATE OR REPLACE FUNCTION event_refuse() RETURNS trigger LANGUAGE sql AS 'SELECT 1'",
    "another trigger": "CREATE TRIGGER lose BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION event_refuse()",
    "a rule": "CREATE RULE lose AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "another owner": f"ALTER TABLE {{table}} OWNER TO {APPLICATION}",
    "a grant to oneself": f"GRANT UPDATE ON {{table}} TO {APPLICATION}; DELETE FROM {{table}}",
    "become the owner": f"SET ROLE {OWNER}",
    "be a replica": "SET session_replication_role = replica",
    "a table": "CREATE TABLE own (id integer)",
    "a schema": "CREATE SCHEMA own",
    "numbers anew": "SELECT setval('audit_event_seq_seq', 1)",
}
on_a_server = pytest.mark.skipif(KIND == "sqlite", reason="about roles of a server")
STATEMENTS = {**EVERYWHERE, **(SQLITE if KIND == "sqlite" else POSTGRESQL)}


@pytest.fixture
def practice(cast):
    return cast.good_therapy


@pytest.fixture
def filled(practice):
    """With a row in each table that is only added to: SQLite's triggers ask about rows."""
    if KIND == "sqlite":
        as_owner(practice, "PRAGMA foreign_keys=OFF", *map(a_row, guards.tables()))
    return practice


def a_row(table):
    fields = model_of(table)._meta.concrete_fields
    names = ", ".join(f'"{field.column}"' for field in fields)
    values = ", ".join(f"'{field.choices[0][0]}'" if field.choices else "999" for field in fields)
    return f"INSERT INTO {table} ({names}) VALUES ({values})"


def model_of(table):
    (model,) = [one for one in guards.apps.get_models() if one._meta.db_table == table]
    return model


@pytest.mark.parametrize("name", STATEMENTS)
def test_the_application_itself_is_refused_for_every_table(filled, name):
    with binding.bind(filled), connections["default"].cursor() as cursor:
        for table in guards.tables():
            last = model_of(table)._meta.concrete_fields[-1].column
            with pytest.raises(DatabaseError, match=REFUSED), transaction.atomic():
                cursor.execute(STATEMENTS[name].format(table=table, column=last))
        assert guards.faults() == []


def test_every_model_that_is_only_added_to_is_among_them():
    assert {"audit_event", "audit_checkpoint", "audit_heldcheckpoint", "audit_cosignature", "audit_tile"} <= {
        *guards.tables()
    }


def test_the_application_goes_on_reading_adding_and_changing_all_else(practice, cast):
    cast.administrator(practice, "priya")
    client = cast.signed_in(practice, "priya")

    assert client.get("/settings/users/").status_code == 200
    assert cast.events(practice, action="users.listed")


def drop_a_trigger(instance, table):
    name = f"{table}_no_delete" if KIND == "sqlite" else f"{table}_no_change ON {table}"
    as_owner(instance, f"DROP TRIGGER {name}")


@pytest.mark.parametrize("table", ["audit_checkpoint", "audit_tile"])
def test_a_trigger_that_is_gone_is_named(practice, table):
    drop_a_trigger(practice, table)

    with binding.bind(practice):
        (fault,) = guards.faults()
    assert "DELETE" in fault and table in fault
    assert check.fault_of(practice) == fault


def test_what_keeps_events_behind_all_others_is_missed_when_it_is_gone(practice):
    gone = "DROP TRIGGER event_is_last" if KIND == "sqlite" else (
        "ALTER TABLE audit_event DROP CONSTRAINT event_is_numbered"
    )
    as_owner(practice, gone)

    with binding.bind(practice):
        (fault,) = guards.faults()
    assert "INSERT before" in fault and "audit_event" in fault
    assert check.fault_of(practice) == fault


def test_an_instance_whose_upgrade_lost_a_trigger_stays_shut_and_the_others_open(practice, cast):
    """A migration that rebuilds a table does this on SQLite, where triggers hang on the table."""
    drop_a_trigger(practice, "audit_checkpoint")
    Instance.objects.update(schema="old")

    results = {instance.slug: error for instance, error in provisioning.upgrade_all()}

    assert isinstance(results.pop("good-therapy"), guards.Unguarded)
    assert set(results.values()) == {None}
    assert cast.client(practice).get("/sign-in/").status_code == 503
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 200


@pytest.mark.skipif(KIND != "sqlite", reason="about tables that Django builds anew")
def test_a_table_that_django_rebuilt_is_found(practice):
    with binding.bind_as_owner(practice):
        with connections["default"].schema_editor() as editor:
            editor._remake_table(Checkpoint)
        assert [fault.partition(" of ")[2] for fault in guards.faults()] == ["audit_checkpoint"] * 2


@pytest.mark.parametrize("weak", [
    ("CREATE TRIGGER audit_tile_no_delete BEFORE DELETE ON audit_tile WHEN 1 = 2 "
     "BEGIN SELECT RAISE(ABORT, 'no'); END"),
    "CREATE TRIGGER audit_tile_no_delete BEFORE DELETE ON audit_tile BEGIN SELECT 1; END",
    "CREATE TRIGGER audit_tile_no_delete AFTER DELETE ON audit_tile BEGIN SELECT RAISE(IGNORE); END",
] if KIND == "sqlite" else [
    "ALTER TABLE audit_tile DISABLE TRIGGER audit_tile_no_change",
    "ALTER TABLE audit_tile ENABLE REPLICA TRIGGER audit_tile_no_change",
    ("CREATE OR REPLACE TRIGGER audit_tile_no_change BEFORE UPDATE OR DELETE ON audit_tile "
     "FOR EACH STATEMENT EXECUTE FUNCTION event_refuse()"),
    ("CREATE OR REPLACE TRIGGER audit_tile_no_change BEFORE UPDATE OF root OR DELETE OR TRUNCATE ON audit_tile "
     "FOR EACH STATEMENT EXECUTE FUNCTION event_refuse()"),
    "CREATE OR REPLACE FUNCTION event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
])
def test_a_trigger_that_refuses_nothing_is_none(practice, weak):
    if KIND == "sqlite":
        as_owner(practice, "DROP TRIGGER audit_tile_no_delete", weak)
    else:
        as_owner(practice, weak)

    with binding.bind(practice):
        assert any("audit_tile" in fault for fault in guards.faults())


@on_a_server
@pytest.mark.parametrize(("given", "named"), [
    (f"GRANT UPDATE ON audit_event TO {APPLICATION}", "may change audit_event"),
    (f"GRANT UPDATE (person) ON audit_event TO {APPLICATION}", "may change audit_event"),
    ("GRANT DELETE ON audit_checkpoint TO PUBLIC", "may change audit_checkpoint"),
    (f"GRANT TRUNCATE ON audit_tile TO {APPLICATION}", "may change audit_tile"),
    (f"GRANT TRIGGER ON audit_event TO {APPLICATION}", "may change audit_event"),
    (f"GRANT CREATE ON SCHEMA public TO {APPLICATION}", "makes tables"),
])
def test_a_power_too_many_is_named_and_the_next_upgrade_takes_it_away(practice, given, named):
    as_owner(practice, given)
    with binding.bind(practice):
        (fault,) = guards.faults()
    assert fault.endswith(named) and check.fault_of(practice) == fault

    provisioning.upgrade(practice)

    with binding.bind(practice):
        assert guards.faults() == []


@on_a_server
def test_a_template_without_the_grants_lets_the_application_do_nothing(practice, monkeypatch):
    """Planted: the step after the migrations is left out. It fails shut, and is found."""
    monkeypatch.setattr(settings, "AFTER_MIGRATING", [])
    draft = provisioning._migrated_draft(server=practice.server)

    with binding.bind_as_owner(draft):
        assert guards.faults() == []
    with pytest.raises(DatabaseError, match="permission denied"), binding.bind(draft):
        record.write(system(), "signed-out")
    provisioning.drop_database(draft)


@on_a_server
def test_a_template_that_gives_the_application_everything_is_refused(practice, monkeypatch):
    """Planted: the grants of an ordinary application."""
    def generous(role):
        with connections["default"].cursor() as cursor:
            cursor.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
            cursor.execute(f"GRANT ALL ON SCHEMA public TO {role}")

    monkeypatch.setattr(guards, "grant", generous)
    with pytest.raises(guards.Unguarded, match="may change audit_event"):
        provisioning._migrated_draft(server=practice.server)


@on_a_server
def test_an_application_that_could_become_the_owner_is_found(practice, prepared):
    _, server = prepared
    with psycopg.connect(server.dsn(), autocommit=True) as admin, binding.bind(practice):
        admin.execute(f"GRANT {OWNER} TO {APPLICATION}")
        found = guards.faults()
        admin.execute(f"REVOKE {OWNER} FROM {APPLICATION}")
        assert any("owns the database" in fault for fault in found) and guards.faults() == []


@on_a_server
def test_no_other_role_connects_to_an_instance(practice):
    with binding.bind(practice), connections["default"].cursor() as cursor:
        cursor.execute("SELECT datacl::text FROM pg_database WHERE datname = current_database()")
        (privileges,) = cursor.fetchone()
    assert {entry.partition("=")[0] for entry in privileges.strip("{}").split(",")} == {OWNER, APPLICATION}


@on_a_server
@pytest.mark.everybody
def test_without_an_owner_nothing_is_made_and_everything_is_served(practice, cast, monkeypatch):
    monkeypatch.setattr(settings, "DATABASE_OWNERS", {})

    with pytest.raises(DatabaseError, match="COUNTERSIGN_OWNERS names no owner for pg1"):
        cast.installation.open("another", "Another")
    assert [error.__class__.__name__ for _, error in outdated(provisioning.upgrade_all)] == ["OperationalError"] * 5
    Instance.objects.update(schema=schema.fingerprint())
    assert cast.client(practice).get("/sign-in/").status_code == 200


def outdated(verb):
    Instance.objects.update(schema="old")
    return list(verb())


@pytest.mark.parametrize(("servers", "owners", "why"), [
    ("pg1=postgresql://app@host/", "pg1=postgresql://app@host/", "another role for pg1"),
    ("pg1=postgresql://app@host/", "pg2=postgresql://owner@host/", "no such server"),
    ("pg1=postgresql://host/", "pg1=postgresql://owner@host/", "another role for pg1"),
])
def test_one_role_for_both_does_not_start(monkeypatch, servers, owners, why):
    monkeypatch.setenv("COUNTERSIGN_SERVERS", servers)
    monkeypatch.setenv("COUNTERSIGN_OWNERS", owners)

    with pytest.raises(ImproperlyConfigured, match=why):
        environment.owners("COUNTERSIGN_OWNERS", environment.servers("COUNTERSIGN_SERVERS"))
