"""The same sign-in with FEDERATION="network": every message between the instances crosses a real socket."""

from datetime import timedelta

from django.utils import timezone

from countersign.access.models import Visit
from countersign.audit.actors import system
from countersign.audit.models import HeldCheckpoint
from countersign.identity import federation, notices, witnesses
from countersign.instances import binding, hosts
from countersign.people import accounts
from tests.access.steps import opens, visits


def test_the_two_part_sign_in_the_poll_and_the_message_work_over_http(cast, wire):
    jane = cast.jane()
    cast.key()

    browser = cast.visit()

    assert "Jane Doe of ACME Billing" in browser.text
    assert wire.paths("acme-billing") == ["/token/", "/.well-known/jwks.json"]
    assert wire.paths("good-therapy") == ["/.well-known/jwks.json"]

    with binding.bind(cast.good_therapy):
        Visit.objects.update(confirmed_at=timezone.now() - timedelta(seconds=61))
    assert opens(cast, browser)
    assert wire.paths("acme-billing")[-1] == "/standing/"
    assert visits(cast)[0].confirmed_at > timezone.now() - timedelta(seconds=30)

    with binding.bind(cast.acme):
        accounts.inactivate(jane, by=system())
    notices.settle()
    witnesses.settle()
    assert {host for host, _ in wire.exchanged} == {hosts.root(cast.acme).partition("://")[2]}
    with binding.bind(cast.acme):
        assert HeldCheckpoint.objects.filter(party=hosts.root(cast.good_therapy), agrees=True).exists()
    assert [path for path in wire.paths("good-therapy") if path != "/dispatches/"][-1] == "/sign-out/back-channel/"
    assert not opens(cast, browser)


def test_without_the_network_nothing_touches_a_socket(cast, monkeypatch):
    def no_network():
        raise AssertionError("within one process no socket is needed")

    monkeypatch.setattr(federation, "network_transport", no_network)
    cast.jane()
    cast.key()

    assert opens(cast, cast.visit())


def test_an_instance_is_never_bound_when_another_is_spoken_to(cast):
    """In process, the home's part runs outside the practice's binding, and the practice's comes back."""
    cast.jane()
    cast.key()
    cast.visit()

    with binding.bind(cast.good_therapy):
        status, document = federation.call("GET", f"{hosts.root(cast.acme)}/.well-known/openid-configuration")
        assert binding.bound() == cast.good_therapy

    assert (status, document["issuer"]) == (200, hosts.root(cast.acme))
