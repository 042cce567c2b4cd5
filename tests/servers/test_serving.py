import threading
from wsgiref.util import request_uri

import httpx
import pytest

from tests.servers.serving import LoopbackTransport, serve


def echo(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Set-Cookie", "seen=1; Path=/")])
    return [f"{request_uri(environ)} cookie={environ.get('HTTP_COOKIE', '')}".encode()]


def test_any_host_under_the_base_domain_reaches_the_server_with_its_own_host_header():
    with serve(echo) as port, httpx.Client(transport=LoopbackTransport(port)) as client:
        answer = client.get(f"http://elm-street.countersign.localhost:{port}/clients/?q=a")

    assert answer.text == f"http://elm-street.countersign.localhost:{port}/clients/?q=a cookie="


def test_a_cookie_stays_with_the_host_that_set_it():
    with serve(echo) as port, httpx.Client(transport=LoopbackTransport(port)) as client:
        client.get(f"http://good-therapy.countersign.localhost:{port}/")
        same = client.get(f"http://good-therapy.countersign.localhost:{port}/")
        other = client.get(f"http://elm-street.countersign.localhost:{port}/")

    assert same.text.endswith("cookie=seen=1")
    assert other.text.endswith("cookie=")


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "http://evilcountersign.localhost/", "https://elm-street.countersign.localhost/"],
)
def test_nothing_else_is_asked(url):
    with httpx.Client(transport=LoopbackTransport(9)) as client, pytest.raises(httpx.TransportError):
        client.get(url)


def test_requests_are_answered_side_by_side():
    meeting = threading.Barrier(2, timeout=10)

    def meet(environ, start_response):
        meeting.wait()
        return echo(environ, start_response)

    def ask(port, answers):
        with httpx.Client(transport=LoopbackTransport(port)) as client:
            answers.append(client.get("http://countersign.localhost/").status_code)

    answers = []
    with serve(meet) as port:
        asking = [threading.Thread(target=ask, args=(port, answers)) for _ in range(2)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join()

    assert answers == [200, 200]


def test_the_port_is_closed_afterwards():
    with serve(echo) as port:
        pass

    with httpx.Client(transport=LoopbackTransport(port)) as client, pytest.raises(httpx.ConnectError):
        client.get("http://countersign.localhost/")
