"""A throw-away rsyslogd that takes syslog over TLS on a loopback port: own folder, own unprivileged user.

Debian: rsyslog, with rsyslog-gnutls ("gtls") or rsyslog-openssl ("ossl").
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.servers.absent import absent
from tests.servers.papers import Authority
from tests.servers.places import unprivileged

PROGRAM = Path("/usr/sbin/rsyslogd")
PACKAGES = {"gtls": "rsyslog-gnutls", "ossl": "rsyslog-openssl"}
SECONDS = 30
NAME = "collector.example"
# In order: where it writes, its papers, one listener, and each message as it came. "Direct": what was read is in the
# file before anything else is read, so that a killed one loses nothing that it had confirmed.
CONFIGURATION = """
global(
  workDirectory="{folder}" maxMessageSize="16k" DefaultNetstreamDriver="{driver}"
  DefaultNetstreamDriverCAFile="{ca}" DefaultNetstreamDriverCertFile="{crt}" DefaultNetstreamDriverKeyFile="{key}"
)
module(load="imtcp" StreamDriver.Name="{driver}" StreamDriver.Mode="1" StreamDriver.AuthMode="{auth}"{peers})
template(name="as-it-came" type="list") {{ property(name="rawmsg") constant(value="\\n") }}
ruleset(name="keep" queue.type="Direct") {{ action(type="omfile" file="{folder}/messages" template="as-it-came") }}
input(type="imtcp" address="127.0.0.1" port="{port}" ruleset="keep")
"""


class Collector:
    """Made by `collector`, which also ends it. `.port`, `.authority`; `messages()` is what it has written down."""

    def __init__(self, folder: Path, driver: str, auth: str) -> None:
        self.folder, self._process, self._runs_as = folder, None, unprivileged()
        self.port, self.authority = free_port(), Authority(folder, "An authority")
        crt, key = self.authority.issue(NAME)
        (folder / "rsyslog.conf").write_text(CONFIGURATION.format(
            folder=folder, driver=driver, ca=self.authority.file, crt=crt, key=key, port=self.port, auth=auth,
            peers="" if auth == "anon" else ' PermittedPeer="client.example"',
        ))
        for path in (folder, *folder.iterdir()):
            os.chown(path, self._runs_as.uid, self._runs_as.gid)

    def start(self, *, wait: bool = True) -> None:
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "-n", "-f", self.folder / "rsyslog.conf", "-i", self.folder / "pid"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._runs_as.arguments,
            )
        deadline = time.monotonic() + SECONDS
        while wait and not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"rsyslogd did not start:\n{self.log()}")
            time.sleep(0.02)

    def stop(self, number: int = signal.SIGTERM) -> None:
        """Ends only the process that was started here."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(SECONDS)
            self._process = None

    def messages(self) -> list[str]:
        path = self.folder / "messages"
        return path.read_text(encoding="utf-8").splitlines() if path.exists() else []

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=2):
            return True
        return False


@contextlib.contextmanager
def collector(driver: str, *, auth: str = "anon") -> Iterator[Collector]:
    """auth: "anon", or "x509/name" to take messages from client.example only."""
    if not PROGRAM.exists() or not list(Path("/usr/lib").glob(f"*/rsyslog/lmnsd_{driver}.so")):
        absent(f"rsyslogd with {driver}", install=f"apt install rsyslog {PACKAGES[driver]}")
    folder = Path(tempfile.mkdtemp(prefix="countersign-rsyslog-"))
    made = Collector(folder, driver, auth)
    try:
        made.start()
        yield made
    finally:
        made.stop(signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]
