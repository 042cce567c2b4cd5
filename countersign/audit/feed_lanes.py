"""Sending for all instances side by side: one lane for each collector, so that one that hangs delays only those who
send to it, and no page ever."""

import threading
import time

from django.db import connections
from django.utils import timezone

from countersign.audit import feed, feed_wire
from countersign.instances import binding, schema
from countersign.instances.models import Feed, InstanceState

POLL_SECONDS = 1
LONGEST_WAIT_SECONDS = 60  # between two tries at a collector that fails; doubled from one second on


class Lanes:
    """say: takes each line for the operator. A fault is said when it begins, when it changes and when it is over."""

    def __init__(self, say):
        self.say, self.stopped = say, threading.Event()
        self._running, self._waits, self._due = {}, {}, {}
        self.failed = False  # whether anything failed, ever

    def run(self):
        """Until `stopped` is set; then each lane finishes its batch, in 15 seconds at the longest."""
        while not self.stopped.is_set():
            self._round()
            self.stopped.wait(POLL_SECONDS)
        self._join()

    def run_once(self):
        """Everything that is there now, one try each. Returns whether all of it was confirmed."""
        self._round()
        self._join()
        return not self.failed

    def _round(self):
        for collector, feeds in by_collector().items():
            thread = self._running.get(collector)
            if (thread and thread.is_alive()) or self._due.get(collector, 0) > time.monotonic():
                continue
            thread = threading.Thread(target=self._lane, args=(collector, feeds), name=str(collector))
            thread.start()  # before it is named among those that run: whoever finds it there finds it alive
            self._running[collector] = thread

    def _join(self):
        for thread in self._running.values():
            thread.join()

    def _lane(self, collector, feeds):
        try:
            while feeds and not self.stopped.is_set():
                feeds = [one for one in feeds if self._turn(collector, one)]
            self._well(collector)
        except (feed_wire.NotSent, feed_wire.NotConfirmed) as error:
            self._ill(collector, str(error))
        finally:
            connections["control"].close()

    def _turn(self, collector, one):
        """Whether there is more to send for this instance."""
        try:
            with binding.bind(one.instance):
                return feed.advance(collector, going_on=lambda: not self.stopped.is_set())[1]
        except (feed_wire.NotSent, feed_wire.NotConfirmed):
            raise
        except Exception as error:  # whatever it was, the others must get their turn; it is said
            self.failed = True
            self.say(f"{one.instance.slug}: {error.__class__.__name__}: {error}")
            return False

    def _well(self, collector):
        self._waits.pop(collector, None)
        if _active(collector).exclude(fault="").update(fault="", fault_at=None):
            self.say(f"{collector}: is being sent to again")

    def _ill(self, collector, words):
        self.failed = True
        wait = min(2 * self._waits.get(collector, 0.5), LONGEST_WAIT_SECONDS)
        self._waits[collector], self._due[collector] = wait, time.monotonic() + wait
        words = words[:500]
        if _active(collector).exclude(fault=words).update(fault=words, fault_at=timezone.now()):
            self.say(f"{words}. Nothing is lost; it is tried again")


def by_collector():
    """{Collector: [Feed, ...]} of every instance that is open and of this version."""
    found = Feed.objects.filter(
        ended_at=None, instance__state=InstanceState.ACTIVE, instance__schema=schema.fingerprint()
    ).select_related("instance")
    groups = {}
    for one in found:
        groups.setdefault(collector_of(one), []).append(one)
    return groups


def collector_of(one):
    return feed_wire.Collector(
        host=one.host, port=one.port, name=one.name, ca=one.ca, certificate=one.certificate, key=one.key
    )


def _active(collector):
    return Feed.objects.filter(ended_at=None, **vars(collector))
