"""A record of a million events: how long its pages take, how fast it is exported and checked, and in what memory.

Pages are whole requests through the application (session, gate, the event of the reading itself, template), in wall
time, with the CPU beside it that its thread and the database's server process spent; the slowest of all filters is
what counts. Rates are of CPU time of the thread, so that a busy neighbour changes them little.
"""

import os
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from urllib.parse import urlencode

from bench.events import COMPANIES, LAST, LAST_NAMES, fill
from countersign.audit import tree
from countersign.instances import binding, hosts
from countersign.people import passwords

SHOWN = 5
MEBIBYTE = 1024 * 1024
DAY = "%m/%d/%Y"
ONE_BY_ONE = {
    "who": ["ours", "third party", "support", "system", "unknown"],
    "person": ["Ida Novak", "ada", "nobody at all"],
    "company": ["ACME", COMPANIES[-1], "no such company"],
    "billing_user": ["acme-billing", "billing", "none"],
    "action": ["client.opened", "client.changed", "page.refused", "checkpoint.mailed"],
    "client": ["1000", "Castro", "3999", "Zzyzx"],
    "result": ["ok", "refused", "failed"],
    "text": ["Zebrafish", "Elm Street", "203.0.113.7", "firefox", "%", "nothing-holds-this"],
    "since": [(LAST - timedelta(days=days)).strftime(DAY) for days in (3, 900)],
    "until": [(LAST - timedelta(days=days)).strftime(DAY) for days in (3, 900)],
}


def measure(instance, session, *, count):
    """Fill the instance's record and return {what: figure}; session: the cookie of whoever may look at everything."""
    from countersign.watch.models import Position

    with binding.bind_as_owner(instance):
        busiest, _ = fill(count)
    with binding.bind(instance):  # as if the alerts had been looked for all along, and not a million events at once
        Position.objects.update(seq=tree.settled_seq())
    root, browser, quiet = hosts.root(instance), _browser(instance, session), [_two_hashes()]
    pages = {name: _slowest(browser, f"{root}/reports/{name}/", asked) for name, asked in _lists(count).items()}
    opened = _milliseconds(browser, f"{root}/clients/{_client(instance, busiest)}/opened/")
    quiet.append(_two_hashes())
    with binding.bind(instance):
        found = _checked(count)
    quiet.append(_two_hashes())
    found |= {f"export {name}": _export(browser, root, name) for name in ("csv", "jsonl", "fhir")}
    return {"pages": pages, "opened": opened, "hashes": median([*quiet, _two_hashes()]), **found}


def _lists(count):
    """{name of the list: [query, ...]}: each filter by itself, each with each other one, and pages further down."""
    alone = [{name: value} for name, values in ONE_BY_ONE.items() for value in values]
    names = list(ONE_BY_ONE)
    pairs = [
        {one: ONE_BY_ONE[one][0], other: ONE_BY_ONE[other][place % len(ONE_BY_ONE[other])]}
        for place, one in enumerate(names) for other in names[place + 1:]
        if (one, other) != ("since", "until")
    ]
    middle = str(count // 2)
    further = [{"before": middle}, {"before": middle, "who": "third party"}, {"before": "100", "result": "ok"}]
    general = [{}, *alone, *pairs, *further]
    user_audit = [{k: v for k, v in asked.items() if k != "action"} for asked in general if "client" not in asked]
    return {"general-log": general, "user-audit": user_audit}


def _slowest(browser, url, asked):
    """[milliseconds of wall time, of CPU, the query] of the pages that took longest, the slowest first."""
    taken = [[*_milliseconds(browser, f"{url}?{urlencode(one)}"), str(one)] for one in asked]
    return sorted(taken, reverse=True)[:SHOWN]


def _milliseconds(browser, url, times=5):
    """[wall, CPU]: the medians of a request's, after one that warms up."""
    wall, cpu = [], []
    for _ in range(times + 1):
        spent, began = _cpu_seconds(), time.perf_counter()
        answer = browser.get(url)
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((_cpu_seconds() - spent) * 1000)
        assert answer.status == 200, (answer.status, url, answer.body[:500])
    return [median(wall[1:]), median(cpu[1:])]


def _cpu_seconds():
    """Of this thread and of the server processes (PostgreSQL) that work for its idle connections."""
    taken = time.thread_time()  # what looks for alerts after a request is not what it waits for
    for wrappers in binding.pool._idle.values():
        for wrapper in wrappers:
            if wrapper.vendor == "postgresql":
                # in nanoseconds; the clock ticks of "stat" are as long as a whole page
                on_cpu = Path(f"/proc/{wrapper.connection.info.backend_pid}/schedstat").read_text().split()[0]
                taken += int(on_cpu) / 1e9
    return taken


def _two_hashes():
    """CPU milliseconds of what `signin` is measured against: how far the neighbours slow the machine down just now."""
    encoded = passwords.encode("thirty quiet lanterns")
    taken = []
    for _ in range(5):
        began = time.thread_time()
        passwords.matches("thirty quiet lanterns", encoded)
        passwords.matches("something else", encoded)
        taken.append((time.thread_time() - began) * 1000)
    return median(taken)


def _browser(instance, session):
    from bench.straight import Straight

    browser = Straight()
    browser.cookies[hosts.root(instance).partition("://")[2]] = {"session": session}
    return browser


def _client(instance, id):
    """The client of that id, who so far is only in the record, is made."""
    from countersign.clients.models import Client

    with binding.bind(instance):
        any_client = Client.objects.first()
        any_client.pk, any_client.number = id, 999_999
        any_client.last_name = LAST_NAMES[0]
        any_client.save(force_insert=True)
    return id


def _checked(count):
    """Events a second: the check against all checkpoints, writing a bundle, and the verifier that stands alone."""
    import countersign_verify
    from countersign.audit import bundle, check, checkpoints

    made = checkpoints.take("bench")
    found, path = {}, Path(os.environ["COUNTERSIGN_DATA"]) / "bundle"
    with _rate(found, "check", count):
        assert not check.run().wrong
    with path.open("wb") as file, _rate(found, "bundle", count):
        bundle.write(file, made)
    with path.open("rb") as file, _rate(found, "verifier", count):
        assert not [line for line in countersign_verify.verify(file) if "WRONG" in str(line)]
    path.unlink()
    return found


def _export(browser, root, format):
    found = {}
    with _rate(found, "rate", 1):
        size, lines = browser.drain(f"{root}/reports/general-log/export/?format={format}")
    return [found["rate"][0] * lines, found["rate"][1], size]


@contextmanager
def _rate(found, name, count):
    """[per CPU second, MiB by which the peak of memory rose] of what is done within."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew (proc(5))
    before, began = _peak(), time.thread_time()
    yield
    found[name] = [count / (time.thread_time() - began), (_peak() - before) / MEBIBYTE]


def _peak():
    """Bytes; VmHWM of /proc/self/status."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
