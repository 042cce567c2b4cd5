"""Two processes that are about to do the same to one database: one does it, and the other finds it done (case 67).

On PostgreSQL each has a data folder of its own, as on two machines: what is shared is the database alone.
"""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core import mail
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from countersign.audit import guards
from countersign.audit.actors import system
from countersign.audit.models import CheckpointReader
from countersign.instances import binding, locks, schema
from countersign.instances.models import Instance
from countersign.people import post
from countersign.reports import readers
from tests.conftest import KIND
from tests.faults.serving import Served

PATIENCE_SECONDS = 120
OF_INSTANCE, OF_CATALOGUE = ("keyring", "0004_more_asked"), ("instances", "0006_key_rings")


@pytest.fixture
def begin(installation, tmp_path):
    """Begin `countersign …` in a process; all of them end with the test."""
    begun = []

    def begin(*words):
        environment = {**Served(installation).environment, "COUNTERSIGN_MAIL": f"folder:{tmp_path / 'mails'}"}
        if KIND == "postgresql":
            environment["COUNTERSIGN_DATA"] = str(tmp_path / f"machine-{len(begun)}")
            Path(environment["COUNTERSIGN_DATA"]).mkdir()
        begun.append(subprocess.Popen(
            [sys.executable, "-m", "countersign", *words], env=environment, cwd=Path(__file__).parents[2],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        ))
        return begun[-1]

    (tmp_path / "mails").mkdir()
    yield begin
    for process in begun:
        process.kill()
        process.communicate()


def ended(process):
    """(exit code, what it printed)"""
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return process.returncode, said


def behind(connection, target):
    MigrationExecutor(connection).migrate([target])
    assert target[1] in applied(connection, target[0]) and len(applied(connection, target[0])) == int(target[1][:4])


def applied(connection, room):
    return [name for app, name in MigrationRecorder(connection).applied_migrations() if app == room]


@contextlib.contextmanager
def held(instance):
    """Whoever is to migrate the catalogue (None) or the instance has to wait until the block ends."""
    with contextlib.ExitStack() as stack:
        alias, name = "control", "schema-control"
        if instance:
            # of a SQLite file the lock of the machine comes first, which a restore takes too
            alias, name = "default", f"{'upgrade' if KIND == 'sqlite' else 'upgrading'}-{instance.id}"
            stack.enter_context(binding.bind_as_owner(instance))
        stack.enter_context(locks.of_database(name, alias=alias))
        yield lambda: waiting(connections[alias], name)


def waiting(connection, name):
    """How many processes wait for the lock."""
    if KIND == "sqlite":
        inode = (locks.folder() / name).stat().st_ino
        return sum("->" in line and f":{inode} " in line for line in Path("/proc/locks").read_text().splitlines())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
            "AND query LIKE 'SELECT pg_try_advisory_lock(%%' AND query LIKE %s", [f"%{locks.key(name)}%"],
        )
        return cursor.fetchone()[0]


def both_wait(count, processes):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while count() < len(processes):
        assert all(one.poll() is None for one in processes), [ended(one) for one in processes if one.poll() is not None]
        assert time.monotonic() < deadline, f"{count()} wait"
        time.sleep(0.02)


def test_of_two_that_migrate_an_instance_one_does_it_and_the_other_finds_it_done(cast, begin):
    instance = cast.good_therapy
    binding.pool.forget(instance)
    with binding.bind_as_owner(instance):
        behind(connections["default"], OF_INSTANCE)
    Instance.objects.filter(id=instance.id).update(schema="old")

    with held(instance) as count:
        processes = [begin("instance", "upgrade") for _ in range(2)]
        both_wait(count, processes)

    assert [ended(one) for one in processes] == [(0, "1 of 1: good-therapy upgraded\n")] * 2
    assert Instance.objects.get(id=instance.id).schema == schema.fingerprint()
    with binding.bind(instance):
        assert sorted(applied(connections["default"], OF_INSTANCE[0]))[-1] == "0005_waiting"
        assert guards.faults() == []
        with connections["default"].cursor() as cursor:
            cursor.execute("SELECT name FROM django_migrations WHERE app = %s", [OF_INSTANCE[0]])
            names = [name for (name,) in cursor.fetchall()]
    assert len(names) == len(set(names)), "applied once"


def test_of_two_that_migrate_the_catalogue_one_does_it_and_the_other_finds_it_done(cast, begin):
    behind(connections["control"], OF_CATALOGUE)

    with held(None) as count:
        processes = [begin("instance", "list") for _ in range(2)]
        both_wait(count, processes)

    assert [code for code, _ in map(ended, processes)] == [0, 0]
    with connections["control"].cursor() as cursor:
        cursor.execute("SELECT name FROM django_migrations WHERE app = 'instances' AND name LIKE '0007%%'")
        assert len(cursor.fetchall()) == 1


def test_of_two_daily_runs_one_does_the_days_work(cast, begin, tmp_path):
    with binding.bind(cast.good_therapy):
        for name in ("lawyer", "owner"):
            readers.add(f"{name}@example.org", by=system())

    processes = [begin("daily") for _ in range(2)]

    assert [code for code, _ in map(ended, processes)] == [0, 0]
    assert addressed(tmp_path / "mails") == ["lawyer@example.org", "owner@example.org"], "each of them once"
    assert len(cast.events(cast.good_therapy, action="checkpoint.mailed")) == 2


def addressed(folder):
    lines = "\n".join(path.read_text() for path in folder.iterdir()).splitlines()
    return sorted(line.removeprefix("To: ") for line in lines if line.startswith("To: "))


def test_what_another_process_is_at_is_left_to_it(cast, begin, tmp_path):
    with binding.bind(cast.good_therapy):
        readers.add("lawyer@example.org", by=system())

    with binding.bind(cast.good_therapy), locks.of_database(f"daily-{cast.good_therapy.id}") as mine:
        code, said = ended(begin("daily"))

    assert mine and code == 0
    assert said.count("good-therapy: ") == said.count("another process is at it") == len(settings.DAILY)
    assert addressed(tmp_path / "mails") == []


def test_a_second_run_on_the_same_day_mails_nobody_again(cast):
    with binding.bind(cast.good_therapy):
        readers.add("lawyer@example.org", by=system())
        readers.daily()
        readers.add("late@example.org", by=system())
        readers.daily()
    post.settle()

    assert [sent.to for sent in mail.outbox] == [["lawyer@example.org"], ["late@example.org"]]
    with binding.bind(cast.good_therapy):
        assert CheckpointReader.objects.count() == 2


def test_a_lock_ends_with_its_block_and_is_had_by_one_at_a_time(cast):
    with binding.bind(cast.good_therapy), locks.of_database("a") as first:
        with locks.of_machine("b") as other, locks.of_machine("b", wait=False) as second:
            assert (first, other, second) == (True, True, False)
    for _ in range(2):
        with binding.bind(cast.good_therapy), locks.of_database("a", wait=False) as again:
            assert again
