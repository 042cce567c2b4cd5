"""`countersign serve` as a process of its own on loopback, to be killed, limited and started again."""

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
from django.conf import settings

from tests.installation import SERVER
from tests.servers.serving import BASE_DOMAIN, LoopbackTransport
from tests.servers.syslog import free_port

READY_SECONDS, GONE_SECONDS = 60, 20
# A request that takes longer than this is one that waits without end.
PATIENCE_SECONDS = 60


class Served:
    """The server of an installation: a process group of its own. `port` stays the same from start to start.

    app, owner, control: the addresses of the databases on PostgreSQL, when they are not the installation's.
    """

    def __init__(self, installation, *, app=None, owner=None, control=None, workers=2):
        self.folder, self.port, self.workers, self.process = installation.folder, free_port(), workers, None
        self.browsers = []
        server = installation.server
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "DJANGO_"))},
            "COUNTERSIGN_SECRET": os.environ["COUNTERSIGN_SECRET"],
            "COUNTERSIGN_DATA": str(settings.DATA_DIR),
            "COUNTERSIGN_BASE": settings.BASE_HOST,
            "COUNTERSIGN_MAIL": "console:",
        }
        if server:
            self.environment |= {
                "COUNTERSIGN_SERVERS": f"{SERVER}={app or server.app_dsn('postgres')}",
                "COUNTERSIGN_OWNERS": f"{SERVER}={owner or server.owner_dsn('postgres')}",
                "COUNTERSIGN_CONTROL": control or server.app_dsn(installation.control),
            }

    @property
    def log(self):
        return (self.folder / "served.log").read_text(errors="replace")

    def start(self):
        """Serve, and wait until it is ready. Returns itself."""
        with open(self.folder / "served.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "countersign", "serve", "--port", str(self.port), "--workers",
                 str(self.workers)],
                env=self.environment, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + READY_SECONDS
        with httpx.Client(transport=LoopbackTransport(self.port), timeout=PATIENCE_SECONDS) as asking:
            while not self._ready(asking):
                assert self.process.poll() is None and time.monotonic() < deadline, self.log
                time.sleep(0.02)
        return self

    def _ready(self, asking):
        with contextlib.suppress(httpx.TransportError):
            return asking.get(f"http://{BASE_DOMAIN}/readyz").status_code == 200
        return False

    def kill(self):
        """SIGKILL to the whole process group, at once; returns when nothing of it is left."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(GONE_SECONDS)
        deadline = time.monotonic() + GONE_SECONDS
        while self.processes():  # the workers are init's now: gone when it has seen to them
            assert time.monotonic() < deadline, "Something of the server outlives SIGKILL."
            time.sleep(0.01)

    def stop(self):
        """End it as an operator would; SIGKILL when that does not help. Safe to repeat."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(GONE_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def processes(self):
        """The ids of all processes of the group that still run."""
        return [pid for pid, (group, state) in running().items() if group == self.process.pid and state not in "ZX"]

    def let_write(self, octets):
        """From now on no file that the server writes to may grow beyond this (setrlimit(2), RLIMIT_FSIZE)."""
        for pid in self.processes():
            _, hardest = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (octets, hardest))

    def browser(self):
        """An HTTP client that finds every host name of ours at this server; closed at the end."""
        self.browsers.append(httpx.Client(transport=LoopbackTransport(self.port), timeout=PATIENCE_SECONDS))
        return self.browsers[-1]

    def __enter__(self):
        return self.start()

    def __exit__(self, *exception):
        for browser in self.browsers:
            browser.close()
        self.stop()


def running():
    """{process id: (its process group, its state)} of this machine."""
    found = {}
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            state, _, group = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            found[int(entry.name)] = (int(group), state)
    return found
