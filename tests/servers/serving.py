"""The application on a loopback port, and a client that finds it under any host name."""

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import httpx
from django.db import connections

BASE_DOMAIN = "countersign.localhost"
CLOSING_SECONDS = 5


class _QuietHandler(WSGIRequestHandler):
    timeout = 30  # A browser opens connections in advance and may never use them.

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the tests look at answers, not at a log."""


class _ThreadedServer(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, *args: object) -> None:
        self._answering: dict[threading.Thread, socket.socket] = {}
        super().__init__(*args)

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)  # HTTPServer's own would ask DNS for our name.
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()

    def process_request_thread(self, request: socket.socket, client_address: tuple) -> None:
        self._answering[threading.current_thread()] = request
        try:
            super().process_request_thread(request, client_address)
        finally:
            connections.close_all()  # this thread's own, of the catalogue: nobody else could close it
            del self._answering[threading.current_thread()]

    def handle_error(self, request: socket.socket, client_address: tuple) -> None:
        """A browser that goes away is no error; wsgiref has already printed those of the application."""

    def finish_requests(self) -> None:
        """Lets those being answered finish; those still waiting for a request are hung up on."""
        answering = list(self._answering.items())
        for _, connection in answering:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
        deadline = time.monotonic() + CLOSING_SECONDS
        for thread, _ in answering:
            thread.join(max(0.0, deadline - time.monotonic()))


@contextlib.contextmanager
def serve(application: Callable, port: int = 0) -> Iterator[int]:
    """Serves a WSGI application on a port of 127.0.0.1, or a free one, a thread per request; yields the port."""
    server = _ThreadedServer(("127.0.0.1", port), _QuietHandler)
    server.set_app(application)
    accepting = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    accepting.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        server.finish_requests()
        accepting.join(CLOSING_SECONDS)


class LoopbackTransport(httpx.BaseTransport):
    """Sends every host of the base domain to one loopback port, and no request anywhere else.

    Python asks the system's resolver, which often does not know names under `.localhost` (RFC 6761
    6.3 only recommends it). The Host header and the cookies stay those of the address asked for:
    `httpx.Client(transport=LoopbackTransport(port))`.
    """

    def __init__(self, port: int, *, base_domain: str = BASE_DOMAIN) -> None:
        self._port = port
        self._base_domain = base_domain
        self._wire = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        if host != self._base_domain and not host.endswith(f".{self._base_domain}"):
            raise httpx.ConnectError(f"{host} is not under {self._base_domain}", request=request)
        if request.url.scheme != "http":
            raise httpx.UnsupportedProtocol("The test server speaks plain http only", request=request)
        here = httpx.Request(
            method=request.method,
            url=request.url.copy_with(host="127.0.0.1", port=self._port),
            headers=request.headers,
            stream=request.stream,
            extensions=request.extensions,
        )
        return self._wire.handle_request(here)

    def close(self) -> None:
        self._wire.close()
