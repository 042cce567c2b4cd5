"""Collectors that do as a test says, and what a feed needs to reach one."""

import contextlib
import socket
import ssl
import struct
import threading

from countersign.audit.feed_wire import Collector
from tests.servers.papers import Authority
from tests.servers.syslog import NAME


@contextlib.contextmanager
def listening(folder, behave):
    """Yields (Collector, octets that were read, in pieces). behave(connection, papers, read) is what it does with each
    connection that is accepted; None accepts none."""
    authority = Authority(folder, "An authority")
    papers = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    papers.load_cert_chain(*authority.issue(NAME))
    pieces, served = [], []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        def accept():
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                served.append(connection)
                with contextlib.suppress(OSError):
                    behave(connection, papers, pieces.append)

        thread = threading.Thread(target=accept)
        if behave:
            thread.start()
        try:
            yield Collector("127.0.0.1", listener.getsockname()[1], NAME, str(authority.file)), pieces
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for connection in served:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            if behave:
                thread.join()
            for connection in served:
                connection.close()


def reads_everything(connection, papers, read):
    with papers.wrap_socket(connection, server_side=True) as tls:
        while octets := tls.recv(65536):
            read(octets)


def reads_and_resets(connection, papers, read):
    with papers.wrap_socket(connection, server_side=True) as tls:
        read(tls.recv(65536))
        tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes_unread(connection, papers, read):
    papers.wrap_socket(connection, server_side=True).close()


def hangs_before_tls(connection, papers, read):
    """Accepted, and never read from."""


def hangs_after_reading(connection, papers, read):
    tls = papers.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False)
    read(tls.recv(65536))
    connection_kept.append(tls)


def hangs_unread(connection, papers, read):
    connection_kept.append(papers.wrap_socket(connection, server_side=True))


connection_kept = []  # until the test closes them
