"""Handing over by delivery: from the practice into the ring, seen by nobody; and what is told of a key later."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from countersign.access import deliveries as handing_over
from countersign.access import telling
from countersign.audit.actors import system
from countersign.identity import dispatches, sealing
from countersign.identity.dispatches import Received
from countersign.identity.models import Dispatch
from countersign.instances import binding, hosts, listings
from countersign.instances.models import ListingState
from countersign.keyring import deliveries, dispatched, ring, vault
from countersign.keyring.models import Delivery, Key, KeyState
from countersign.people import accounts, passwords
from countersign.people.models import User, UserType
from tests.access.steps import opens
from tests.cast import KEY, PASSWORD
from tests.keyring.ringing import ADA, at_home, enter, jane_holds_a_key, put_in, stored
from tests.record import rows


@pytest.fixture
def made(monkeypatch):
    """The passwords that were generated."""
    generate, found = passwords.generate, []
    monkeypatch.setattr(passwords, "generate", lambda: found.append(generate()) or found[-1])
    return found


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", "Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


@pytest.fixture
def ada(cast):
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    return cast.signed_in(cast.acme, "ada")


def deliver(cast, priya, key):
    response = priya.post(f"/settings/users/{key.id}/delivery/")
    dispatches.settle()
    return response


def waiting(cast):
    with binding.bind(cast.acme):
        return list(Delivery.objects.waiting())


def accept(ada, one):
    return ada.post(f"/key-ring/deliveries/{one.id}/acceptance/", follow=True)


def test_a_new_password_goes_straight_into_the_ring_and_the_old_one_is_worth_nothing(cast, priya, ada, made):
    _, at_practice, key = jane_holds_a_key(cast)
    inside = at_home(cast)
    enter(cast, inside, key)

    assert "Deliver to ACME Billing" in priya.get(f"/settings/users/{at_practice.id}/").content.decode()
    assert deliver(cast, priya, at_practice).status_code == 302

    assert not opens(cast, inside), "whoever was in with the old one is out"
    (one,) = waiting(cast)
    assert "Deliveries that wait" in ada.get("/key-ring/").content.decode()
    assert "acme-billing of Good Therapy, Inc. is in the key ring." in accept(ada, one).content.decode()
    with binding.bind(cast.acme):
        (kept,) = Key.objects.all()
        assert kept.id == key.id and ring.password_of(kept) == made[0] != KEY
    assert enter(cast, at_home(cast), key).status_code == 200, "whoever could use it still can"
    assert [(e.action, e.person) for e in cast.events(cast.acme) if e.action.startswith("delivery.")] == [
        ("delivery.came", "Good Therapy, Inc."), ("delivery.accepted", "Ada Whitlock"),
    ]
    (event,) = cast.events(cast.good_therapy, action="user.password.delivered")
    assert (event.person, event.object) == ("Priya Raman", "ACME Billing (acme-billing)")


def test_nobody_sees_it_in_no_mail_page_record_or_database(cast, priya, ada, made):
    key = cast.key()
    pages = [deliver(cast, priya, key).content, priya.get(f"/settings/users/{key.id}/").content]
    pages.append(ada.get("/key-ring/").content)
    pages.append(accept(ada, *waiting(cast)).content)

    (secret,) = made
    assert all(secret not in page.decode() for page in pages)
    assert not any(secret in str(one.message()) for one in mail.outbox)
    for instance in (cast.good_therapy, cast.acme):
        assert secret not in repr(rows.of(instance))
        assert secret not in str([(e.object, e.changes, e.reason) for e in cast.events(instance)])
        with binding.bind(instance):
            assert secret not in str(list(Dispatch.objects.values_list("body", flat=True)))


def test_a_delivery_of_a_key_that_is_in_no_ring_adds_it(cast, priya, ada):
    deliver(cast, priya, cast.key())

    accept(ada, *waiting(cast))

    with binding.bind(cast.acme):
        (key,) = Key.objects.all()
        assert (key.user_id, key.issuer, key.added_by) == (
            "acme-billing", hosts.root(cast.good_therapy), "Ada Whitlock",
        )
        (gone,) = Delivery.objects.all()
        assert (gone.outcome, gone.kid, bytes(gone.sealed)) == ("accepted", "", b"")


def test_a_second_delivery_takes_the_place_of_the_first(cast, priya, ada, made):
    key = cast.key()
    deliver(cast, priya, key)
    (first,) = waiting(cast)
    deliver(cast, priya, key)
    (second,) = waiting(cast)

    assert "Somebody has dealt with this delivery already." in accept(ada, first).content.decode()
    accept(ada, second)

    with binding.bind(cast.acme):
        assert ring.password_of(Key.objects.get()) == made[1]
        assert {one.outcome for one in Delivery.objects.all()} == {"accepted", "replaced by a newer one"}


def test_of_two_who_accept_at_once_one_does(cast, priya, ada):
    deliver(cast, priya, cast.key())
    (one,) = waiting(cast)
    together = threading.Barrier(8)

    def take(_):
        together.wait()
        try:
            with binding.bind(cast.acme):
                deliveries.accept(one, by=ADA)
            return "took"
        except ValidationError as error:
            return error.message
        finally:
            connections["control"].close()

    with ThreadPoolExecutor(8) as threads:
        outcomes = sorted(threads.map(take, range(8)))

    assert outcomes == [deliveries.TAKEN] * 7 + ["took"]
    with binding.bind(cast.acme):
        assert Key.objects.count() == 1


@pytest.mark.parametrize("why", ["person", "inactive", "unlisted", "silent"])
def test_what_cannot_be_delivered_is_said_and_changes_nothing(cast, priya, wire, why):
    key = cast.key() if why != "person" else cast.user(cast.good_therapy, "cole")
    with binding.bind(cast.good_therapy):
        if why == "inactive":
            accounts.inactivate(key, by=system())
        before = User.objects.get(id=key.id).password
    if why == "unlisted":
        listings.change(cast.acme, state=ListingState.SUSPENDED, by="the test", reason="x")
    if why == "silent":
        wire.silence(hosts.root(cast.acme).partition("://")[2])
    said = {
        "person": "Only the password of a Billing user is delivered.", "inactive": "This Billing user is inactive.",
        "unlisted": handing_over.NOT_LISTED, "silent": handing_over.SILENT,
    }[why]

    response = priya.post(f"/settings/users/{key.id}/delivery/")

    assert response.status_code == 422 and said in response.content.decode()
    with binding.bind(cast.good_therapy):
        assert User.objects.get(id=key.id).password == before
        assert not Dispatch.objects.filter(kind="key.delivered").exists()


def test_who_may_not_do_what_the_key_may_delivers_nothing(cast, priya):
    key = cast.key()
    cast.user(cast.good_therapy, "cole", permissions=["manage_users"])

    response = cast.signed_in(cast.good_therapy, "cole", PASSWORD).post(f"/settings/users/{key.id}/delivery/")

    assert response.status_code == 422 and "This user may do what you may not." in response.content.decode()


@pytest.mark.parametrize("body", [
    {"billing_user": "acme-billing", "sealed": "a.b.c.d.e"}, {"billing_user": "acme-billing"},
    {"billing_user": "another"}, {"billing_user": "NO KEY"}, {},
], ids=str)
def test_an_envelope_of_anybody_else_is_refused_for_good(cast, body):
    with binding.bind(cast.good_therapy):
        inside = {"billing_user": "acme-billing", "password": "x" * 20}
        sealed = sealing.seal_for(hosts.root(cast.acme), inside) if body.get("billing_user") == "another" else None
        dispatches.send(hosts.root(cast.acme), "key.delivered", {**body, **({"sealed": sealed} if sealed else {})},
                        name="ACME Billing")
    dispatches.settle()

    assert waiting(cast) == [] and len(cast.events(cast.acme, action="dispatch.refused")) == 1


def test_a_delivery_that_waits_is_sealed_anew_with_the_ring(cast, priya, monkeypatch, made):
    deliver(cast, priya, cast.key())
    monkeypatch.setattr(settings, "KEYRING_KEY", "k" * 40)
    with binding.bind(cast.acme):
        assert ring.reseal(by=ADA) == 1
        one = Delivery.objects.get()
        assert one.kid == vault.current()
        assert ring.password_of(deliveries.accept(one, by=ADA)) == made[0]


# What the practice says of a key later


def told(cast, key, **more):
    with binding.bind(cast.good_therapy):
        body = {**telling.state_of(key), "difference": "", **more}
        dispatches.send(hosts.root(cast.acme), "key.changed", body, name="ACME Billing")
    dispatches.settle()


def test_what_the_practice_says_of_a_key_is_shown_and_keeps_nobody_waiting(cast, ada):
    _, at_practice, key = jane_holds_a_key(cast)

    last_on = timezone.localdate() + timedelta(days=20)

    told(cast, at_practice, because="A new agreement is under way", last_on=f"{last_on}")

    pages = [ada.get("/key-ring/"), cast.signed_in(cast.acme, "jane", PASSWORD).get("/launch-pad/")]
    for page in pages:
        shown = page.content.decode()
        assert ">Expiring<" in shown and f"{last_on:%m/%d/%Y}" in shown and "A new agreement is under" in shown
    (event,) = cast.events(cast.acme, action="key.told")
    assert event.person == "Good Therapy, Inc." and event.changes == {
        "state_because": ["", "A new agreement is under way"], "ends_on": ["", f"{last_on}"],
    }
    told(cast, at_practice, state="suspended", because="Somebody tried passwords")
    browser = at_home(cast)
    browser.get(hosts.root(cast.acme) + "/launch-pad/")
    assert "Suspended" in browser.text and "until" not in browser.text and "Somebody tried passwords" in browser.text
    assert "Enter<span" not in browser.page
    assert enter(cast, browser, key).status_code == 200, "the door decides: what was told may be overtaken"


def test_inactivating_reactivating_and_moving_a_billing_user_is_told(cast):
    _, at_practice, key = jane_holds_a_key(cast)
    with binding.bind(cast.good_therapy):
        accounts.inactivate(at_practice, by=system())
    dispatches.settle()
    assert stored(cast, key).state == KeyState.INACTIVE
    with binding.bind(cast.good_therapy):
        accounts.reactivate(at_practice, by=system(), grantable=None)
    dispatches.settle()
    assert stored(cast, key).state == KeyState.LIVE
    with binding.bind(cast.good_therapy):
        accounts.change(
            at_practice, by=system(), grantable=None, name="X", email="", type=UserType.BILLING, groups=[],
            permissions=[], billing_company=cast.rival.id,
        )
    dispatches.settle()
    found = stored(cast, key)
    assert (found.state, found.state_because) == (
        KeyState.ENDED, "the Billing user was given to another company",
    )


def test_what_was_said_earlier_and_comes_later_does_not_count(cast):
    _, at_practice, key = jane_holds_a_key(cast)
    told(cast, at_practice, state="suspended")
    earlier = Received(
        cast.good_therapy, hosts.root(cast.good_therapy), "key.changed",
        {"billing_user": "acme-billing", "state": "live"}, stored(cast, key).told_at - timedelta(minutes=1),
    )

    with binding.bind(cast.acme):
        dispatched.key_changed(earlier)

    assert stored(cast, key).state == KeyState.SUSPENDED


def test_a_practice_says_nothing_of_the_keys_of_another(cast):
    _, _, key = jane_holds_a_key(cast)
    with binding.bind(cast.elm_street):
        dispatches.send(hosts.root(cast.acme), "key.changed", {"billing_user": "acme-billing", "state": "ended"},
                        name="ACME Billing")
    dispatches.settle()

    assert stored(cast, key).state == KeyState.LIVE


@pytest.mark.parametrize("body", [
    {"billing_user": "acme-billing"}, {"billing_user": "acme-billing", "state": "mad"}, {"state": "live"},
    {"billing_user": "acme-billing", "state": "live", "last_on": "tomorrow"},
    {"billing_user": "acme-billing", "state": ["live"]},
    {"billing_user": "acme-billing", "state": "live", "last_on": 7},
], ids=str)
def test_what_is_malformed_is_refused_and_recorded(cast, body):
    cast.key()
    key = put_in(cast)
    with binding.bind(cast.good_therapy):
        dispatches.send(hosts.root(cast.acme), "key.changed", body, name="ACME Billing")
    dispatches.settle()

    assert stored(cast, key).told_at is None
    assert len(cast.events(cast.acme, action="dispatch.refused")) == 1
