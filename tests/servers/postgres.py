"""A throw-away PostgreSQL: own folder, own unprivileged user, no network, gone afterwards.

It listens on a unix socket only, so nothing outside this machine can reach it and two can run at
once. All roles have random passwords (scram): `admin` may do anything, `countersign_owner` creates databases and owns
what is in them, `countersign` is what the application is and creates nothing.
"""

import atexit
import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from tests.servers.absent import absent
from tests.servers.places import scratch_folder, unprivileged

ADMIN, OWNER, APPLICATION = "admin", "countersign_owner", "countersign"
PROGRAMS = ("initdb", "postgres", "pg_ctl")
START_SECONDS, STOP_SECONDS, INITDB_SECONDS = 30, 20, 120

# Durability is given up for speed: a crash loses a cluster that is thrown away anyway.
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}

# Ends the server and its folder when the tests are killed outright (the pipe then closes): neither
# `finally` nor atexit runs after SIGKILL. pg_ctl finds the server by its own pid file.
WATCH = 'read -r _; "$1" stop -s -m immediate -t 10 -D "$2/data"; rm -rf "$2"'


def find_postgres() -> Path | None:
    """The newest folder with initdb, postgres and pg_ctl in it; Debian keeps them off the PATH."""
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    newest_first = sorted(debian, key=_version, reverse=True)
    on_path = shutil.which("postgres")
    if on_path:
        newest_first.append(Path(on_path).resolve().parent)
    for folder in newest_first:
        if all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
            return folder
    return None


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parent.name.split(".") if part.isdigit())


class PostgresServer:
    """A running server. Made by `postgres_server`, which also ends it."""

    def __init__(self, programs: Path, **settings: str) -> None:
        self._owner = os.getpid()
        self._programs = programs
        self._runs_as = unprivileged()
        self._settings = {**SETTINGS, **settings}
        self._passwords = {role: secrets.token_urlsafe(24) for role in (ADMIN, OWNER, APPLICATION)}
        self._process: subprocess.Popen | None = None
        self._watch: subprocess.Popen | None = None
        self.folder = scratch_folder(self._runs_as)
        self.socket_folder = self.folder / "socket"
        atexit.register(self.stop)
        try:
            self._create_cluster()
            self._watch_over()
            self.start()
            self._create_roles()
        except BaseException:
            self.stop()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def dsn(self, dbname: str = "postgres") -> str:
        """The address of a database for the superuser."""
        return self._address(ADMIN, dbname)

    def owner_dsn(self, dbname: str = "postgres") -> str:
        """The address of a database for the role that creates and owns it."""
        return self._address(OWNER, dbname)

    def app_dsn(self, dbname: str = "postgres") -> str:
        """The address of a database for the application's own role."""
        return self._address(APPLICATION, dbname)

    def stop(self) -> None:
        """Ends the server (only the process started here) and removes its folder; safe to repeat."""
        if os.getpid() != self._owner:
            return  # A forked child inherits the atexit call, not the server.
        atexit.unregister(self.stop)
        if self._process is not None:
            _end(self._process, signal.SIGINT)  # SIGINT is the fast shutdown: connections are cut.
        if self._watch is not None:
            _end(self._watch, signal.SIGKILL)
            self._watch.stdin.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _address(self, role: str, dbname: str) -> str:
        user, password = quote(role, safe=""), quote(self._passwords[role], safe="")
        host = quote(str(self.socket_folder), safe="")
        return f"postgresql://{user}:{password}@/{quote(dbname, safe='')}?host={host}"

    def _create_cluster(self) -> None:
        self.socket_folder.mkdir(mode=0o755)
        password_file = self.folder / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._passwords[ADMIN])
        for path in (self.socket_folder, password_file):
            os.chown(path, self._runs_as.uid, self._runs_as.gid)
        command = [
            *(self._programs / "initdb", "--pgdata", self.folder / "data", "--username", ADMIN),
            *("--pwfile", password_file, "--auth", "scram-sha-256", "--no-sync", "--no-instructions"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
        ]
        done = subprocess.run(
            command,
            **self._surroundings(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=INITDB_SECONDS,
        )
        password_file.unlink()
        if done.returncode:
            raise RuntimeError(f"initdb failed ({done.returncode}):\n{done.stdout}{done.stderr}")

    def start(self) -> None:
        """Start it, also after `kill`, and wait until it answers."""
        # libpq takes the socket's number from PGPORT where an address has none; so does this server.
        settings = {
            **self._settings,
            "port": os.environ.get("PGPORT", "5432"),
            "unix_socket_directories": str(self.socket_folder),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.folder / "data", *options],
                **self._surroundings(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C ends the tests first, and they end the server.
            )
        self._wait_until_ready()

    def kill(self) -> None:
        """SIGKILL to the server and to every process that works for a connection; returns when all are gone."""
        processes = self._stopped()
        for pid in reversed(processes):
            os.kill(pid, signal.SIGKILL)
        self._process.wait(STOP_SECONDS)
        deadline = time.monotonic() + STOP_SECONDS
        while any(Path(f"/proc/{pid}").exists() for pid in processes[1:]):
            assert time.monotonic() < deadline, "Something of the server outlives SIGKILL."
            time.sleep(0.01)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Within the block its connections stand and nobody answers on them, nor at the door."""
        processes = self._stopped()
        try:
            yield
        finally:
            for pid in processes:
                os.kill(pid, signal.SIGCONT)

    def _stopped(self) -> list[int]:
        """Stop the server, then its children, of which there are no new ones any more. Returns their ids."""
        os.kill(self.pid, signal.SIGSTOP)
        children = _children(self.pid)
        for pid in children:
            os.kill(pid, signal.SIGSTOP)
        return [self.pid, *children]

    def _watch_over(self) -> None:
        self._watch = subprocess.Popen(
            ["/bin/sh", "-c", WATCH, "watch", self._programs / "pg_ctl", self.folder],
            **self._surroundings(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL ended at once ({self._process.returncode}):\n{self._log_tail()}")
            try:
                psycopg.connect(self.dsn(), connect_timeout=2).close()
            except psycopg.OperationalError as refusal:
                if time.monotonic() > deadline:
                    text = f"PostgreSQL was not ready in {START_SECONDS} s: {refusal}\n{self._log_tail()}"
                    raise RuntimeError(text) from refusal
                time.sleep(0.05)
            else:
                return

    def _create_roles(self) -> None:
        with psycopg.connect(self.dsn(), autocommit=True) as connection:
            for role, more in ((OWNER, "CREATEDB"), (APPLICATION, "NOCREATEDB")):
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER {} PASSWORD {}").format(
                        sql.Identifier(role), sql.SQL(more), sql.Literal(self._passwords[role])
                    )
                )

    def _log_tail(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join((self.folder / "log").read_text(errors="replace").splitlines()[-25:])
        return "(it left no log)"

    def _surroundings(self) -> dict:
        """Nothing of the developer's own PostgreSQL (PGDATA, PGHOST, ...) may steer this one."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment = {**kept, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"}
        return {"cwd": self.folder, "env": environment, **self._runs_as.arguments}


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


def _end(process: subprocess.Popen, first: signal.Signals) -> None:
    for call in (first, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(call)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=STOP_SECONDS)


@contextlib.contextmanager
def postgres_server(**settings: str) -> Iterator[PostgresServer]:
    """A server for the length of the block. Without PostgreSQL the test is skipped, or fails in CI.

    settings: of postgresql.conf, in place of or besides SETTINGS.
    """
    programs = find_postgres()
    if programs is None:
        absent("PostgreSQL", install="apt install postgresql (nothing needs to be running or set up)")
    server = PostgresServer(programs, **settings)
    try:
        yield server
    finally:
        server.stop()
