"""Case 32: what a browser claims about host, scheme and address changes nothing; a trusted proxy counts."""

import ipaddress

import pytest
from django.conf import settings
from django.core import mail

from countersign.instances import hosts
from countersign.instances.models import InstanceKind
from countersign.people import post
from countersign.people.models import UserType
from countersign.people.permissions import offered
from tests.cast import KEY
from tests.security.kinds import ANONYMOUS, Kind, Visitor
from tests.security.routes import filled, provided

POISON = {
    "HTTP_X_FORWARDED_HOST": "evil.example", "HTTP_X_FORWARDED_SERVER": "evil.example", "HTTP_X_HOST": "evil.example",
    "HTTP_FORWARDED": "for=6.6.6.6;host=evil.example;proto=https", "HTTP_X_FORWARDED_PROTO": "https",
    "HTTP_X_FORWARDED_PORT": "666", "HTTP_X_ORIGINAL_URL": "/evil/", "HTTP_X_REWRITE_URL": "/evil/",
    "HTTP_X_FORWARDED_PREFIX": "/evil", "HTTP_X_ORIGINAL_HOST": "evil.example", "HTTP_X_FORWARDED_FOR": "6.6.6.6",
    "HTTP_X_REAL_IP": "6.6.6.6", "HTTP_TRUE_CLIENT_IP": "6.6.6.6", "HTTP_CLIENT_IP": "6.6.6.6",
}
ADMINISTRATOR = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.PRACTICE))


def test_no_route_repeats_or_obeys_a_poisoned_header(cast):
    visitor, faults = Visitor(cast, cast.good_therapy), []
    for route in provided("instance"):
        for kind in (ANONYMOUS, ADMINISTRATOR):
            for method in set(route.methods) - {"HEAD"}:
                address = filled(route, cast.good_therapy, cast)
                plain = visitor.become(kind).send(method, address)
                address = filled(route, cast.good_therapy, cast)
                poisoned = visitor.become(kind).send(method, address, **POISON)
                body = poisoned.getvalue().decode(errors="replace")
                everything = f"{dict(poisoned.headers)} {poisoned.cookies} {body}"
                if "evil" in everything or ":666" in everything:
                    faults.append(f"{method} {route}, {kind.name}: repeats it")
                if poisoned.status_code != plain.status_code:
                    faults.append(f"{method} {route}, {kind.name}: {poisoned.status_code}, not {plain.status_code}")
    assert not faults, "\n".join(["", *faults])
    addresses = {event.address for event in cast.events(cast.good_therapy)}
    assert addresses <= {"127.0.0.1", ""}


@pytest.mark.parametrize("host", [
    "evil.example", "evil.example:8000", "127.0.0.1:8000", "[::1]:8000", "a b", "",
    "good-therapy.countersign.localhost.evil.example", "good-therapy.countersign.localhost:8000@evil.example",
    "evil.example#good-therapy.countersign.localhost",
])
def test_a_host_that_is_not_ours_is_400_and_tells_nothing(cast, host):
    client = cast.client(cast.good_therapy, raise_request_exception=False)

    response = client.get("/sign-in/", HTTP_HOST=host, SERVER_NAME="evil.example")

    assert response.status_code == 400
    assert b"evil" not in response.content and b"Good Therapy" not in response.content


def test_no_mail_holds_what_a_header_said(cast):
    cast.administrator(cast.good_therapy)
    mail.outbox = []

    cast.client(cast.good_therapy).post("/forgotten-password/", {"user_id": "admin"}, **POISON)
    post.settle()

    (sent,) = mail.outbox
    assert "evil" not in sent.message().as_string() and "6.6.6.6" not in sent.body
    assert f"{hosts.root(cast.good_therapy)}/activation/" in sent.body


def test_the_question_to_the_home_names_the_practice_itself(cast):
    cast.key()

    response = cast.client(cast.good_therapy).post(
        "/sign-in/", {"user_id": "acme-billing", "password": KEY}, **POISON
    )

    assert response["Location"].startswith(f"{hosts.root(cast.acme)}/authorize/?")
    assert "evil" not in response["Location"]


def address_on_record(cast, **headers):
    cast.client(cast.good_therapy, **headers).post("/sign-in/", {"user_id": "nobody", "password": "not a password"})
    return cast.events(cast.good_therapy, action="sign-in.refused")[-1].address


@pytest.mark.parametrize("claimed", ["6.6.6.6", "6.6.6.6, 7.7.7.7", "127.0.0.1", "' OR 1=1", "", "x" * 5000])
def test_without_a_trusted_proxy_the_address_is_that_of_the_connection(cast, claimed):
    assert address_on_record(cast, HTTP_X_FORWARDED_FOR=claimed, REMOTE_ADDR="203.0.113.9") == "203.0.113.9"


@pytest.mark.parametrize(("remote", "said", "expected"), [
    ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
    ("10.0.0.1", "127.0.0.1, 203.0.113.9", "203.0.113.9"),
    ("10.0.0.1", "", "10.0.0.1"),
    ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.1"),
    ("10.0.0.1", "2001:db8::7", "2001:db8::7"),
    ("203.0.113.9", "6.6.6.6", "203.0.113.9"),
])
def test_behind_a_trusted_proxy_the_last_address_it_vouches_for_counts(cast, monkeypatch, remote, said, expected):
    monkeypatch.setattr(settings, "TRUSTED_PROXIES", [ipaddress.ip_network("10.0.0.0/8")])

    assert address_on_record(cast, HTTP_X_FORWARDED_FOR=said, REMOTE_ADDR=remote) == expected


def test_forged_addresses_do_not_get_around_the_limit_of_tries(cast):
    for number in range(11):
        client = cast.client(cast.good_therapy, HTTP_X_FORWARDED_FOR=f"6.6.6.{number}")
        client.post("/sign-in/", {"user_id": "victim", "password": "not a password"})

    assert cast.events(cast.good_therapy, action="sign-in.throttled")
