"""Backups at the command line, and kill -9 at every step of them (case 62: no reference without its file)."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings
from django.core import mail

from countersign.__main__ import run
from countersign.console import restores
from countersign.instances import backups, binding, locations
from countersign.instances.models import Instance, InstanceState
from countersign.people import post
from countersign.people.models import User
from tests.conftest import KIND
from tests.instances.test_restore import back_up, practice, signs_in, within  # noqa: F401 - a fixture

sqlite_only = pytest.mark.skipif(KIND != "sqlite", reason="about files")
BY = ("--by", "Morgan Hale", "--reason", "the disk failed")
KILLED = """
import os, signal, sys
import django
django.setup()
from countersign.__main__ import run
from countersign.console import restores
from countersign.instances import backups
room, name = sys.argv[1].split(".")
setattr({"backups": backups, "restores": restores}[room], name, lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))
restores.GRACE_SECONDS = 0
run(sys.argv[2:])
"""


@pytest.fixture(autouse=True)
def no_grace(monkeypatch):
    monkeypatch.setattr(restores, "GRACE_SECONDS", 0)


def said(capsys, *words):
    code = run(["instance", *map(str, words)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_backup_and_a_restore_say_what_they_did_and_who_was_shut_out(practice, tmp_path, capsys):  # noqa: F811
    cast, file = practice, tmp_path / "backup"
    code, out, _ = said(capsys, "backup", "good-therapy", file)
    assert code == 0 and "encrypt it" in out
    within(cast.good_therapy, restores.accounts.inactivate, "cole")

    code, out, _ = said(capsys, "restore", "good-therapy", file, *BY)

    assert code == 0
    assert "Its record was restarted at" in out and "users ended: cole" in out
    cast.good_therapy = Instance.objects.get(id=cast.good_therapy.id)
    (restart,) = cast.events(cast.good_therapy, action="record.restarted")
    assert restart.person.startswith("Morgan Hale (") and restart.person.endswith(", command line)")
    assert not signs_in(cast, "cole") and signs_in(cast, "fern")


@pytest.mark.parametrize(("words", "why"), [
    (("backup", "nowhere", "x"), "There is no instance"),
    (("backup", "good-therapy", "/nowhere/at/all/file"), "could not be written"),
    (("restore", "good-therapy", "/nowhere/file", *BY), "There is no file"),
    (("restore", "good-therapy", "x", "--by", " ", "--reason", "y"), "Say who you are"),
    (("restarted", "good-therapy", "--by", "x", "--reason", " "), "Say why"),
])
def test_what_cannot_be_done_is_said_in_one_sentence(practice, capsys, words, why):  # noqa: F811
    code, _, err = said(capsys, *words)

    assert code and why in err and len(err.splitlines()) == 1


def test_an_archived_instance_is_not_restored(practice, tmp_path, capsys):  # noqa: F811
    file = back_up(practice, tmp_path)
    Instance.objects.filter(slug="good-therapy").update(state=InstanceState.ARCHIVED)

    assert "does not come back" in said(capsys, "restore", "good-therapy", file, *BY)[2]


def test_a_suspended_instance_stays_suspended(practice, tmp_path, capsys):  # noqa: F811
    file = back_up(practice, tmp_path)
    Instance.objects.filter(slug="good-therapy").update(state=InstanceState.SUSPENDED)

    assert said(capsys, "restore", "good-therapy", file, *BY)[0] == 0
    assert Instance.objects.get(slug="good-therapy").state == InstanceState.SUSPENDED


def test_where_nobody_is_left_to_administrate_support_makes_somebody(practice, tmp_path, capsys):  # noqa: F811
    """Whoever was made administrator after the backup is not in it, and whoever was one then may be gone."""
    cast = practice
    within(cast.good_therapy, restores.accounts.inactivate, "second")
    file = back_up(cast, tmp_path)
    cast.administrator(cast.good_therapy, "third", "Third Admin")
    within(cast.good_therapy, restores.accounts.inactivate, "priya")
    new = ("administrator", "good-therapy", "--name", "Nora Vance", "--user-id", "nora", "--email", "nora@example.org")
    assert "who can make another" in said(capsys, *new)[2]

    out = said(capsys, "restore", "good-therapy", file, *BY)[1]
    assert "No System Administrator is active now" in out

    assert said(capsys, *new)[0] == 0
    post.settle()
    assert mail.outbox[-1].to == ["nora@example.org"]
    with binding.bind(Instance.objects.get(slug="good-therapy")):
        assert User.objects.get(user_id="nora").type == "administrator"


@sqlite_only
@pytest.mark.parametrize("point", ["backups._to_disk", "restores._restart", "restores._serve", "restores._again"])
def test_killed_at_any_step_of_a_restore_the_catalogue_names_a_whole_database_and_nobody_comes_back(
    practice, tmp_path, capsys, point  # noqa: F811
):
    cast = practice
    file = back_up(cast, tmp_path)
    within(cast.good_therapy, restores.accounts.inactivate, "cole")

    assert killed(point, "instance", "restore", "good-therapy", file, *BY) == -signal.SIGKILL

    found = cast.good_therapy = Instance.objects.get(id=cast.good_therapy.id)
    assert found.generation == (2 if point == "restores._again" else 1)
    assert locations.sqlite_path(found).exists()
    with binding.bind(found):
        assert not User.objects.active().filter(user_id="cole").exists()
    assert bool(backups.left_over(found)) == (found.generation == 1)
    if found.generation == 1:
        assert said_by_check(capsys), "`countersign check` names what is left over"

    code, out, _ = said(capsys, "restore", "good-therapy", file, *BY)
    assert code == 0 and ("It stays suspended" in out) == (point != "restores._again")
    run(["instance", "reopen", "good-therapy", "--reason", "restored"])
    cast.good_therapy = Instance.objects.get(id=cast.good_therapy.id)
    assert signs_in(cast, "fern") and not signs_in(cast, "cole")
    assert len(cast.events(cast.good_therapy, action="record.restarted")) == 1


def said_by_check(capsys):
    run(["check"])
    return "was left by an interrupted restore" in capsys.readouterr().out


@sqlite_only
def test_killed_while_it_is_written_a_backup_is_not_there(practice, tmp_path, capsys):  # noqa: F811
    file = tmp_path / "backup"

    assert killed("backups._to_disk", "instance", "backup", "good-therapy", file) == -signal.SIGKILL

    assert not file.exists() and [path.name for path in tmp_path.iterdir()] == ["backup.new"]
    assert "left by an interrupted backup" in said(capsys, "backup", "good-therapy", file)[2]


def killed(point, *words):
    """Run a command in a process that is killed where it calls `point`; its exit code."""
    binding.pool.clear()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("COUNTERSIGN_")},
        "DJANGO_SETTINGS_MODULE": "countersign.settings", "COUNTERSIGN_DATA": str(settings.DATA_DIR),
        "COUNTERSIGN_SECRET": settings.MASTER_SECRET,
    }
    return subprocess.run(
        [sys.executable, "-c", KILLED, point, *map(str, words)], env=environment, timeout=120, check=False
    ).returncode
