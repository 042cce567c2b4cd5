"""`countersign check` looks at key rings: what no master key opens, what leads to no practice, and to nobody."""

import pytest
from django.conf import settings
from django.utils import timezone

from countersign.__main__ import run
from countersign.instances import binding, catalogue
from countersign.instances.models import InstanceState
from countersign.keyring import assignments, check, deliveries, vault
from countersign.keyring.models import Assignment, Key
from countersign.people import accounts
from countersign.people.models import UserType
from tests.cast import KEY
from tests.commands.test_command_line import spoil
from tests.keyring.ringing import ADA, assign, put_in


@pytest.fixture(autouse=True)
def master(monkeypatch):
    monkeypatch.setattr(settings, "KEYRING_KEY", "a" * 40)


def found(cast):
    with binding.bind(cast.acme):
        return list(check.faults())


def test_a_ring_in_order_is_in_order(cast, capsys):
    settings.DATA_DIR.chmod(0o700)
    assign(cast, put_in(cast), cast.jane())

    assert found(cast) == []
    run(["check"])
    assert "key rings: in order" in capsys.readouterr().out


def test_keys_that_the_master_key_does_not_open_are_named_once_with_which_it_was(cast, capsys, monkeypatch):
    kid = put_in(cast).kid
    put_in(cast, "acme-claims")
    monkeypatch.setattr(settings, "KEYRING_KEY", "b" * 40)

    (sentence,) = found(cast)
    assert sentence == (
        "acme-billing of Good Therapy, Inc., and 1 more, cannot be opened: "
        f"This key ring is sealed under the master key {kid}, which this server was not given"
    )
    assert run(["check"]) == 1
    printed = capsys.readouterr().out
    assert "key rings: 1 found" in printed and f"  acme-billing: {sentence}." in printed
    assert KEY not in printed and "b" * 40 not in printed


def test_a_row_that_was_moved_to_another_user_id_or_changed_is_named(cast):
    one, other = put_in(cast), put_in(cast, "acme-claims")
    with binding.bind(cast.acme):
        Key.objects.filter(id=other.id).update(sealed=one.sealed)

    (sentence,) = found(cast)
    assert sentence.startswith("acme-claims of Good Therapy, Inc. cannot be opened: What is stored of this key was")


def test_a_delivery_that_waits_is_looked_at_too_and_what_has_ended_is_not(cast, monkeypatch):
    key = put_in(cast)
    with binding.bind(cast.acme):
        made = deliveries.keep(cast.good_therapy, user_id="acme-desk", password=KEY, came_at=timezone.now())
        Key.objects.filter(id=key.id).update(ended_at=key.added_at, kid="", sealed=b"")
    monkeypatch.setattr(settings, "KEYRING_KEY", "b" * 40)

    (sentence,) = found(cast)
    assert sentence.startswith(f"{made.user_id} of Good Therapy, Inc. cannot be opened")


def test_a_key_whose_practice_is_not_there_is_named(cast):
    put_in(cast)
    nowhere = "http://nobody.countersign.localhost:8000"
    with binding.bind(cast.acme):
        kid, sealed = vault.seal(KEY, issuer=nowhere, user_id="acme-billing")
        Key.objects.update(issuer=nowhere, kid=kid, sealed=sealed)

    assert found(cast) == [
        f"acme-billing of Good Therapy, Inc. cannot be used: there is no practice at {nowhere} any more. "
        "End it in the key ring"
    ]


def test_a_practice_that_was_archived_is_no_practice_any_more_and_one_suspended_is(cast):
    put_in(cast)
    catalogue.change_state(cast.good_therapy, state=InstanceState.SUSPENDED, by="Morgan", reason="unpaid")
    assert found(cast) == []

    catalogue.change_state(cast.good_therapy, state=InstanceState.ARCHIVED, by="Morgan", reason="closed")
    assert ["there is no practice at" in one for one in found(cast)] == [True]


def test_an_assignment_to_nobody_is_named_and_one_to_somebody_who_is_away_is_not(cast):
    """Written by hand: the verb refuses a Billing user, which is a key itself and no person."""
    key, jane = put_in(cast), cast.jane()
    assign(cast, key, jane)
    nobody = cast.user(cast.acme, "their-own-key", UserType.BILLING, billing_company=cast.rival.id)
    with binding.bind(cast.acme):
        made = Assignment.objects.create(key=key, user=nobody, begins_on="2026-01-05", made_by="a hand")
        accounts.inactivate(jane, by=ADA)  # who comes back holds it again

    assert found(cast) == [
        f"the assignment {made.id} of acme-billing of Good Therapy, Inc. leads to nobody. End it in the key ring"
    ]
    with binding.bind(cast.acme):
        assignments.end(made, by=ADA)
    assert found(cast) == []


def test_a_ring_that_cannot_be_read_is_the_instances_finding_and_the_others_are_looked_at(cast, capsys):
    put_in(cast)
    catalogue.change_state(cast.good_therapy, state=InstanceState.ARCHIVED, by="Morgan", reason="closed")
    spoil(cast.elm_street)

    assert run(["check"]) == 1
    printed = capsys.readouterr().out
    assert "instances: 1 found" in printed and "key rings: 1 found" in printed


def test_a_check_that_opens_nothing_would_find_nothing(cast, monkeypatch):
    """The fault planted: shows that the tests above look."""
    put_in(cast)
    monkeypatch.setattr(settings, "KEYRING_KEY", "b" * 40)
    monkeypatch.setattr(check, "_why_shut", lambda one: "")

    assert found(cast) == []
