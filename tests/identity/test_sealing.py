"""Envelopes between instances: opened by the one they are for, as from the one they are from, and by nobody else."""

from datetime import timedelta

import pytest
from django.utils import timezone
from joserfc import jwe
from joserfc.jwk import ECKey

from countersign.audit.actors import system
from countersign.identity import federation, keys, sealing
from countersign.identity.federation import FederationError
from countersign.identity.models import SigningKey
from countersign.instances import binding, hosts


@pytest.fixture
def sealed(cast):
    """From ACME, for Good Therapy."""
    cast.client(cast.good_therapy).get("/.well-known/jwks.json")  # loads the application: that takes its time
    with binding.bind(cast.acme):
        return sealing.seal_for(hosts.root(cast.good_therapy), {"word": "seven lanterns"})


def opened(cast, envelope, *, at=None, issuer=None):
    with binding.bind(at or cast.good_therapy):
        return sealing.opened(envelope, issuer=issuer or hosts.root(cast.acme))


def refused(cast, envelope, **more):
    try:
        opened(cast, envelope, **more)
    except FederationError:
        return True
    return False


def test_only_whom_it_is_for_opens_it_and_only_as_from_whom_it_came(cast, sealed):
    assert opened(cast, sealed)["word"] == "seven lanterns" and "lanterns" not in sealed
    assert refused(cast, sealed, at=cast.elm_street)
    assert refused(cast, sealed, at=cast.acme)
    assert refused(cast, sealed, issuer=hosts.root(cast.rival))


def test_what_is_sealed_for_our_key_but_another_address_is_refused(cast):
    with binding.bind(cast.good_therapy):
        public = ECKey.import_key(sealing.published())
        header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": sealing.published()["kid"]}
        body = f'{{"iss": "{hosts.root(cast.acme)}", "aud": "{hosts.root(cast.elm_street)}"}}'.encode()
        envelope = jwe.encrypt_compact(header, body, public, algorithms=sealing.ALGORITHMS)

    assert refused(cast, envelope)


@pytest.mark.parametrize("broken", ["", "x", "a.b.c.d.e", "....", "é.b.c.d.e", "\ud800"])
def test_what_is_no_envelope_is_refused(cast, broken):
    assert refused(cast, broken)


def test_one_that_was_changed_is_refused(cast, sealed):
    head, empty, nonce, text, tag = sealed.split(".")
    assert refused(cast, ".".join([head, empty, nonce, text[::-1], tag]))
    assert refused(cast, ".".join([head, empty, nonce, text, tag[::-1]]))


def test_a_rotated_key_still_opens_what_is_under_way_for_a_month(cast, sealed, monkeypatch):
    with binding.bind(cast.good_therapy):
        before = sealing.published()["kid"]
        keys.rotate(by=system())
        assert sealing.published()["kid"] != before

    assert not refused(cast, sealed)
    with binding.bind(cast.good_therapy):
        SigningKey.objects.exclude(retired_at=None).update(retired_at=timezone.now() - timedelta(days=32))
    assert refused(cast, sealed)


def test_the_key_is_published_for_sealing_alone_without_its_private_half(cast):
    found = cast.client(cast.acme).get("/.well-known/jwks.json").json()["keys"]

    assert [key["use"] for key in found] == ["sig", "enc"]
    assert not {"d", "k"} & {name for key in found for name in key}
    with binding.bind(cast.good_therapy):
        issuer = hosts.root(cast.acme)
        assert [key.kid for key in federation.keys(issuer, kid=found[0]["kid"]).keys] == [found[0]["kid"]]
        with pytest.raises(FederationError):  # what seals proves no signature
            federation.keys(issuer, kid=found[1]["kid"])


def test_an_instance_without_a_key_to_seal_for_is_an_error(cast, wire):
    from tests.identity.wire import answered

    wire.stands_in[hosts.root(cast.good_therapy).partition("://")[2]] = lambda environ, start: answered(
        start, {"keys": [{"crv": "P-256", "use": "sig", "kid": "x"}, "no key", {"use": "enc"}]}
    )
    with binding.bind(cast.acme), pytest.raises(FederationError):
        sealing.seal_for(hosts.root(cast.good_therapy), {})
