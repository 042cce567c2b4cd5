"""Case 66: a restored backup brings nobody back to life, and the record says that it was restarted."""

import shutil
import sqlite3

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from countersign.access.models import PreSession, Visit
from countersign.audit import checkpoints, guards
from countersign.audit.actors import SUPPORT, Actor, system
from countersign.console import restores
from countersign.identity import keys, parties
from countersign.identity.models import Code, Entry, RelyingParty, SigningKey
from countersign.instances import backups, binding, hosts, locations, pg_tools, provisioning, rewound
from countersign.instances.models import Instance, InstanceChange, InstanceState, LatestCheckpoint
from countersign.people import accounts, activations
from countersign.people.models import Activation, Session, User, UserType
from tests.cast import KEY, PASSWORD
from tests.conftest import KIND

BY = Actor(person="Morgan Hale (morgan, command line)", source=SUPPORT)
NEW = "nine grey herons standing"
sqlite_only = pytest.mark.skipif(KIND != "sqlite", reason="about files")
postgresql_only = pytest.mark.skipif(KIND == "sqlite", reason="about databases on a server")


@pytest.fixture
def practice(cast):
    """Good Therapy with Priya, Cole, two keys, and Jane inside."""
    cast.administrator(cast.good_therapy, "priya", "Priya Raman")
    cast.administrator(cast.good_therapy, "second", "Second Admin")
    cast.administrator(cast.support, "morgan", "Morgan Hale")
    cast.user(cast.good_therapy, "cole", name="Cole Ito", email="cole@example.org")
    cast.user(cast.good_therapy, "dana", name="Dana Reed", email="dana@example.org")
    cast.user(cast.good_therapy, "fern", name="Fern Ames", email="fern@example.org")
    cast.jane()
    for key in ("acme-billing", "acme-second", "acme-moving", "acme-quiet"):
        cast.key(key)
    return cast


def within(instance, verb, user_id, **more):
    with binding.bind(instance):
        verb(User.objects.get(user_id=user_id), by=system("Priya Raman"), **more)


def back_up(cast, tmp_path, instance=None):
    file = tmp_path / "backup"
    restores.back_up(instance or cast.good_therapy, file, by=BY)
    return file


def restore(cast, file, instance=None, reason="the disk failed"):
    made = restores.restore(instance or cast.good_therapy, file, by=BY, reason=reason, grace=0)
    for name in ("good_therapy", "acme", "support"):
        setattr(cast, name, Instance.objects.get(id=getattr(cast, name).id))
    return made


def signs_in(cast, user_id, password=PASSWORD, instance=None):
    client = cast.client(instance or cast.good_therapy)
    return client.post("/sign-in/", {"user_id": user_id, "password": password}).status_code == 302


def move(cast, user_id):
    with binding.bind(cast.good_therapy):
        key = User.objects.get(user_id=user_id)
        accounts.change(
            key, by=system(), grantable=None, name=key.name, email="", type=UserType.BILLING, groups=key.groups.all(),
            permissions=[], billing_company=cast.rival.id,
        )


def test_whoever_was_shut_out_after_the_backup_stays_out_and_nobody_else(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path)
    within(cast.good_therapy, accounts.inactivate, "cole")
    within(cast.good_therapy, accounts.set_password, "dana", password=NEW)
    within(cast.good_therapy, accounts.inactivate, "acme-billing")
    within(cast.good_therapy, accounts.set_password, "acme-second", password=NEW)
    move(cast, "acme-moving")

    made = restore(cast, file)

    assert not signs_in(cast, "cole")
    assert not signs_in(cast, "dana") and not signs_in(cast, "dana", NEW)
    assert signs_in(cast, "fern") and signs_in(cast, "priya")
    for key in ("acme-billing", "acme-second", "acme-moving"):
        assert not signs_in(cast, key, KEY) and not signs_in(cast, key, NEW), key
    assert signs_in(cast, "acme-quiet", KEY)
    assert made.ended["users"] == ["acme-billing", "acme-moving", "acme-second", "cole"]
    assert made.ended["passwords"] == ["acme-second", "dana"]
    with binding.bind(cast.good_therapy):
        assert User.objects.get(user_id="dana").is_active


def test_without_the_catalogues_memory_they_would_come_back(practice, tmp_path, monkeypatch):
    """The fault that all this is against, planted: shows that the test above looks."""
    monkeypatch.setattr(accounts.revocations, "note", lambda *args, **more: None)
    file = back_up(practice, tmp_path)
    within(practice.good_therapy, accounts.inactivate, "cole")

    restore(practice, file)

    assert signs_in(practice, "cole")


def test_a_new_password_by_activation_opens_the_account_again_also_after_the_next_restore(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path)
    within(cast.good_therapy, accounts.set_password, "dana", password=NEW)
    restore(cast, file)

    within(cast.good_therapy, accounts.set_password, "dana", password="a third one of many words")
    second = tmp_path / "second"
    restores.back_up(cast.good_therapy, second, by=BY)
    restore(cast, second)

    assert signs_in(cast, "dana", "a third one of many words")


def test_whoever_was_let_in_again_before_the_restore_is_let_in_after_it(practice, tmp_path):
    file = back_up(practice, tmp_path)
    within(practice.good_therapy, accounts.inactivate, "cole")
    within(practice.good_therapy, accounts.reactivate, "cole", grantable=None)

    restore(practice, file)

    assert signs_in(practice, "cole")


def test_nobody_is_signed_in_after_it_and_each_visit_has_its_ending(practice, tmp_path):
    cast = practice
    own, visitor = cast.signed_in(cast.good_therapy, "fern"), cast.visit("acme-quiet")
    half_way = cast.first_part("acme-billing")
    with binding.bind(cast.good_therapy):
        activations.send(User.objects.get(user_id="dana"), by=system())
    file = back_up(cast, tmp_path)

    made = restore(cast, file)

    assert own.get("/").status_code == 302
    cast.go(visitor, "/clients/")
    assert "/sign-in/" in visitor.url
    cast.second_part(half_way)
    assert "could not be signed in" in half_way.text
    with binding.bind(cast.good_therapy):
        assert not Session.objects.open().exists()
        visit = Visit.objects.get()
        assert visit.ending.reason == "the practice's system was restored from a backup"
        assert not Activation.objects.filter(used_at=None, expires_at__gt=visit.ending.at).exists()
        assert not PreSession.objects.filter(used_at=None, expires_at__gt=visit.ending.at).exists()
    assert (made.ended["visits"], made.ended["sessions"], made.ended["activations"]) == (1, 2, 1)


def test_the_record_says_at_which_size_by_whom_and_why_and_names_each_one(practice, tmp_path):
    cast = practice
    cast.visit("acme-quiet")
    file = back_up(cast, tmp_path)
    within(cast.good_therapy, accounts.inactivate, "cole")
    within(cast.good_therapy, accounts.set_password, "dana", password=NEW)
    with binding.bind(cast.good_therapy):
        held = checkpoints.take("the test")
    made = restore(cast, file)

    events = cast.events(cast.good_therapy)
    (index,) = [place for place, event in enumerate(events) if event.action == "record.restarted"]
    restart = events[index]
    assert made.size == index and restart.object == f"size {index}"
    assert (restart.person, restart.source, restart.reason) == (BY.person, SUPPORT, "the disk failed")
    assert restart.changes["ended"]["users"] == ["cole"] and restart.changes["ended"]["visits"] == 1
    assert restart.changes["held by Support"] == held.note and restart.changes["matches its last checkpoint"] is True
    assert made.lost == held.size - index > 0
    after = [(event.action, event.object, event.source) for event in events[index + 1:]]
    assert after == [
        ("user.password.ended", "Dana Reed (dana)", "system"), ("user.inactivated", "Cole Ito (cole)", "system"),
        ("visit.ended", "Jane Doe, for ACME Billing", "system"),
    ]
    (told,) = cast.events(cast.support, action="instance.restored")
    assert told.reason == "the disk failed" and told.changes["size"] == index
    assert InstanceChange.objects.filter(instance=cast.good_therapy).first().reason.startswith("Restored")
    page = cast.signed_in(cast.good_therapy, "priya").get("/reports/user-audit/").content.decode()
    assert f"restarted the record at size {index}" in page.lower()


def test_the_new_record_is_vouched_for_and_support_holds_its_checkpoint(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path)
    within(cast.good_therapy, accounts.inactivate, "cole")
    with binding.bind(cast.good_therapy):
        checkpoints.take("the test")

    restore(cast, file)

    with binding.bind(cast.good_therapy):
        newest = checkpoints.take("the test")
        assert LatestCheckpoint.objects.get(instance=cast.good_therapy).root == newest.root
    assert not cast.events(cast.good_therapy, action="record.contradicted")


def test_a_home_that_is_restored_serves_no_practice_that_it_stopped_and_signs_with_no_retired_key(practice, tmp_path):
    cast = practice
    cast.visit("acme-quiet")
    with binding.bind(cast.acme):
        old = keys.signing().kid
    file = back_up(cast, tmp_path, cast.acme)
    with binding.bind(cast.acme):
        keys.rotate(by=system())
        parties.stop(parties.find(hosts.root(cast.good_therapy)), by=system())
        parties.stop(parties.find(hosts.root(cast.elm_street)), by=system("Ada Admin"))  # not known to the backup

    made = restore(cast, file, cast.acme)

    (restart,) = cast.events(cast.acme, action="record.restarted")
    with binding.bind(cast.acme):
        assert parties.find(hosts.root(cast.good_therapy)) is None and parties.find(hosts.root(cast.elm_street)) is None
        assert keys.signing().kid != old
        assert SigningKey.objects.get(kid=old).retired_at is not None
        assert not Entry.objects.filter(ended_at=None).exists()
        assert RelyingParty.objects.get(client_id=hosts.root(cast.elm_street)).ended_by == "Ada Admin"
        assert not Code.objects.filter(used_at=None, expires_at__gt=restart.at).exists()
    assert made.ended["practices served"] == ["Good Therapy, Inc.", "Elm Street Counseling"]
    assert made.ended["signing keys"] == [old] and made.ended["sign-ins at practices"] == 1


def test_the_database_that_was_served_before_stays_and_no_path_is_used_twice(practice, tmp_path):
    cast = practice
    file, before = back_up(cast, tmp_path), cast.good_therapy
    restore(cast, file)
    restore(cast, file)

    assert cast.good_therapy.generation == before.generation + 2
    assert cast.good_therapy.state == InstanceState.ACTIVE
    for generation in (1, 2, 3):
        before.generation = generation
        with binding.bind_as_owner(before):
            assert User.objects.filter(user_id="priya").exists()


def test_it_is_restored_though_its_own_database_is_lost(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path)
    binding.pool.clear()
    if KIND == "sqlite":
        locations.sqlite_path(cast.good_therapy).write_bytes(b"nothing that could be read" * 1000)
    else:
        provisioning.drop_database(cast.good_therapy)

    restore(cast, file)

    assert signs_in(cast, "priya")


def test_a_backup_of_another_instance_is_refused_and_nothing_is_changed(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path, cast.elm_street)
    with pytest.raises(ValidationError, match="backup of another"):
        restore(cast, file)

    as_before(cast)


def as_before(cast):
    found = Instance.objects.get(id=cast.good_therapy.id)
    assert (found.generation, found.state) == (1, InstanceState.ACTIVE)
    assert not cast.events(cast.good_therapy, action="record.restarted")
    assert backups.left_over(found) == []
    if KIND == "postgresql":
        assert provisioning.generations(found) == [1]
    assert signs_in(cast, "priya")


def test_a_backup_of_a_later_version_is_refused(practice, tmp_path):
    cast = practice
    with binding.bind_as_owner(cast.good_therapy), connections["default"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO django_migrations (app, name, applied) VALUES ('people', '0099_later', CURRENT_TIMESTAMP)"
        )
    file = back_up(cast, tmp_path)
    with binding.bind_as_owner(cast.good_therapy), connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE name = '0099_later'")

    with pytest.raises(ValidationError, match="later version of Countersign \\(people 0099_later\\)"):
        restore(cast, file)
    as_before(cast)


def test_what_is_no_backup_at_all_is_refused(practice, tmp_path):
    (tmp_path / "text").write_bytes(b"to whom it may concern" * 500)
    for file in ("text", "missing"):
        with pytest.raises(ValidationError):
            restore(practice, tmp_path / file)
    as_before(practice)


@sqlite_only
def test_a_backup_cut_short_or_of_something_else_is_refused(practice, tmp_path):
    file = back_up(practice, tmp_path)
    (tmp_path / "cut").write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    connection = sqlite3.connect(tmp_path / "other")
    connection.execute("CREATE TABLE recipes (name text)")
    connection.commit()
    connection.close()
    for name, why in (("cut", "cannot be read|damaged"), ("other", "not a backup of a Countersign instance")):
        with pytest.raises(ValidationError, match=why):
            restore(practice, tmp_path / name)
    as_before(practice)


def test_a_backup_never_replaces_a_file(practice, tmp_path):
    (tmp_path / "backup").write_text("precious")
    with pytest.raises(ValidationError, match="never replaces"):
        back_up(practice, tmp_path)
    assert (tmp_path / "backup").read_text() == "precious"
    assert [event.result for event in practice.events(practice.support, action="instance.backup.made")] == [
        "ok", "failed",
    ]


def test_a_backup_is_on_both_records_readable_by_its_owner_only_and_taken_while_others_write(practice, tmp_path):
    cast = practice
    client = cast.signed_in(cast.good_therapy, "priya")
    file = back_up(cast, tmp_path)

    assert client.get("/settings/users/").status_code == 200
    assert file.stat().st_mode & 0o077 == 0
    assert [event.person for event in cast.events(cast.good_therapy, action="instance.backup.made")] == [BY.person]
    (told,) = cast.events(cast.support, action="instance.backup.made")
    assert told.object == "Good Therapy, Inc."
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]


def test_whoever_is_inactivated_during_the_restore_stays_out(practice, tmp_path, monkeypatch):
    cast = practice
    file, serve = back_up(cast, tmp_path), restores._serve

    def meanwhile(*args, **more):
        within(cast.good_therapy, accounts.inactivate, "cole")  # a request that was still under way
        serve(*args, **more)

    monkeypatch.setattr(restores, "_serve", meanwhile)
    restore(cast, file)

    assert not signs_in(cast, "cole")


def test_support_itself_can_be_restored(practice, tmp_path):
    cast = practice
    cast.user(cast.support, "lee", name="Lee Moss")
    file = back_up(cast, tmp_path, cast.support)
    within(cast.support, accounts.inactivate, "lee")

    restore(cast, file, cast.support)

    assert not signs_in(cast, "lee", instance=cast.support) and signs_in(cast, "morgan", instance=cast.support)
    assert len(cast.events(cast.support, action="record.restarted")) == 1


# Put back by hand


def by_hand(cast, file):
    """As an operator would: the service is stopped, and the older database put where the newer one was."""
    binding.pool.clear()
    if KIND == "sqlite":
        path = locations.sqlite_path(cast.good_therapy)
        shutil.copyfile(file, path)
        for name in ("-wal", "-shm"):
            path.with_name(path.name + name).unlink(missing_ok=True)
    else:
        provisioning.drop_database(cast.good_therapy)
        provisioning.create_empty(cast.good_therapy)
        pg_tools.restore(cast.good_therapy, file)
        with binding.bind_as_owner(cast.good_therapy):
            guards.stand()  # a dump that is put back with its privileges has them again


def test_a_database_put_back_by_hand_is_not_served_until_its_record_is_restarted(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path)
    within(cast.good_therapy, accounts.inactivate, "cole")
    with binding.bind(cast.good_therapy):
        checkpoints.take("the test")
    by_hand(cast, file)

    for _ in range(2):
        page = cast.client(cast.good_therapy).get("/sign-in/")
        assert page.status_code == 503 and "restored from an older copy" in page.content.decode()
        assert "Support must restart its record" in page.content.decode()
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 200
    with pytest.raises(rewound.Rewound), binding.bind(cast.good_therapy):
        pass

    made = restores.restarted(cast.good_therapy, by=BY, reason="copied back after a fire")

    assert made.ended["users"] == ["cole"] and made.lost > 0
    assert signs_in(cast, "fern") and not signs_in(cast, "cole")
    (restart,) = cast.events(cast.good_therapy, action="record.restarted")
    assert restart.reason == "copied back after a fire"


def test_without_the_check_it_would_be_served_as_if_nothing_had_happened(practice, tmp_path, monkeypatch):
    """The fault planted: shows that the test above looks."""
    cast = practice
    file = back_up(cast, tmp_path)
    within(cast.good_therapy, accounts.inactivate, "cole")
    with binding.bind(cast.good_therapy):
        checkpoints.take("the test")
    by_hand(cast, file)
    monkeypatch.setattr(rewound, "refuse", lambda instance, wrapper: None)

    assert signs_in(cast, "cole")


def test_a_database_that_reaches_as_far_as_what_is_held_is_served(practice):
    """It does not fire falsely: right at the checkpoint, and one event short of it."""
    cast = practice
    with binding.bind(cast.good_therapy):
        held = checkpoints.take("the test")
    binding.pool.clear()
    assert cast.client(cast.good_therapy).get("/sign-in/").status_code == 200

    binding.pool.clear()
    LatestCheckpoint.objects.filter(instance=cast.good_therapy).update(seq=held.seq + 1)
    assert cast.client(cast.good_therapy).get("/sign-in/").status_code == 503


def test_a_pooled_connection_asks_nothing(practice):
    cast = practice
    with binding.bind(cast.good_therapy):
        checkpoints.take("the test")
    LatestCheckpoint.objects.update(seq=10**9)
    assert cast.client(cast.good_therapy).get("/sign-in/").status_code == 200


def test_another_instances_database_put_there_by_hand_is_not_restarted(practice, tmp_path):
    cast = practice
    file = back_up(cast, tmp_path, cast.elm_street)
    with binding.bind(cast.good_therapy):
        checkpoints.take("the test")
    by_hand(cast, file)

    with pytest.raises(ValidationError, match="backup of another instance"):
        restores.restarted(cast.good_therapy, by=BY, reason="a slip")


def test_a_connection_that_is_refused_is_closed(practice):
    LatestCheckpoint.objects.create(
        instance=practice.good_therapy, size=10**6, seq=10**6, root="00" * 32, at="2026-01-01T00:00Z", note="x"
    )
    binding.pool.clear()
    opened = []
    connect = binding._connect
    binding._connect = lambda *given: opened.append(connect(*given)) or opened[-1]
    try:
        with pytest.raises(rewound.Rewound), binding.bind(practice.good_therapy):
            pass
    finally:
        binding._connect = connect
    assert [wrapper.connection for wrapper in opened] == [None]
    assert not binding.is_bound()


@postgresql_only
def test_where_the_servers_tools_are_missing_it_says_so(practice, tmp_path, monkeypatch):
    monkeypatch.setattr(pg_tools, "find", lambda program: None)
    with pytest.raises(ValidationError, match="pg_dump is not on this machine"):
        back_up(practice, tmp_path)
    assert list(tmp_path.iterdir()) == []


@postgresql_only
def test_no_password_stands_among_the_arguments(practice, tmp_path, monkeypatch):
    seen, run = [], pg_tools.subprocess.run
    monkeypatch.setattr(pg_tools.subprocess, "run", lambda words, **more: seen.append(words) or run(words, **more))
    restore(practice, back_up(practice, tmp_path))

    (password,) = {server["PASSWORD"] for server in pg_tools.settings.DATABASE_SERVERS.values()}
    assert len(seen) >= 4 and password
    assert not any(password in word for words in seen for word in words)
