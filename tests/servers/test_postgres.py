import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.servers.postgres import SETTINGS, postgres_server


@pytest.fixture(scope="module")
def server():
    with postgres_server() as running:
        yield running


def is_running(pid):
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def answers(server):
    with psycopg.connect(server.dsn()) as connection:
        return connection.execute("SELECT 1").fetchone() == (1,)


def test_the_application_runs_queries_in_a_database_of_its_own(server):
    with psycopg.connect(server.owner_dsn(), autocommit=True) as connection:
        connection.execute('CREATE DATABASE "elm street/1"')
    with psycopg.connect(server.owner_dsn("elm street/1")) as connection:
        connection.execute("CREATE TABLE client (name text)")
        connection.execute("GRANT SELECT, INSERT ON client TO countersign")

    with psycopg.connect(server.app_dsn("elm street/1")) as connection:
        connection.execute("INSERT INTO client VALUES ('Zoë')")
        found = connection.execute("SELECT upper(name) FROM client").fetchone()

    assert found == ("ZOË",)


def test_the_application_is_no_superuser_and_cannot_become_one(server):
    with psycopg.connect(server.app_dsn(), autocommit=True) as connection:
        query = "SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        assert connection.execute(query).fetchone() == ("countersign", False, False, False)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("CREATE DATABASE own")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("ALTER ROLE countersign SUPERUSER")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE admin")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET ROLE countersign_owner")


def test_nobody_comes_in_without_the_password(server):
    address = f"postgresql://admin:wrong@/postgres?host={server.socket_folder}"

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(address)


def test_it_does_not_listen_on_the_network(server):
    with psycopg.connect(server.dsn()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_it_does_not_run_as_root(server):
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0


def test_two_run_at_once_and_one_is_gone_after_stop_while_the_other_stays(server):
    with postgres_server() as second:
        pid, folder = second.pid, second.folder
        assert answers(second)
        assert folder != server.folder

    assert not is_running(pid)
    assert not folder.exists()
    second.stop()  # Harmless to repeat.
    assert answers(server)


def test_it_is_gone_when_the_tests_are_killed_outright(server):
    code = (
        "import time\n"
        "from tests.servers.postgres import postgres_server\n"
        "with postgres_server() as server:\n"
        "    print(server.pid, server.folder, flush=True)\n"
        "    time.sleep(120)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen([sys.executable, "-c", code], cwd=root, stdout=subprocess.PIPE, text=True) as tests:
        pid, folder = tests.stdout.readline().split()
        assert is_running(int(pid))
        tests.send_signal(signal.SIGKILL)

    deadline = time.monotonic() + 60
    while (Path(folder).exists() or is_running(int(pid))) and time.monotonic() < deadline:
        time.sleep(0.1)

    assert not Path(folder).exists()
    assert not is_running(int(pid))


def test_a_server_that_cannot_start_says_why_and_leaves_nothing(monkeypatch):
    monkeypatch.setitem(SETTINGS, "shared_buffers", "nonsense")
    before = {path.name for path in Path("/dev/shm").glob("countersign-pg-*")}

    with pytest.raises(RuntimeError, match='invalid value for parameter "shared_buffers"'), postgres_server():
        pass

    assert {path.name for path in Path("/dev/shm").glob("countersign-pg-*")} <= before
