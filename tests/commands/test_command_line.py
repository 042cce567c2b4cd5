"""The command line: help, exit codes, and one clear sentence instead of a traceback."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time

import httpx
import pytest
from django.conf import settings
from django.core import mail

from countersign.__main__ import run
from countersign.commands import check as checking
from countersign.identity import keys
from countersign.instances import binding, listings, locations, provisioning, schema
from countersign.instances.models import Instance
from countersign.people import post
from countersign.people.models import User
from tests.cast import PASSWORD

pytestmark = pytest.mark.everybody

OPEN = (
    "instance", "create", "--name", "North Harbor", "--slug", "north-harbor", "--administrator", "Nora Harbor",
    "--user-id", "nora.harbor", "--email", "nora@example.org", "--time-zone", "America/Denver",
)


def command(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "countersign", *arguments], capture_output=True, text=True, timeout=60,
        env={"PATH": os.environ["PATH"], **environment},
    )


def behind(*instances):
    """Make the catalogue say that these were migrated by an older version."""
    Instance.objects.filter(id__in=[one.id for one in instances]).update(schema="0" * 16)


def spoil(instance):
    """Flip the beginning of an instance's file, as a bad disk would; a server loses its database."""
    binding.pool.forget(instance)
    if instance.server:
        provisioning.drop_database(instance)
        return
    path = locations.sqlite_path(instance)
    for other in path.parent.glob(f"{path.name}-*"):
        other.unlink()
    with open(path, "r+b") as file:
        file.write(b"\xff" * 4096)


@pytest.mark.parametrize(
    "words",
    [(), ("serve",), ("demo",), ("setup",), ("instance",), ("instance", "create"), ("instance", "list"),
     ("instance", "suspend"), ("instance", "reopen"), ("instance", "archive"),
    ("instance", "rotate-keys"), ("instance", "upgrade"), ("listing",),
     ("listing", "list"), ("listing", "set"), ("keyring",), ("keyring", "rotate"), ("check",)],
)
def test_every_command_has_help(words, capsys):
    with pytest.raises(SystemExit) as stop:
        run([*words, "--help"])

    assert stop.value.code == 0
    assert "usage: countersign" in capsys.readouterr().out


def test_the_help_says_what_the_exit_codes_mean(capsys):
    with pytest.raises(SystemExit):
        run(["--help"])

    assert "Exit codes: 0 done; 1 something failed" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    "words", [(), ("dance",), ("instance",), ("instance", "suspend", "x"), ("listing", "set", "x", "y")]
)
def test_used_wrongly_it_exits_with_2(words, capsys):
    with pytest.raises(SystemExit) as stop:
        run(list(words))

    assert stop.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_a_missing_environment_is_one_sentence_and_exit_code_2():
    result = command("instance", "list")

    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr == "countersign: COUNTERSIGN_SECRET must be set to a random text of 32 characters or more.\n"


@pytest.mark.parametrize(
    ("name", "value"), [("COUNTERSIGN_TLS", "yes"), ("COUNTERSIGN_BASE", "a b"), ("COUNTERSIGN_MAIL", "pigeon:")]
)
def test_a_malformed_setting_is_named(tmp_path, name, value):
    result = command("check", COUNTERSIGN_SECRET="s" * 40, COUNTERSIGN_DATA=str(tmp_path), **{name: value})

    assert result.returncode == 2
    assert result.stderr.startswith(f"countersign: {name} must be") and result.stderr.count("\n") == 1


def test_setup_opens_support_from_nothing_and_only_once(tmp_path):
    data = tmp_path / "data"
    environment = {"COUNTERSIGN_SECRET": "s" * 40, "COUNTERSIGN_DATA": str(data), "PATH": os.environ["PATH"]}
    words = [sys.executable, "-m", "countersign", "setup", "--name", "Morgan Hale", "--user-id", "morgan.hale"]

    def setup(password):
        return subprocess.run(words, input=password, capture_output=True, text=True, timeout=60, env=environment)

    weak = setup("short\n")
    assert weak.returncode == 1 and weak.stderr.startswith("countersign: admin password: ")
    first, second = setup(f"{PASSWORD}\n"), setup(f"{PASSWORD}\n")
    assert first.returncode == 0, first.stderr
    assert "http://support.countersign.localhost:8000/" in first.stdout
    assert (second.returncode, second.stderr) == (1, "countersign: Support's instance is there already.\n")
    assert data.stat().st_mode & 0o777 == 0o700
    checked = command("check", **environment)
    assert checked.returncode == 0, checked.stdout


def test_without_support_nothing_is_opened(installation, capsys):
    assert run(OPEN) == 1
    assert "Run: countersign setup" in capsys.readouterr().err
    assert not Instance.objects.exists()


def test_an_instance_is_created_with_its_activation_and_both_records(cast, capsys):
    assert run(OPEN) == 0
    post.settle()

    assert "http://north-harbor.countersign.localhost:8000/" in capsys.readouterr().out
    instance = Instance.objects.get(slug="north-harbor")
    assert [message.to for message in mail.outbox] == [["nora@example.org"]]
    with binding.bind(instance):
        assert User.objects.get().user_id == "nora.harbor"
    for where in (instance, cast.support):
        (event,) = cast.events(where, action="instance.created")
        assert event.person.endswith(", command line") and event.source == "support"


def test_a_reserved_or_taken_slug_is_named_and_nothing_is_left(cast, capsys):
    for slug in ("con", "good-therapy", "../x"):
        assert run([slug if word == "north-harbor" else word for word in OPEN]) == 1
        assert capsys.readouterr().err.startswith("countersign: slug: ")
    assert Instance.objects.count() == 5


def test_rotated_keys_sign_and_the_old_ones_stay_published_for_a_while(cast):
    cast.jane()
    cast.key()
    before = {key["kid"] for key in _published(cast.acme)}

    assert run(["instance", "rotate-keys", "acme-billing"]) == 0

    assert before < {key["kid"] for key in _published(cast.acme)}
    assert "You are in Good Therapy" in cast.visit().text
    assert len(cast.events(cast.support, action="identity.keys.rotated", object="ACME Billing")) == 1


def _published(instance):
    with binding.bind(instance):
        return keys.published()["keys"]


def test_suspend_reopen_archive_and_list(cast, capsys):
    door = cast.client(cast.elm_street)

    assert run(["instance", "suspend", "elm-street", "--reason", "Unpaid"]) == 0
    assert door.get("/sign-in/").status_code == 503
    assert run(["instance", "suspend", "elm-street", "--reason", "Unpaid"]) == 1
    assert run(["instance", "reopen", "elm-street", "--reason", "Paid"]) == 0
    assert door.get("/sign-in/").status_code == 200
    assert run(["instance", "archive", "elm-street", "--reason", "Gone"]) == 0
    assert run(["instance", "archive", "nobody", "--reason", "Gone"]) == 1
    capsys.readouterr()
    assert run(["instance", "list"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"^elm-street +Elm Street Counseling +Practice +Archived", listed, re.MULTILINE)
    assert [event.reason for event in cast.events(cast.support, action="instance.suspended")] == ["Unpaid"]


def test_listings_are_set_and_listed(cast, capsys):
    assert run(["listing", "set", "acme-billing", "suspended", "--reason", "Complaints"]) == 0
    assert not listings.is_listed(cast.acme.id)
    assert run(["listing", "set", "acme-billing", "applied", "--reason", "No such step"]) == 1
    assert "it cannot become applied" in capsys.readouterr().err

    assert run(["listing", "list"]) == 0
    assert re.search(r"^acme-billing +Suspended .* Complaints$", capsys.readouterr().out, re.MULTILINE)


def test_upgrade_says_n_of_m_and_is_not_done_twice(cast, capsys):
    behind(cast.good_therapy, cast.elm_street)
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 503

    assert run(["instance", "upgrade"]) == 0

    assert capsys.readouterr().out == "1 of 2: good-therapy upgraded\n2 of 2: elm-street upgraded\n"
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 200
    assert run(["instance", "upgrade"]) == 0
    assert capsys.readouterr().out == "Every instance is of this version.\n"


def test_an_interrupted_upgrade_goes_on_where_it_was(cast, capsys):
    behind(cast.acme, cast.good_therapy, cast.elm_street)
    steps = provisioning.upgrade_all()
    next(steps)
    steps.close()  # Ctrl-C

    assert run(["instance", "upgrade"]) == 0
    assert "2 of 2" in capsys.readouterr().out


def test_one_instance_that_fails_stops_no_other_and_is_named_at_the_end(cast, capsys):
    everyone = list(Instance.objects.all())
    behind(*everyone)
    spoil(cast.good_therapy)

    assert run(["instance", "upgrade"]) == 1

    printed = capsys.readouterr().out
    assert "3 of 5" in printed or "4 of 5" in printed
    assert "1 of 5 failed; they stay shut, the others are open:" in printed
    assert re.search(rf"\n  good-therapy \({cast.good_therapy.id}\): (Database|Operational)Error: ", printed)
    current = Instance.objects.filter(schema=schema.fingerprint())
    assert {one.slug for one in current} == {one.slug for one in everyone} - {"good-therapy"}
    assert cast.client(cast.good_therapy).get("/sign-in/").status_code == 503
    assert cast.client(cast.elm_street).get("/sign-in/").status_code == 200
    assert run(["instance", "upgrade"]) == 1
    assert "1 of 1: good-therapy failed" in capsys.readouterr().out


def test_check_names_the_corrupt_instance_and_looks_at_the_others(cast, capsys):
    settings.DATA_DIR.chmod(0o700)
    run(["check"])
    assert "instances: in order" in capsys.readouterr().out
    spoil(cast.good_therapy)

    assert run(["check"]) == 1

    printed = capsys.readouterr().out
    assert "instances: 1 found" in printed
    assert f"  good-therapy ({cast.good_therapy.id}): " in printed
    browser = cast.client(cast.good_therapy)
    browser.raise_request_exception = False
    assert browser.get("/sign-in/").status_code in (200, 503)  # the form needs no database
    assert browser.post("/sign-in/", {"user_id": "x", "password": "y"}).status_code == 503
    assert cast.client(cast.acme).get("/sign-in/").status_code == 200


def test_a_lost_file_is_named_and_never_made_anew(cast, capsys):
    lost = cast.installation.open("lost", "Lost and Found", server="")
    binding.pool.forget(lost)
    locations.sqlite_path(lost).unlink()

    assert checking.fault_of(lost) == "its database file is not there"
    behind(lost)
    assert run(["instance", "upgrade"]) == 1
    assert "lost failed" in capsys.readouterr().out
    assert not locations.sqlite_path(lost).exists()


def test_check_finds_a_folder_that_leads_elsewhere(cast, tmp_path):
    led = cast.installation.open("led", "Led Astray", server="")
    folder = locations.folder(led)
    binding.pool.forget(led)
    shutil.move(folder, tmp_path / "elsewhere")
    folder.symlink_to(tmp_path / "elsewhere")

    assert "lies outside the data folder" in checking.fault_of(led)


def test_check_finds_what_is_behind_and_open_folders(cast, capsys):
    behind(cast.elm_street)
    settings.DATA_DIR.chmod(0o755)

    assert run(["check"]) == 1

    printed = capsys.readouterr().out
    assert "can be read by other users" in printed
    assert "it is of another version. Run: countersign instance upgrade" in printed
    assert "settings: in order" in printed and "catalogue: in order" in printed


def test_check_finds_a_broken_template(installation, monkeypatch):
    monkeypatch.setattr(settings, "DEFAULT_SERVER", "")
    provisioning._sqlite_template()
    path = settings.DATA_DIR / "templates" / f"{schema.fingerprint()}.sqlite3"
    assert list(checking.of_template()) == []

    path.write_bytes(b"\xff" * 8192)

    (sentence,) = checking.of_template()
    assert "Delete it: it is made anew when needed." in sentence


def test_serve_answers_until_it_is_told_to_stop(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    environment = {"COUNTERSIGN_SECRET": "s" * 40, "COUNTERSIGN_DATA": str(tmp_path / "data")}
    server = subprocess.Popen(
        [sys.executable, "-m", "countersign", "serve", "--port", str(port), "--workers", "1"],
        env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )
    try:
        assert wait_for(f"http://127.0.0.1:{port}/readyz", host="countersign.localhost") == "ok\n"
    finally:
        server.send_signal(signal.SIGINT)
        printed, _ = server.communicate(timeout=30)
    assert server.returncode == 0, printed
    assert printed == (
        f"Serving http://countersign.localhost:8000 on 127.0.0.1:{port}, 1 workers.\n"
    )


def wait_for(url, *, host):
    """What a server that is just starting answers."""
    for _ in range(300):
        try:
            return httpx.get(url, headers={"Host": host}, trust_env=False, timeout=60).text
        except httpx.TransportError:  # nobody listens yet, or the one who does is not ready
            time.sleep(0.2)
    raise AssertionError("nobody answers")


def test_a_port_that_is_taken_is_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = subprocess.run(
            [sys.executable, "-m", "countersign", "demo", "--port", str(port)], cwd=tmp_path, capture_output=True,
            text=True, timeout=60, env={"PATH": os.environ["PATH"]},
        )

    assert result.returncode == 1
    assert result.stderr.startswith(f"countersign: Cannot listen on 127.0.0.1:{port} (Address already in use).")
    assert result.stderr.count("\n") == 1 and not (tmp_path / "var").exists()


def test_a_corrupt_catalogue_is_said_without_a_traceback(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "control.sqlite3").write_bytes(b"\xff" * 8192)

    result = command("instance", "list", COUNTERSIGN_SECRET="s" * 40, COUNTERSIGN_DATA=str(data))

    assert result.returncode == 1
    assert result.stderr.startswith("countersign: The database does not answer as it should")
    assert "Traceback" not in result.stderr
