"""One instance at a time: its pooled connection stands behind `connections["default"]` while it is bound.

Two aliases only, `default` and `control`, whatever the number of instances: Django loops over all aliases at every
request. The bound connection is also reachable under an alias of the instance's own, which the router returns, so that
`_state.db` and relation checks tell the instances apart (docs/decisions/binding.md).
"""

import threading
from collections import OrderedDict
from contextlib import contextmanager

from django.conf import settings
from django.db import connections
from django.db.utils import load_backend

from countersign.instances import locations, rewound

_here = threading.local()


class Unbound(Exception):
    """Instance data was asked for while no instance is bound."""


class AlreadyBound(Exception):
    """A second instance was to be bound without leaving the first (see `elsewhere`)."""


class Pool:
    """Idle connections of this process, least recently used first out. A key is (instance id, generation)."""

    def __init__(self):
        self._idle = OrderedDict()
        self._lock = threading.Lock()

    def take(self, instance):
        while wrapper := self._newest_idle(instance):
            if not (wrapper.vendor == "postgresql" and wrapper.is_gone()):
                return wrapper
            wrapper.close()
        return _checked(instance)

    def _newest_idle(self, instance):
        with self._lock:
            idle = self._idle.get((instance.id, instance.generation))
            wrapper = idle.pop() if idle else None
            if idle is not None and not idle:
                del self._idle[instance.id, instance.generation]
        return wrapper

    def give_back(self, instance, wrapper):
        if wrapper.in_atomic_block or wrapper.needs_rollback or wrapper.errors_occurred or wrapper.connection is None:
            wrapper.close()  # never hand an open or broken transaction to the next request
            return
        evicted = []
        with self._lock:
            self._idle.setdefault((instance.id, instance.generation), []).append(wrapper)
            self._idle.move_to_end((instance.id, instance.generation))
            while len(self._idle) > settings.POOL_IDLE[wrapper.vendor]:
                evicted += self._idle.popitem(last=False)[1]
        for old in evicted:
            old.close()

    def forget(self, instance):
        """Close the idle connections of one instance (its files are about to move or to be archived)."""
        with self._lock:
            idle = self._idle.pop((instance.id, instance.generation), [])
        for wrapper in idle:
            wrapper.close()

    def clear(self):
        """Close every idle connection (before a fork, and when tests change the data folder)."""
        with self._lock:
            idle, self._idle = self._idle, OrderedDict()
        for wrappers in idle.values():
            for wrapper in wrappers:
                wrapper.close()


pool = Pool()


def _connect(instance, entry):
    alias = alias_of(instance)
    described = connections.configure_settings({"default": {}, alias: entry})[alias]
    wrapper = load_backend(described["ENGINE"]).DatabaseWrapper(described, alias)
    wrapper.inc_thread_sharing()  # the pool hands it from thread to thread, one at a time
    return wrapper


def _checked(instance):
    """A new connection, to a database that holds at least what was seen of it before."""
    wrapper = _connect(instance, locations.database(instance))
    try:
        rewound.refuse(instance, wrapper)
    except BaseException:
        wrapper.close()
        raise
    return wrapper


def alias_of(instance):
    return f"i_{instance.id.hex}"


def bound():
    """The bound Instance. Raises Unbound."""
    instance = getattr(_here, "instance", None)
    if instance is None:
        raise Unbound("No instance is bound.")
    return instance


def is_bound():
    return getattr(_here, "instance", None) is not None


def alias():
    return alias_of(bound())


@contextmanager
def bind(instance):
    """Bind an instance for the duration of the block. Raises AlreadyBound inside another, and DatabaseError."""
    _refuse_second()
    wrapper = pool.take(instance)
    _enter(instance, wrapper)
    try:
        yield instance
    finally:
        _leave(instance)
        pool.give_back(instance, wrapper)


@contextmanager
def bind_as_owner(instance):
    """The same as the database's owner, for migrations and restores, over a connection that nobody else ever gets.

    Whoever owns the tables could take the guards off the record: the pool of the running application never holds one.
    It is also the way into a database that was put back and is not served yet (rewound.py).
    """
    _refuse_second()
    wrapper = _connect(instance, locations.owned_database(instance))
    _enter(instance, wrapper)
    try:
        yield instance
    finally:
        _leave(instance)
        wrapper.close()


def _refuse_second():
    if is_bound():
        raise AlreadyBound(f"{bound().slug} is bound.")


@contextmanager
def elsewhere():
    """Step out of the bound instance for the duration of the block, so that another may be bound."""
    instance, wrapper = getattr(_here, "instance", None), None
    if instance is not None:
        wrapper = connections["default"]
        _leave(instance)
    try:
        yield
    finally:
        if instance is not None:
            _enter(instance, wrapper)


def _enter(instance, wrapper):
    connections["default"] = wrapper
    connections[wrapper.alias] = wrapper
    _here.instance = instance


def _leave(instance):
    _here.instance = None
    del connections["default"]
    del connections[alias_of(instance)]


def cache_key(key, prefix, version):
    """Django's cache KEY_FUNCTION: no instance, no key; never another's value."""
    return f"{bound().id}:{prefix}:{version}:{key}"
