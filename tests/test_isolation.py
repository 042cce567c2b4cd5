"""No instance ever sees a row of another: many threads, many instances, cookies of others, failures in the middle.

2,000 mixed requests in each of the 8 threads; COUNTERSIGN_ISOLATION_REQUESTS=2000 is 2,000 in all, for a quick look.
"""

import itertools
import logging
import os
import random
import re
import threading
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import connections
from django.test import RequestFactory, override_settings
from django.utils.crypto import get_random_string

from countersign.audit.models import Event
from countersign.clients.models import Client
from countersign.instances import binding, hosts
from countersign.people import sessions
from countersign.people.models import Session, User, UserType
from countersign.wsgi import application
from tests.security.faulty_urls import HALF_WRITTEN
from tests.security.fillings import FROM

pytestmark = pytest.mark.usefixtures("home_not_asked")

THREADS, INSTANCES = 8, 20
REQUESTS = int(os.environ.get("COUNTERSIGN_ISOLATION_REQUESTS", "16000"))
CANARY = re.compile(r"Canary[a-z]+")
CSRF = get_random_string(32, "abcdefghijklmnopqrstuvwxyz")


@dataclass
class Cage:
    """One instance with a canary of its own, and an administrator's cookie."""

    instance: object
    canary: str
    cookie: str
    client: str
    row: object = field(repr=False, default=None)

    @property
    def host(self):
        return hosts.root(self.instance).partition("://")[2]


@pytest.fixture
def aviary(installation):
    return [cage(installation, number) for number in range(INSTANCES)]


@pytest.fixture
def small_aviary(installation):
    """Enough to show that a planted fault is found."""
    return [cage(installation, number) for number in range(5)]


def cage(installation, number):
    letters = chr(97 + number % 26) * 2 + "finch"
    instance = installation.open(f"practice-{number}", f"Canary{letters} Practice")
    canary = f"Canary{letters}"
    with binding.bind(instance):
        user = User(user_id="admin", name=f"Admin {canary}", type=UserType.ADMINISTRATOR, password="!", created_by="x")
        user.save(force_insert=True)
        session, token = sessions.start(FROM, user)
        client = Client.objects.create(
            number=1001, first_name="Robin", last_name=canary, born_on="1990-05-17", sex="U", started_on="2026-01-05",
            created_by="the test",
        )
    return Cage(instance, canary, token, str(client.id), session)


def ask(cage, path, *, method="GET", data=None, cookie=None):
    """(status, text) of one request to the application itself, as a server calls it."""
    cookies = SimpleCookie({sessions.cookie_name(): cookie or cage.cookie, settings.CSRF_COOKIE_NAME: CSRF})
    body = urlencode({**(data or {}), "csrfmiddlewaretoken": CSRF})
    environ = RequestFactory().generic(
        method, path, body if method == "POST" else "", "application/x-www-form-urlencoded", HTTP_HOST=cage.host,
        HTTP_COOKIE=cookies.output(header="", sep=";").strip(),
    ).environ
    answer = {}
    chunks = application(environ, lambda status, headers, *_: answer.update(status=int(status[:3])))
    try:
        text = b"".join(chunks).decode()
    finally:
        chunks.close()
    return answer["status"], text


def one_request(cage, other, draw):
    """One of the mix; returns a sentence when the answer is not this instance's own, else None."""
    new_client = {
        "first_name": "Wren", "last_name": cage.canary, "born_on": "05/17/1990", "sex": "U", "started_on": "01/05/2026",
    }
    kind, arguments, status, own = draw.choices([
        ("list", {"path": "/clients/"}, 200, True),
        ("search", {"path": "/clients/?q=canary"}, 200, True),
        ("client", {"path": f"/clients/{cage.client}/"}, 200, True),
        ("users", {"path": "/settings/users/"}, 200, True),
        ("log", {"path": "/reports/general-log/"}, 200, True),
        ("export", {"path": "/clients/export/"}, 200, True),
        ("export of the log", {"path": "/reports/general-log/export/"}, 200, False),  # perhaps still empty
        ("invalid form", {"path": "/clients/new/", "method": "POST", "data": {"last_name": cage.canary}}, 422, True),
        ("new client", {"path": "/clients/new/", "method": "POST", "data": new_client}, 302, False),
        ("another's client", {"path": f"/clients/{other.client}/"}, 404, False),
        ("another's cookie", {"path": "/clients/", "cookie": other.cookie}, 302, False),
        ("another's cookie, export", {"path": "/clients/export/", "cookie": other.cookie}, 302, False),
        ("failure", {"path": "/breaks/"}, 500, False),
        ("failure after a write", {"path": "/breaks/", "method": "POST"}, 500, False),
    ], weights=[10, 6, 10, 6, 3, 4, 1, 4, 1, 6, 6, 2, 4, 2])[0]
    got, text = ask(cage, **arguments)
    seen = set(CANARY.findall(text))
    if seen - {cage.canary}:
        return f"{kind} at {cage.canary}: shows {', '.join(sorted(seen - {cage.canary}))}"
    if got != status:
        return f"{kind} at {cage.canary}: {got}, not {status}"
    if own and not seen:
        return f"{kind} at {cage.canary}: does not show its own"
    return None


def run(aviary, requests, *, seed):
    """Ask from many threads at once; returns the violations found and how many answers there were."""
    violations, answers, barrier = [], itertools.count(), threading.Barrier(THREADS)

    def work(number):
        draw = random.Random(f"{seed}-{number}")
        barrier.wait()
        try:
            for _ in range(requests // THREADS):
                cage, other = draw.sample(aviary, 2)
                try:
                    violation = one_request(cage, other, draw)
                except Exception as error:
                    violation = f"{type(error).__name__}: {error}"
                if violation:
                    violations.append(violation)
                next(answers)
            if binding.is_bound():
                violations.append("an instance stayed bound")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return violations, next(answers)


@pytest.fixture(autouse=True)
def failing_views_are_served():
    """Their traces are on the server's log a thousand times over; nobody needs to read them."""
    logging.disable(logging.ERROR)
    with override_settings(ROOT_URLCONF="tests.security.faulty_urls"):
        yield
    logging.disable(logging.NOTSET)


def let_sessions_in_everywhere(aviary):
    """Plant every instance's session in every other: a wrong binding then shows rows instead of the sign-in page."""
    for here in aviary:
        with binding.bind(here.instance):
            user = User.objects.get()
            for there in aviary:
                if there is not here:
                    row = there.row
                    Session.objects.create(
                        digest=row.digest, user=user, signed_in_at=row.signed_in_at, seen_at=row.seen_at,
                        expires_at=row.expires_at,
                    )


def test_every_answer_shows_its_own_instance_and_no_other(aviary):
    let_sessions_in_everywhere(aviary)

    violations, answers = run(aviary, REQUESTS, seed="right")

    assert not violations, "\n".join(["", *violations[:20]])
    assert answers == REQUESTS // THREADS * THREADS
    for here in aviary:
        with binding.bind(here.instance):
            assert {e.person for e in Event.objects.only("person")} <= {
                f"Admin {here.canary}", "unknown", "Countersign",
            }
            assert set(Client.objects.values_list("last_name", flat=True)) == {here.canary}
            assert not Client.objects.filter(number=HALF_WRITTEN).exists()


class WrongAtTimes(binding.Pool):
    """Planted: now and then a connection to another instance's database under the right name."""

    every = 100

    def __init__(self, aviary):
        super().__init__()
        self.aviary, self.taken = aviary, itertools.count(1)

    def take(self, instance):
        if next(self.taken) % self.every:
            return super().take(instance)
        other = next(here.instance for here in self.aviary if here.instance.id != instance.id)
        wrapper = binding._checked(other)
        wrapper.alias = binding.alias_of(instance)
        return wrapper


def test_a_wrong_connection_in_a_hundred_is_found(small_aviary, monkeypatch):
    let_sessions_in_everywhere(small_aviary)
    monkeypatch.setattr(binding, "pool", WrongAtTimes(small_aviary))

    violations, _ = run(small_aviary, 400, seed="wrong")

    assert [violation for violation in violations if "shows Canary" in violation]
    binding.pool.clear()


def test_a_binding_shared_between_threads_is_found(small_aviary, monkeypatch):
    monkeypatch.setattr(binding, "_here", SimpleNamespace())

    violations, _ = run(small_aviary, 200, seed="shared")

    assert violations
