"""When the record is looked at: a few seconds after something was written, in a thread of its own.

No request waits for it: what a request does is to put its instance into a queue, unless it is there already. Were a
process to die before the look, the next request of the instance makes it good, or `countersign daily`.
"""

import logging
import queue
import threading
import time
import zoneinfo

from django.conf import settings
from django.db import connections
from django.utils import timezone

from countersign.audit import record
from countersign.instances import binding
from countersign.watch import looking

log = logging.getLogger(__name__)
_queue, _waiting = queue.Queue(), set()
_hurry, _drop = threading.Event(), threading.Event()
_starting = threading.Lock()
_thread = None


def wake_after(get_response):
    """Middleware, inside the binding: whatever wrote an event is looked at soon."""

    def middleware(request):
        before = record.written()
        response = get_response(request)
        if record.written() != before and request.instance is not None:
            wake(request.instance)
        return response

    return middleware


def wake(instance):
    """Have the instance's record looked at in settings.WATCH_SECONDS."""
    if instance.id in _waiting:
        return
    _waiting.add(instance.id)
    _queue.put((time.monotonic() + settings.WATCH_SECONDS, instance))
    _start()


def settle(seconds=10):
    """Look now at whatever waits for it, and wait until that is done (tests)."""
    _hurry.set()
    with _queue.all_tasks_done:
        _queue.all_tasks_done.wait_for(lambda: not _queue.unfinished_tasks, seconds)
    _hurry.clear()


def forget():
    """Let go of whatever waits for a look (tests, before their databases go)."""
    _drop.set()
    settle()
    _drop.clear()


def _start():
    global _thread
    with _starting:
        if _thread is None or not _thread.is_alive():  # not yet, or in a process that was forked
            _thread = threading.Thread(target=_work, name="watch", daemon=True)
            _thread.start()


def _work():
    while True:
        due, instance = _queue.get()
        _hurry.wait(max(0, due - time.monotonic()))  # all wait equally long, so the first is due first
        _waiting.discard(instance.id)
        if not _drop.is_set():
            _look_at(instance)
        _queue.task_done()


def _look_at(instance):
    try:
        with binding.bind(instance), timezone.override(zoneinfo.ZoneInfo(instance.time_zone)):
            looking.look()
    except Exception:  # a thread has nobody to raise to; the next look makes it good
        log.exception("The record of %s could not be looked at.", instance.slug)
    finally:
        connections["control"].close()
