"""What stands between the application and PostgreSQL, and cuts the line at a chosen message.

It listens on a unix socket in a folder of its own, so an address that names the folder as `host` leads through it.
"""

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

NEVER, UNSENT, UNANSWERED = "never", "the server never gets it", "the server does it and its answer is lost"
JOIN_SECONDS = 20


class Line:
    """`cut(message, how)` arms it, once. `sent`: whatever the application said since then; `cuts`: how often it cut."""

    def __init__(self, folder: Path, server: Path) -> None:
        self._server, self._lock = server, threading.Lock()
        self._message, self._how, self.sent, self.cuts = b"", NEVER, b"", 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / server.name))
        self._listener.listen(64)
        self._threads, self._ends = [], []
        self._begin(self._accept)

    def cut(self, message: bytes, how: str) -> None:
        with self._lock:
            self._message, self._how, self.sent, self.cuts = message, how, b"", 0

    def stop(self) -> None:
        _hang_up(self._listener)
        for end in self._ends:
            _hang_up(end)
        for thread in self._threads:
            thread.join(JOIN_SECONDS)

    def _begin(self, work, *args) -> None:
        self._threads.append(threading.Thread(target=work, args=args, daemon=True))
        self._threads[-1].start()

    def _accept(self) -> None:
        while True:
            try:
                ours, _ = self._listener.accept()
            except OSError:
                return
            theirs = socket.socket(socket.AF_UNIX)
            theirs.connect(str(self._server))
            self._ends += [ours, theirs]
            lost = threading.Event()
            self._begin(self._forth, ours, theirs, lost)
            self._begin(self._back, ours, theirs, lost)

    def _forth(self, ours: socket.socket, theirs: socket.socket, lost: threading.Event) -> None:
        """What the application says, up to the message that is cut off."""
        with contextlib.suppress(OSError):
            while data := ours.recv(65536):
                how = self._judged(data)
                if how == UNSENT:
                    break
                if how == UNANSWERED:
                    lost.set()  # _back hangs up once the server has answered: then it is done
                theirs.sendall(data)
        if not lost.is_set():
            _hang_up(ours)
            _hang_up(theirs)

    def _back(self, ours: socket.socket, theirs: socket.socket, lost: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := theirs.recv(65536):
                if lost.is_set():
                    break
                ours.sendall(data)
        _hang_up(ours)
        _hang_up(theirs)

    def _judged(self, data: bytes) -> str:
        with self._lock:
            self.sent += data
            if self._how == NEVER or self._message not in data or self.cuts:
                return NEVER
            self.cuts += 1
            return self._how


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextlib.contextmanager
def cutting(folder: Path, server: Path) -> Iterator[Line]:
    """server: the path of its unix socket. The folder's path must be short, as that of every unix socket."""
    os.makedirs(folder, exist_ok=True)
    line = Line(folder, server)
    try:
        yield line
    finally:
        line.stop()
