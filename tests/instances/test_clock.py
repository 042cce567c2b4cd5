"""Case 63: a clock that is wrong, jumps, or whose hour comes twice lengthens nothing and puts nothing out of order."""

import glob
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone

from countersign.access.models import PreSession, Visit
from countersign.audit import tree
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.identity import federation, tokens
from countersign.identity.models import Code
from countersign.instances import binding, clock, hosts
from countersign.people import accounts, activations, post
from countersign.people.models import Activation, Session, User
from tests.conftest import KIND
from tests.servers.absent import absent

DAY = timedelta(days=1)


class Clock:
    """What `timezone.now` and `time.time` say; `by` moves both, and `stop` has both stand still."""

    def __init__(self):
        self.off, self.now, self.time = timedelta(0), timezone.now, time.time

    def by(self, delta):
        self.off += delta

    def stop(self):
        now, moment = self.now(), self.time()
        self.now, self.time = lambda: now, lambda: moment


@pytest.fixture
def moved(monkeypatch):
    one = Clock()
    monkeypatch.setattr(timezone, "now", lambda: one.now() + one.off)
    monkeypatch.setattr(time, "time", lambda: one.time() + one.off.total_seconds())
    return one


def is_in(client):
    return client.get("/settings/users/").status_code == 200


@pytest.mark.parametrize("back", [DAY, timedelta(minutes=10), timedelta(seconds=62)])
def test_a_clock_set_back_ends_the_session_instead_of_lengthening_it(cast, moved, back):
    cast.administrator(cast.good_therapy)
    moved.stop()
    client = cast.signed_in(cast.good_therapy)

    moved.by(-back)

    assert not is_in(client)
    (expired,) = cast.events(cast.good_therapy, action="session.expired")
    assert expired.reason == "the clock was set back"
    moved.by(back)
    assert not is_in(client), "nor does it come back with the right time"


def test_a_second_corrected_by_the_time_server_ends_nothing(cast, moved):
    cast.administrator(cast.good_therapy)
    client = cast.signed_in(cast.good_therapy)

    moved.by(-timedelta(seconds=50))

    assert is_in(client)


def test_a_clock_set_forward_ends_the_session_at_once(cast, moved):
    cast.administrator(cast.good_therapy)
    client = cast.signed_in(cast.good_therapy)

    moved.by(DAY)

    assert not is_in(client)
    with binding.bind(cast.good_therapy):
        assert not Session.objects.open().exists()


def test_without_the_check_a_day_set_back_is_a_day_longer(cast, moved, monkeypatch):
    """The fault planted: shows that the tests above look."""
    monkeypatch.setattr(clock, "set_back", lambda noted_at, now: False)
    cast.administrator(cast.good_therapy)
    client = cast.signed_in(cast.good_therapy)

    moved.by(timedelta(hours=13) - DAY)

    assert is_in(client)


def test_the_order_of_the_record_is_that_of_its_numbers_whatever_the_clock_said(cast, moved):
    cast.administrator(cast.good_therapy)
    cast.signed_in(cast.good_therapy)
    moved.by(-DAY)
    cast.signed_in(cast.good_therapy)
    moved.by(3 * DAY)
    cast.signed_in(cast.good_therapy)

    events = cast.events(cast.good_therapy, action="sign-in.accepted")
    assert [event.at for event in events] != sorted(event.at for event in events)
    with binding.bind(cast.good_therapy):
        today = tree.grow()
        numbers = [today.seq_of(index) for index in range(today.size)]
        assert numbers == sorted(Event.objects.values_list("seq", flat=True))
        assert [today.index_of(event.seq) for event in events] == sorted(today.index_of(event.seq) for event in events)


def test_a_visit_of_a_home_that_was_asked_in_the_future_asks_it_again_now(cast, moved):
    cast.jane()
    cast.key()
    browser = cast.visit()
    with binding.bind(cast.good_therapy):
        Visit.objects.update(confirmed_at=timezone.now() + timedelta(hours=20))
    with binding.bind(cast.acme):
        # not by the verb: the message to the practice is lost
        User.objects.filter(user_id="jane").update(inactivated_at=timezone.now(), inactivated_by="x")

    cast.go(browser, "/clients/")

    assert "/sign-in/" in browser.url


def test_codes_first_parts_and_activations_are_not_lengthened_either(cast, moved):
    cast.jane()
    cast.key()
    dana = cast.user(cast.good_therapy, "dana", name="Dana Reed", email="dana@example.org")
    browser = cast.first_part()
    with binding.bind(cast.good_therapy):
        sent = activations.send(dana, by=system())
        post.settle()
        ahead = timezone.now() + timedelta(hours=20)
        PreSession.objects.update(began_at=ahead, expires_at=ahead + timedelta(seconds=600))
        Activation.objects.update(sent_at=ahead, expires_at=ahead + timedelta(hours=72))
        with transaction.atomic():
            found, why = activations.check(sent.id, code="AAAAA-AAAAA")
        assert (found, why) == (None, "the clock was set back since the activation was sent")
    cast.second_part(browser)
    assert "could not be signed in" in browser.text
    assert cast.events(cast.good_therapy, action="sign-in.second-part.refused")


def test_a_code_from_the_future_is_unknown(cast, moved, monkeypatch):
    cast.jane()
    cast.key()
    original = settings.CODE_SECONDS
    monkeypatch.setattr(settings, "CODE_SECONDS", original + 20 * 3600)  # as if it had been given 20 hours ahead of us
    browser = cast.first_part()
    answer = browser.post(browser.url, {"user_id": "jane", "password": "quiet harbor morning 41"}, follow=False)
    monkeypatch.setattr(settings, "CODE_SECONDS", original)

    browser.get(answer["Location"])

    assert "could not be signed in" in browser.text
    with binding.bind(cast.acme):
        assert Code.objects.get().used_at is None


# A peer whose clock is wrong


@pytest.mark.parametrize(("seconds", "alarm", "accepted"), [
    (59, False, True), (-59, False, True), (75, True, False), (-75, True, True), (-3600, True, False),
    (86400, True, False),
])
def test_a_peer_whose_clock_is_off_by_more_than_a_minute_gives_an_alarm(cast, moved, seconds, alarm, accepted):
    """Accepted or refused: whoever signs does so on the spot."""
    peer = hosts.root(cast.good_therapy)
    moved.stop()  # a message carries whole seconds: of 59 there is up to one more, and none left for a busy machine
    with binding.bind(cast.good_therapy):
        moved.by(timedelta(seconds=seconds))
        statement = tokens.assertion(audience=hosts.root(cast.acme))
        moved.by(-timedelta(seconds=seconds))
    first, *_ = [ask(cast, statement) for _ in range(3)]
    found = cast.events(cast.acme, action="clock.differs")

    assert (first == 200) == accepted
    assert len(found) == (1 if alarm else 0), "said once, not at every message"
    if alarm:
        assert found[0].object == peer and found[0].result == "failed"
        where = "ahead of ours" if seconds > 0 else "behind ours"
        assert found[0].reason.endswith(where) and abs(int(found[0].reason.split()[0]) - abs(seconds)) <= 10


def ask(cast, statement):
    return cast.client(cast.acme).post("/standing/", {"sid": "x", **statement}).status_code


def test_a_home_whose_clock_is_wrong_is_named_on_the_practices_user_audit(cast, moved):
    cast.administrator(cast.good_therapy)
    home, practice = hosts.root(cast.acme), hosts.root(cast.good_therapy)
    with binding.bind(cast.acme):
        moved.by(timedelta(hours=1))
        now = int(time.time())
        message = tokens.sign({
            "iss": home, "aud": practice, "iat": now, "exp": now + 120, "jti": "one", "sub": "s", "sid": "s",
            "events": {tokens.LOGOUT_EVENT: {}},
        }, typ="logout+jwt")
        moved.by(-timedelta(hours=1))

    answer = cast.client(cast.good_therapy).post("/sign-out/back-channel/", {"logout_token": message})

    assert answer.status_code == 400
    (alarm,) = cast.events(cast.good_therapy, action="clock.differs")
    assert alarm.object == home
    (refusal,) = cast.events(cast.good_therapy, action="sign-in.second-part.refused")
    assert refusal.reason == "from the future"
    page = cast.signed_in(cast.good_therapy).get("/reports/user-audit/").content.decode()
    assert f"found that the clock of {home} differs by more than a minute" in page


def test_nobody_can_raise_the_alarm_in_anothers_name(cast, moved):
    """Only what is signed by the peer itself counts."""
    with binding.bind(cast.elm_street):
        moved.by(DAY)
        statement = tokens.assertion(audience=hosts.root(cast.acme))
        moved.by(-DAY)
    header, claims, signature = statement["client_assertion"].split(".")
    statement["client_assertion"] = f"{header}.{claims}.{signature[::-1]}"

    assert ask(cast, statement) == 401
    assert not cast.events(cast.acme, action="clock.differs")


def test_a_time_that_no_clock_could_show_is_refused_without_an_error(cast):
    now = int(time.time())
    with binding.bind(cast.acme):
        for at in (10**400, -(10**400), 1e300):
            cache.clear()
            with pytest.raises(federation.FederationError):
                tokens.timely({"iss": "https://x", "iat": at, "exp": now + 60}, oldest=60)


# A real clock, in a process of its own


def walk(tmp_path, *steps):
    library = next(iter(sorted(glob.glob("/usr/lib/*/faketime/libfaketime.so.1"))), None)
    if library is None:
        absent("libfaketime", install="apt install libfaketime")
    file = tmp_path / "clock"
    file.write_text(f"{steps[0].partition('=')[0]}\n")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("COUNTERSIGN_", "PYTEST_"))},
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1", "TZ": "UTC",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.instances.clock_walk", str(file), *steps], env=environment, capture_output=True,
        text=True, timeout=240, check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    return [code for _, code, _ in found["answers"]], found["events"]


IN, OUT = 200, 302


@pytest.mark.skipif(KIND != "sqlite", reason="in a process without the server of the tests")
@pytest.mark.parametrize(("name", "steps", "codes"), [
    ("a day back", ["2026-06-10 10:00:00", "2026-06-10 10:05:00", "2026-06-09 10:06:00"], [IN, OUT]),
    ("a day on", ["2026-06-10 10:00:00", "2026-06-11 10:00:00", "2026-06-10 10:01:00"], [OUT, OUT]),
    ("the hour that comes twice", [
        "2026-11-01 05:50:00", "2026-11-01 06:04:00", "2026-11-01 06:18:30", "2026-11-01 06:34:00",
    ], [IN, IN, OUT]),
    ("the hour that is left out", ["2026-03-08 06:55:00", "2026-03-08 07:05:00", "2026-03-08 07:20:30"], [IN, OUT]),
    ("the leap day", [
        "2028-02-28 23:50:00", *(f"2028-02-29 {h:02}:{m:02}:00" for h in range(12) for m in range(0, 60, 10)),
    ], [IN] * 71 + [OUT]),
])
def test_a_session_ends_on_time_while_the_clock_does_what_clocks_do(tmp_path, name, steps, codes):
    """Of New York: 2026-11-01 02:00 is 01:00 again at 06:00 UTC; 2026-03-08 02:00 is 03:00 at 07:00 UTC."""
    stepped = [f"{steps[0]}=sign-in", *(f"{when}=look" for when in steps[1:])]

    found, events = walk(tmp_path, *stepped)

    assert found == [OUT, *codes], name
    numbers = [number for number, *_ in events]
    assert numbers == sorted(numbers)
    assert [action for _, _, action, _ in events].count("session.expired") == 1


def test_what_is_shown_in_the_hour_that_comes_twice_is_in_order_by_number(cast):
    """Times of day repeat, moments do not: stored is UTC."""
    first, second = datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    with timezone.override("America/New_York"):
        assert timezone.localtime(first).strftime("%H:%M") == timezone.localtime(second).strftime("%H:%M") == "01:30"
    with binding.bind(cast.good_therapy):
        somebody = accounts.create(
            name="Some Body", user_id="somebody", password=None, type="regular", by=system()
        )
        somebody.refresh_from_db()
        assert somebody.created_at.utcoffset() == timedelta(0)
