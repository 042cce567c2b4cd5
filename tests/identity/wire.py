"""Every message between instances over a loopback socket, noted; and hosts where somebody else stands in for ours."""

import json

import pytest
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler

from countersign.identity import federation
from tests.servers.serving import LoopbackTransport, serve


class Wire:
    """A WSGI application: ours, but for the hosts in `stands_in` (host → WSGI application).

    asked: (host, path) of every request that came over the socket, in order; but for exchanges of checkpoints, which
    go on in the background at a moment of their own: exchanged.
    """

    def __init__(self):
        self.asked, self.exchanged, self.stands_in, self.application = [], [], {}, WSGIHandler()

    def __call__(self, environ, start_response):
        host = environ["HTTP_HOST"]
        noted = self.exchanged if environ["PATH_INFO"] == "/checkpoints/" else self.asked
        noted.append((host, environ["PATH_INFO"]))
        return self.stands_in.get(host, self.application)(environ, start_response)

    def paths(self, slug):
        """The paths asked of one instance."""
        return [path for host, path in self.asked if host.startswith(f"{slug}.")]

    def refuse(self, host, *paths, status="500 Out of order"):
        """From now on this host answers these paths with an error, and everything else as before."""
        def out_of_order(environ, start_response):
            if environ["PATH_INFO"] in paths:
                return answered(start_response, {}, status)
            return self.application(environ, start_response)

        self.stands_in[host] = out_of_order

    def silence(self, host):
        """From now on nothing of use comes from this host."""
        self.stands_in[host] = lambda environ, start_response: answered(start_response, {}, "502 Nobody there")


def answered(start_response, document, status="200 OK"):
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(document).encode()]


@pytest.fixture
def wire(monkeypatch):
    """FEDERATION="network" over a real socket: `federation.network_transport` is the seam for it."""
    wire = Wire()
    with serve(wire) as port:
        monkeypatch.setattr(settings, "FEDERATION", "network")
        monkeypatch.setattr(federation, "network_transport", lambda: LoopbackTransport(port))
        yield wire
