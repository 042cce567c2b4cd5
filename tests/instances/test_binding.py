"""Unbound code fails, and whatever was loaded under one instance cannot be used under another."""

import threading

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.utils import ConnectionDoesNotExist
from django.utils.connection import ConnectionDoesNotExist as NoConnection

from countersign.instances import binding
from countersign.instances.router import CrossInstance
from countersign.people.models import PermissionGroup, Session, User, UserType
from countersign.people.sessions import digest

REFUSED = (binding.Unbound, CrossInstance, ValueError, ConnectionDoesNotExist, NoConnection)


def somebody(instance, user_id="somebody"):
    with binding.bind(instance):
        user = User(user_id=user_id, name="Some Body", type=UserType.REGULAR, password="!", created_by="the test")
        user.save(force_insert=True)
        return user


@pytest.mark.parametrize("attempt", [
    lambda: User.objects.exists(),
    lambda: User(user_id="x", type=UserType.REGULAR).save(),
    lambda: connections["default"].cursor(),
    lambda: transaction.atomic().__enter__(),
    lambda: binding.bound(),
    lambda: cache.get("key"),
    lambda: cache.set("key", 1),
    lambda: digest("session", "token"),
], ids=["read", "write", "cursor", "transaction", "bound", "cache get", "cache set", "secret"])
def test_nothing_works_while_no_instance_is_bound(cast, attempt):
    # The settings of `default` are empty: whoever gets past the router to the connection finds no engine.
    with pytest.raises((binding.Unbound, ImproperlyConfigured)):
        attempt()


def test_a_second_instance_is_not_bound_inside_the_first(cast):
    with (
        binding.bind(cast.good_therapy),
        pytest.raises(binding.AlreadyBound),
        binding.bind(cast.elm_street),
    ):
        pass


def test_stepping_out_leads_elsewhere_and_back(cast):
    with binding.bind(cast.good_therapy):
        with binding.elsewhere():
            assert not binding.is_bound()
            with binding.bind(cast.elm_street):
                assert binding.bound() == cast.elm_street
        assert binding.bound() == cast.good_therapy
        assert User.objects.count() == 0
    assert not binding.is_bound()


def test_stepping_out_of_a_transaction_leaves_it_open(cast):
    with binding.bind(cast.good_therapy):
        with transaction.atomic():
            PermissionGroup.objects.create(name="half")
            with binding.elsewhere(), binding.bind(cast.elm_street):
                PermissionGroup.objects.create(name="whole")
            transaction.set_rollback(True)
        assert not PermissionGroup.objects.filter(name="half").exists()
    with binding.bind(cast.elm_street):
        assert PermissionGroup.objects.filter(name="whole").exists()


def test_the_alias_of_another_instance_leads_nowhere(cast):
    with binding.bind(cast.good_therapy), pytest.raises(REFUSED):
        User.objects.using(binding.alias_of(cast.elm_street)).exists()


@pytest.mark.parametrize("use", [
    lambda user: user.save(),
    lambda user: user.save(update_fields=["name"]),
    lambda user: user.delete(),
    lambda user: user.refresh_from_db(),
    lambda user: user.groups.count(),
    lambda user: user.groups.set([]),
    lambda user: user.sessions.count(),
    lambda user: Session.objects.create(
        user=user, digest="x", signed_in_at=user.created_at, seen_at=user.created_at, expires_at=user.created_at,
    ),
    lambda user: PermissionGroup.objects.first().members.add(user),
], ids=["save", "save one field", "delete", "refresh", "groups", "set groups", "sessions", "point to", "add"])
def test_an_object_of_one_instance_is_of_no_use_at_another(cast, use):
    user = somebody(cast.elm_street)
    with binding.bind(cast.good_therapy):
        PermissionGroup.objects.create(name="a group")

        with pytest.raises(REFUSED):
            use(user)

    with binding.bind(cast.good_therapy):
        assert not User.objects.exists() and not Session.objects.exists()
    with binding.bind(cast.elm_street):
        assert User.objects.get().name == "Some Body"


def test_an_open_transaction_is_closed_and_not_handed_on(cast):
    with binding.bind(cast.good_therapy):
        first = connections["default"]
        first.ensure_connection()
        transaction.atomic().__enter__()
        PermissionGroup.objects.create(name="never finished")
    with binding.bind(cast.good_therapy):
        assert connections["default"] is not first
        assert not PermissionGroup.objects.filter(name="never finished").exists()


def fail_in_the_middle(instance):
    with binding.bind(instance), transaction.atomic():
        PermissionGroup.objects.create(name="never finished")
        raise ZeroDivisionError


def test_a_failure_in_the_middle_leaves_a_clean_connection(cast):
    with pytest.raises(ZeroDivisionError):
        fail_in_the_middle(cast.good_therapy)
    assert not binding.is_bound()
    with binding.bind(cast.good_therapy):
        assert not connections["default"].in_atomic_block
        assert not PermissionGroup.objects.filter(name="never finished").exists()


def test_a_connection_is_used_again_by_its_own_instance_only(cast):
    with binding.bind(cast.good_therapy):
        User.objects.exists()
        first = connections["default"]
    with binding.bind(cast.elm_street):
        User.objects.exists()
        assert connections["default"] is not first
    with binding.bind(cast.good_therapy):
        assert connections["default"] is first


def test_a_new_thread_is_unbound(cast):
    seen = []

    def work():
        seen.append(binding.is_bound())
        try:
            User.objects.exists()
        except Exception as error:
            seen.append(type(error))
        finally:
            connections.close_all()

    with binding.bind(cast.good_therapy):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert seen == [False, binding.Unbound]


def test_what_one_instance_keeps_in_the_cache_another_does_not_find(cast):
    """Case 45."""
    with binding.bind(cast.good_therapy):
        cache.set("colour", "teal")
    with binding.bind(cast.elm_street):
        assert cache.get("colour") is None
        cache.delete("colour")
    with binding.bind(cast.good_therapy):
        assert cache.get("colour") == "teal"


def test_what_an_iterator_has_not_read_when_the_request_ends_is_never_read(cast):
    """A generator that outlives its request (a streamed answer) fails instead of reading on."""
    somebody(cast.good_therapy)
    with binding.bind(cast.good_therapy):
        rows = User.objects.all().iterator()
    with pytest.raises(binding.Unbound):
        next(rows)
