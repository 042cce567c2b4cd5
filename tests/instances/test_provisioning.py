"""A new database is a copy of a migrated template; it appears whole or not at all, and no path is used twice."""

import os

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connections

from countersign.instances import binding, catalogue, locations, provisioning, schema
from countersign.instances.models import Instance, InstanceKind, InstanceState
from countersign.people.models import User
from tests.conftest import KIND

sqlite_only = pytest.mark.skipif(KIND != "sqlite", reason="about files")


def test_a_new_instance_has_every_table_and_no_row(cast):
    with binding.bind(cast.good_therapy):
        assert not User.objects.exists()
        with connections["default"].cursor() as cursor:
            assert "audit_event" in connections["default"].introspection.table_names(cursor)


def test_a_database_that_is_there_is_not_overwritten(cast):
    with pytest.raises(Exception, match=r"already|exists"):
        provisioning.create_database(cast.good_therapy)

    with binding.bind(cast.good_therapy):
        assert not User.objects.exists()


@sqlite_only
def test_the_next_generation_has_a_path_of_its_own(cast):
    first = locations.sqlite_path(cast.good_therapy)
    cast.good_therapy.generation += 1

    provisioning.create_database(cast.good_therapy)

    assert first.exists() and locations.sqlite_path(cast.good_therapy) not in (first, None)


@sqlite_only
def test_nobody_but_the_owner_reads_the_folder(cast):
    assert os.stat(locations.folder(cast.good_therapy)).st_mode & 0o077 == 0


def test_when_the_catalogue_refuses_no_database_is_left_over(installation, monkeypatch):
    made = []
    monkeypatch.setattr(Instance, "save", lambda *args, **kwargs: 1 / 0)
    create = provisioning.create_database
    monkeypatch.setattr(provisioning, "create_database", lambda instance: (made.append(instance), create(instance)))

    with pytest.raises(ZeroDivisionError):
        catalogue.open_instance(name="Lost", slug="lost", kind=InstanceKind.PRACTICE, by="the test")

    (instance,) = made
    if KIND == "sqlite":
        assert not locations.folder(instance).exists()
    else:
        with pytest.raises(Exception, match="does not exist"), binding.bind(instance):
            User.objects.exists()


def test_an_instance_with_another_schema_is_not_bound(cast):
    Instance.objects.filter(id=cast.good_therapy.id).update(schema="old")

    response = cast.client(cast.good_therapy).get("/sign-in/")

    assert response.status_code == 503
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 200


@pytest.mark.everybody
def test_one_that_cannot_be_upgraded_does_not_stop_the_rest(cast):
    Instance.objects.update(schema="old")
    broken = cast.elm_street
    binding.pool.forget(broken)
    if KIND == "sqlite":
        locations.sqlite_path(broken).write_bytes(b"not a database" * 1000)
    else:
        Instance.objects.filter(id=broken.id).update(generation=99)

    results = {instance.slug: error for instance, error in provisioning.upgrade_all()}

    assert results.pop("elm-street") is not None
    assert set(results.values()) == {None} and len(results) == 4
    current = set(Instance.objects.filter(schema=schema.fingerprint()).values_list("slug", flat=True))
    assert current == set(results)
    assert [instance.slug for instance, _ in provisioning.upgrade_all()] == ["elm-street"]


@pytest.mark.parametrize("state", [InstanceState.SUSPENDED, InstanceState.ARCHIVED])
def test_a_closed_instance_answers_nobody(cast, state):
    cast.administrator(cast.good_therapy)
    client = cast.signed_in(cast.good_therapy)

    catalogue.change_state(cast.good_therapy, state=state, by="Support", reason="a test")

    assert client.get("/").status_code == 503
    assert client.get("/sign-in/").status_code == 503
    if state == InstanceState.ARCHIVED:
        with pytest.raises(ValidationError):
            catalogue.change_state(cast.good_therapy, state=InstanceState.ACTIVE, by="Support", reason="back")


@sqlite_only
def test_one_corrupt_file_among_many_is_one_instance_down(installation):
    """Case 68: 1 says so, the others work."""
    instances = [installation.open(f"practice-{number}", f"Practice {number}") for number in range(20)]
    broken = instances[7]
    binding.pool.clear()
    content = bytearray(locations.sqlite_path(broken).read_bytes())
    content[:4096] = bytes(byte ^ 0xFF for byte in content[:4096])
    locations.sqlite_path(broken).write_bytes(content)
    locations.sqlite_path(broken).with_name("1.sqlite3-wal").unlink(missing_ok=True)

    answers = {}
    for instance in instances:
        client = installation.client(instance, raise_request_exception=False)
        response = client.post("/sign-in/", {"user_id": "nobody", "password": "not a password"})
        answers[instance.slug] = response.status_code
    page = installation.client(instances[0]).get("/sign-in/")

    assert answers.pop(broken.slug) == 503
    assert set(answers.values()) == {422}
    assert page.status_code == 200


@pytest.mark.skipif(KIND == "sqlite", reason="about databases on a server")
def test_one_missing_database_among_many_is_one_instance_down(installation):
    instances = [installation.open(f"practice-{number}", f"Practice {number}") for number in range(5)]
    binding.pool.clear()
    provisioning.drop_database(instances[2])

    answers = [
        installation.client(instance, raise_request_exception=False).post(
            "/sign-in/", {"user_id": "nobody", "password": "not a password"}
        ).status_code
        for instance in instances
    ]

    assert answers == [422, 422, 503, 422, 422]


def test_support_cannot_be_closed(cast):
    with pytest.raises(ValidationError):
        catalogue.change_state(cast.support, state=InstanceState.SUSPENDED, by="Support", reason="a slip")


def test_the_data_folder_is_where_the_settings_say(cast):
    if not settings.DEFAULT_SERVER:
        assert locations.sqlite_path(cast.good_therapy).is_relative_to(settings.DATA_DIR)
