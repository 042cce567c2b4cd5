"""What one instance tells another for good: an outbox beside the change, delivered until the other side has taken it.

A dispatch is written in the transaction of what it tells of, so that neither is without the other. It is sent right
after the commit, by a thread of its own so that nobody waits, in the order of writing, and tried again until the other
side takes or refuses it. The other side takes each one once, however often it comes (docs/decisions/dispatches.md).
"""

import json
import logging
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connections, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.module_loading import import_string

from countersign.identity import federation, tokens
from countersign.identity.federation import FederationError
from countersign.identity.models import Dispatch, TakenDispatch
from countersign.instances import binding, hosts
from countersign.instances.models import Instance

log = logging.getLogger(__name__)
LARGEST_BODY = 32 * 1024
AGAIN_SECONDS = (1, 5, 15, 30)  # between tries; then every 30 s while this process lives
GIVEN_UP_AFTER = timedelta(days=30)

_senders = ThreadPoolExecutor(max_workers=4, thread_name_prefix="dispatches")
_under_way, _timers, _tries = set(), {}, {}


class Refused(Exception):
    """The dispatch is not taken and never will be. The text is for the sender's record."""


@dataclass(frozen=True)
class Received:
    """What came from another instance of this installation, proved by its signature; the body is as it says."""

    sender: Instance
    issuer: str
    kind: str
    body: dict
    written_at: datetime

    def uuid(self, name, *, otherwise):
        """The UUID of this name in the body. Raises Refused with `otherwise` when there is none."""
        try:
            return uuid.UUID(self.body.get(name))
        except (AttributeError, TypeError, ValueError):
            raise Refused(otherwise) from None

    def moment(self, name):
        """The moment of this name in the body, with its zone, or None."""
        text = self.body.get(name)
        try:
            found = parse_datetime(text) if isinstance(text, str) else None
        except ValueError:  # 02/30
            found = None
        return found if found and timezone.is_aware(found) else None


def send(issuer, kind, body, *, name):
    """Tell the instance at `issuer`, whose name is `name`, once the current transaction has been committed.

    body: a JSON object, 32 KB at most; what only the receiver may read is sealed for it by the caller.
    """
    if len(json.dumps(body)) > LARGEST_BODY:
        raise ValueError("This is more than a dispatch may hold.")
    made = Dispatch.objects.create(issuer=issuer, name=name, kind=kind, body=body)
    send_soon()
    return made


def send_to_all(names, kind, body):
    """The same for many: {issuer: its name}."""
    Dispatch.objects.bulk_create(
        Dispatch(issuer=issuer, name=name, kind=kind, body=body) for issuer, name in names.items()
    )
    send_soon()


def send_soon():
    """Try whatever the bound instance has not got rid of yet, after the current transaction."""
    instance = binding.bound()
    transaction.on_commit(lambda: _submit(instance))


def _submit(instance):
    timer = _timers.pop(instance.id, None)
    if timer is not None:
        timer.cancel()
    future = _senders.submit(_run, instance)
    _under_way.add(future)
    future.add_done_callback(_under_way.discard)


def settle(seconds=10):
    """Wait until what is under way was tried once, and try nothing again (at shutdown, and in tests)."""
    for _ in range(2):  # a timer may fire while it is about to be cancelled
        wait(list(_under_way), timeout=seconds)
        for instance_id in list(_timers):
            timer = _timers.pop(instance_id, None)
            if timer is not None:
                timer.cancel()
    wait(list(_under_way), timeout=seconds)


def _run(instance):
    try:
        with binding.bind(instance):
            left = _deliver()
        if left:
            _again(instance)
        else:
            _tries.pop(instance.id, None)
    except Exception:  # a thread has nobody to raise to; the next dispatch or `countersign daily` makes it good
        log.exception("Dispatches of %s could not be sent.", instance.slug)
    finally:
        connections["control"].close()


def _again(instance):
    tries = _tries[instance.id] = _tries.get(instance.id, 0) + 1
    timer = threading.Timer(AGAIN_SECONDS[min(tries, len(AGAIN_SECONDS)) - 1], _submit, args=(instance,))
    timer.daemon = True
    timer.start()
    _timers[instance.id] = timer


def _deliver():
    """Send what waits, to each instance in the order of writing. Returns whether something is left."""
    silent = set()
    waiting = Dispatch.objects.waiting().filter(written_at__gt=timezone.now() - GIVEN_UP_AFTER)
    for one in waiting.order_by("id")[:500]:
        if one.issuer not in silent and not _told(one):
            silent.add(one.issuer)
    return bool(silent)


def _told(one):
    """Whether the other side has said yes or no for good."""
    now = timezone.now()
    try:
        status, answer = federation.call("POST", f"{one.issuer}/dispatches/", data={
            "id": str(one.mark), "kind": one.kind, "body": json.dumps(one.body),
            "written_at": one.written_at.isoformat(), **tokens.assertion(audience=one.issuer),
        })
        fault = "" if status in (200, 422) else f"answered {status}"
    except FederationError as error:
        status, answer, fault = 0, {}, str(error)
    rows = Dispatch.objects.waiting().filter(id=one.id)
    if status == 200:
        rows.update(taken_at=now, fault="")
    elif status == 422:
        rows.update(refused_at=now, fault=federation.line(answer.get("because"), 200))
    else:
        rows.update(tried_at=now, fault=fault[:200])
    return not fault


def take(sender, form):
    """Take a dispatch of an instance that proved who it is: once. Raises Refused with the reason."""
    kind = form.get("kind", "")
    path = settings.DISPATCHES.get(kind)
    if path is None:
        raise Refused("nothing of this kind is taken here")
    mark, body, written_at = _read(form)
    issuer = hosts.root(sender)
    with transaction.atomic():
        _, is_new = TakenDispatch.objects.get_or_create(
            mark=mark, issuer=issuer, defaults={"kind": kind, "written_at": written_at}
        )
        if is_new:
            import_string(path)(Received(sender, issuer, kind, body, written_at))


def _read(form):
    try:
        text = form.get("body", "")
        if len(text) > LARGEST_BODY:
            raise ValueError
        body, written_at = json.loads(text), parse_datetime(form.get("written_at", ""))
        if not isinstance(body, dict) or written_at is None or timezone.is_naive(written_at):
            raise ValueError
        return uuid.UUID(form.get("id", "")), body, written_at
    except (ValueError, RecursionError):
        raise Refused("it is malformed") from None
