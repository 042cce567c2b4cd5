"""Whoever may no longer come in is remembered apart from the instance's database, and forgotten when it is sure."""

import pytest
from django.db import DatabaseError, connections, transaction

from countersign.audit.actors import system
from countersign.identity import keys, parties
from countersign.instances import binding, hosts, revocations
from countersign.instances.models import Revocation, RevocationKind
from countersign.people import accounts
from countersign.people.models import User, UserType
from tests.cast import PASSWORD

ANOTHER_PASSWORD = "nine grey herons standing"


def kept(instance):
    return list(Revocation.objects.filter(instance_id=instance.id).values_list("kind", "subject"))


@pytest.fixture
def cole(cast):
    cast.administrator(cast.good_therapy)
    return cast.user(cast.good_therapy, "cole", name="Cole Ito", email="cole@example.org")


def test_whoever_is_inactivated_is_remembered_until_somebody_lets_them_in_again(cast, cole):
    with binding.bind(cast.good_therapy):
        accounts.inactivate(cole, by=system("Priya Raman"))
        one = Revocation.objects.get()
        assert (one.kind, one.subject, one.revoked_by) == ("user", str(cole.id), "Priya Raman")
        accounts.reactivate(cole, by=system(), grantable=None)

    assert kept(cast.good_therapy) == []


def test_it_is_forgotten_only_once_the_reactivation_is_committed(cast, cole):
    with binding.bind(cast.good_therapy):
        accounts.inactivate(cole, by=system())
        with transaction.atomic():
            accounts.reactivate(cole, by=system(), grantable=None)
            assert kept(cast.good_therapy)
            transaction.set_rollback(True)
        assert kept(cast.good_therapy) == [("user", str(cole.id))]


def test_an_inactivation_between_a_reactivation_and_its_commit_is_not_forgotten_with_it(cast, cole):
    with binding.bind(cast.good_therapy):
        accounts.inactivate(cole, by=system())
        with transaction.atomic():
            accounts.reactivate(cole, by=system(), grantable=None)
            revocations.note(RevocationKind.USER, cole.id, by="somebody else")

    assert Revocation.objects.get().revoked_by == "somebody else"


def test_what_cannot_be_remembered_does_not_happen(cast, cole):
    with connections["control"].cursor() as cursor:
        cursor.execute("DROP TABLE instances_revocation")

    with binding.bind(cast.good_therapy):
        for verb, more in (
            (accounts.inactivate, {}), (accounts.force_password, {}),
            (accounts.set_password, {"password": ANOTHER_PASSWORD}),
        ):
            with pytest.raises(DatabaseError):
                verb(cole, by=system(), **more)
        found = User.objects.get(id=cole.id)
    assert found.is_active and found.password_forced_at is None
    assert cast.signed_in(cast.good_therapy, "cole", PASSWORD)


def test_of_a_password_only_the_newest_mark_is_kept_and_it_says_nothing(cast, cole):
    with binding.bind(cast.good_therapy):
        accounts.force_password(cole, by=system())
        assert Revocation.objects.get().mark == revocations.ANOTHER
        accounts.set_password(cole, password=ANOTHER_PASSWORD, by=system())
        stored = User.objects.get(id=cole.id).password
        one = Revocation.objects.get()
        assert one.mark == revocations.mark_of(stored) and len(one.mark) == 64
        assert one.mark != revocations.mark_of("!")
    with binding.bind(cast.elm_street):
        assert revocations.mark_of(stored) != one.mark, "keyed by the instance's own secret"


def test_a_key_that_moves_a_party_that_is_stopped_and_a_signing_key_that_is_retired_are_remembered(cast):
    key = cast.key()
    with binding.bind(cast.good_therapy):
        accounts.change(
            key, by=system(), grantable=None, name=key.name, email="", type=UserType.BILLING, groups=key.groups.all(),
            permissions=[], billing_company=cast.rival.id,
        )
        old = keys.signing().kid
        keys.rotate(by=system())
    with binding.bind(cast.acme):
        party = parties.find(hosts.root(cast.good_therapy))
        parties.stop(party, by=system())

    assert kept(cast.good_therapy) == [("company", str(key.id)), ("key", old)]
    assert kept(cast.acme) == [("party", hosts.root(cast.good_therapy))]
    with binding.bind(cast.acme):
        assert set(revocations.standing(RevocationKind.PARTY)) == {hosts.root(cast.good_therapy)}
        assert revocations.standing(RevocationKind.USER) == {}
        parties.resume(parties.keep(party), by=system())
    assert kept(cast.acme) == []
