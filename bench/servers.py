"""Starting a real server (granian) on loopback, asking it, and reading what CPU it used."""

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def granian(application, port, environment, *, workers=1):
    """The server, until the block ends: yields its process."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            "--workers", str(workers), "--blocking-threads", "2", "--log-level", "warning", application,
        ],
        env={**os.environ, **environment},
    )
    try:
        _wait(port)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("The server did not start within 10 s.")


def cpu_seconds(process):
    """User and system time of a process and its children so far."""
    found = [process.pid]
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == process.pid:
            found.append(int(stat.parent.name))
    total = 0
    for pid in found:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def ask(port, requests, *, threads=2):
    """Send the requests, a list of (path, host, cookie), over kept connections; every answer must be 200."""
    wrong = []

    def some(part):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for path, host, cookie in part:
            connection.request("GET", path, headers={"Host": host, "Cookie": cookie})
            response = connection.getresponse()
            body = response.read()
            if response.status != 200 or b"</html>" not in body:
                wrong.append((response.status, path))
        connection.close()

    workers = [threading.Thread(target=some, args=(requests[i::threads],)) for i in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if wrong:
        raise RuntimeError(f"{len(wrong)} of {len(requests)} requests went wrong, the first: {wrong[0]}")


def cost(process, port, requests):
    """CPU milliseconds of one request."""
    before = cpu_seconds(process)
    ask(port, requests)
    return (cpu_seconds(process) - before) * 1000 / len(requests)
