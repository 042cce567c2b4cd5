"""How one instance speaks to another: limits on time, size and patience. Security-cases 33, 34, 65."""

import httpx
import pytest
from django.conf import settings
from django.core.cache import cache

from countersign.audit.actors import system
from countersign.identity import federation, keys
from countersign.identity.federation import FederationError
from countersign.instances import binding, hosts
from tests.identity import forge
from tests.identity.wire import answered


class Unreachable(httpx.BaseTransport):
    tried = 0

    def handle_request(self, request):
        self.tried += 1
        raise httpx.ConnectTimeout("nobody there", request=request)


@pytest.fixture
def unreachable(monkeypatch):
    transport = Unreachable()
    monkeypatch.setattr(settings, "FEDERATION", "network")
    monkeypatch.setattr(federation, "network_transport", lambda: transport)
    return transport


def jwks(wire):
    return wire.paths("acme-billing").count("/.well-known/jwks.json")


def test_whoever_could_not_be_reached_is_left_alone_for_a_moment_and_the_others_are_not(cast, unreachable):
    acme, rival = hosts.root(cast.acme), hosts.root(cast.rival)
    with binding.bind(cast.good_therapy):
        for expected in ("no answer: ConnectTimeout", "no answer a moment ago", "no answer a moment ago"):
            with pytest.raises(FederationError, match=expected):
                federation.call("GET", f"{acme}/.well-known/jwks.json")
        assert unreachable.tried == 1
        with pytest.raises(FederationError, match="ConnectTimeout"):
            federation.call("GET", f"{rival}/.well-known/jwks.json")
        cache.delete(f"silent:{acme}")
        with pytest.raises(FederationError, match="ConnectTimeout"):
            federation.call("GET", f"{acme}/token/")


def test_a_known_key_works_from_the_cache_while_the_home_is_silent(cast, wire):
    acme, kid = hosts.root(cast.acme), forge.key_of(cast.acme).kid
    with binding.bind(cast.good_therapy):
        federation.keys(acme, kid=kid)
        wire.silence(acme.partition("://")[2])

        found = federation.keys(acme, kid=kid)

    assert [key.kid for key in found.keys] == [kid] and jwks(wire) == 1


def test_a_rotated_key_is_found_at_once_and_made_up_ones_are_not_asked_for_again_and_again(cast, wire):
    acme = hosts.root(cast.acme)
    old = forge.key_of(cast.acme).kid
    with binding.bind(cast.good_therapy):
        federation.keys(acme, kid=old)
    with binding.bind(cast.acme):
        keys.rotate(by=system())
    new = forge.key_of(cast.acme).kid

    with binding.bind(cast.good_therapy):
        assert {key.kid for key in federation.keys(acme, kid=new).keys} == {old, new}
        for made_up in range(20):
            with pytest.raises(FederationError, match="the key is unknown to the issuer"):
                federation.keys(acme, kid=f"made up {made_up}")

    assert jwks(wire) == 2


def test_what_one_practice_learned_of_a_home_another_does_not_use(cast, wire):
    acme, kid = hosts.root(cast.acme), forge.key_of(cast.acme).kid
    for practice in (cast.good_therapy, cast.elm_street):
        with binding.bind(practice):
            federation.keys(acme, kid=kid)

    assert jwks(wire) == 2


@pytest.mark.parametrize("size", [65_536, 65_537])
def test_an_answer_may_have_64_kilobytes(cast, wire, size):
    acme = hosts.root(cast.acme)
    text = '{"x": "' + "x" * (size - 9) + '"}'

    def large(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return [text.encode()]

    wire.stands_in[acme.partition("://")[2]] = large
    with binding.bind(cast.good_therapy):
        if size > federation.LARGEST_ANSWER:
            with pytest.raises(FederationError, match="the answer is too large"):
                federation.call("GET", f"{acme}/x")
        else:
            assert federation.call("GET", f"{acme}/x")[0] == 200


def test_a_redirect_is_not_followed(cast, wire):
    acme = hosts.root(cast.acme)

    def redirecting(environ, start_response):
        start_response("302 Found", [("Location", f"{hosts.root(cast.rival)}/.well-known/jwks.json")])
        return [b""]

    wire.stands_in[acme.partition("://")[2]] = redirecting
    with binding.bind(cast.good_therapy), pytest.raises(FederationError, match="no keys: 302"):
        federation.keys(acme, kid="any")

    assert wire.paths("rival-billing") == []


def test_an_empty_key_set_is_no_key(cast, wire):
    acme = hosts.root(cast.acme)
    wire.stands_in[acme.partition("://")[2]] = lambda environ, start: answered(start, {"keys": []})

    with binding.bind(cast.good_therapy), pytest.raises(FederationError, match="keys cannot be read"):
        federation.keys(acme, kid="any")
