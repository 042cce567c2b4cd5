"""A batch over TLS to a syslog collector (RFC 5425), and whether the collector has read it.

Syslog has no acknowledgement. What there is: behind the batch we say that we are done (close_notify, then FIN) and wait
until the collector closes too. An operating system that closes a connection with octets in it that its program has not
read, or that gets some afterwards, answers with a reset and not with an orderly end. So an orderly end after everything
of ours was acknowledged says that the collector's program has taken the whole batch; anything else says nothing, and
the batch is sent again (docs/decisions/feed.md has what that means).
"""

import contextlib
import socket
import ssl
import struct
import time
from dataclasses import dataclass

CONNECT_SECONDS = 5
BATCH_SECONDS = 10  # from the first octet of the handshake to the orderly end
_ORDERLY = {5, 6, 7}  # FIN_WAIT2, TIME_WAIT, CLOSE: include/net/tcp_states.h


class NotSent(Exception):
    """The collector was not reached, or it is not the one that was named: it has got nothing of the batch."""


class NotConfirmed(Exception):
    """The collector may have read the batch, or a part of it, or nothing."""


@dataclass(frozen=True)
class Collector:
    """Where it is, which name its certificate must carry, and the files (PEM) to know it by and to be known by."""

    host: str
    port: int
    name: str
    ca: str
    certificate: str = ""
    key: str = ""

    def __str__(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def context(collector):
    """The TLS settings. Raises NotSent with a sentence when a file cannot be used."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # asks for a certificate and its name
    made.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 9662
    try:
        which = collector.ca
        made.load_verify_locations(which)
        if collector.certificate:
            which = f"{collector.certificate} with {collector.key}"
            # a key with a passphrase would be asked for on the terminal: an empty one is an error instead
            made.load_cert_chain(collector.certificate, collector.key or None, password=lambda: "")
    except OSError as error:  # ssl.SSLError is one
        raise NotSent(f"{which} cannot be used: {_why(error)}") from None
    return made


def deliver(collector, octets):
    """Send one batch and return once the collector has read all of it. Raises NotSent or NotConfirmed."""
    settings = context(collector)
    try:
        connection = socket.create_connection((collector.host, collector.port), timeout=CONNECT_SECONDS)
    except OSError as error:
        raise NotSent(f"{collector} does not answer: {_why(error)}") from None
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        talk = _Talk(settings, connection, collector.name)
        try:
            talk.shake_hands()
        except OSError as error:
            raise NotSent(f"{collector} was refused: {_why(error)}") from None
        try:
            talk.say(octets)
            talk.wait_for_the_end()
        except OSError as error:
            raise NotConfirmed(f"{collector} did not confirm: {_why(error)}") from None


class _Talk:
    """TLS by hand: what is said when, and whether an end was orderly, a wrapped socket does not tell."""

    def __init__(self, settings, connection, name):
        self.connection, self.until = connection, time.monotonic() + BATCH_SECONDS
        self.ended = False
        self.coming, self.going = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = settings.wrap_bio(self.coming, self.going, server_hostname=name)

    def shake_hands(self):
        while True:
            try:
                self.tls.do_handshake()
            except ssl.SSLWantReadError:
                self._send()
                self._receive()
                if self.ended:
                    raise ConnectionError("it hung up during the handshake") from None
            except ssl.SSLError:
                self._send()  # so that the collector's log has our reason too
                raise
            else:
                return

    def say(self, octets):
        """The batch in one TLS record, and our goodbye behind it, in one piece.

        A collector that stops between the two leaves the goodbye unread, and so does one that throws the next record
        away while it closes (rsyslog with OpenSSL): both show as a reset.
        """
        self.tls.write(octets)
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.unwrap()  # says our close_notify; the collector's need not come
        self._send()
        self.connection.shutdown(socket.SHUT_WR)

    def wait_for_the_end(self):
        while not self.ended:
            self._receive()
        with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLZeroReturnError, ssl.SSLEOFError):
            while self.tls.read(4096):
                pass  # what a collector says is nothing to us, but for an alert: that is raised
        self._acknowledged()

    def _acknowledged(self):
        """After the collector's end: wait until it has acknowledged ours. Raises OSError on a reset."""
        while True:
            state = struct.unpack("B", self.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1))[0]
            fault = self.connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if fault:
                raise OSError(fault, "it hung up before it had read everything")
            if state in _ORDERLY:
                return
            self._left()
            time.sleep(0.002)

    def _send(self):
        octets = self.going.read()
        if octets:
            self.connection.settimeout(self._left())
            self.connection.sendall(octets)

    def _receive(self):
        self.connection.settimeout(self._left())
        octets = self.connection.recv(65536)
        if octets:
            self.coming.write(octets)
        else:
            self.coming.write_eof()
            self.ended = True

    def _left(self):
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"it was silent for {BATCH_SECONDS} s")
        return left


def _why(error):
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not accepted: {error.verify_message}"
    if isinstance(error, TimeoutError):
        return str(error) if str(error).startswith("it was") else "no answer in time"
    if isinstance(error, ssl.SSLError):
        return error.reason or "no TLS"
    return error.strerror or str(error)
