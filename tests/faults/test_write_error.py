"""The file system refuses to write, as EIO or a full disk would: 503, nothing changed, and all is well after it."""

import resource
import signal
from pathlib import Path

import pytest

from countersign.instances import locations
from tests.cast import PASSWORD
from tests.conftest import KIND
from tests.faults import comparing
from tests.faults.people import CLIENT, Person
from tests.faults.serving import Served
from tests.faults.test_kill import at_the_desks, crew, faults  # noqa: F401 - crew is a fixture
from tests.security import state

ROUNDS = 6  # so that each worker is asked more than once
pytestmark = pytest.mark.skipif(KIND != "sqlite", reason="about files; for PostgreSQL see test_database_gone.py")


def wal(instance):
    path = locations.sqlite_path(instance)
    return path.with_name(f"{path.name}-wal").stat().st_size


@pytest.mark.parametrize("room", [None, 0, 1000, 5000], ids=lambda room: f"room for {room} octets")
def test_where_no_file_may_grow_nothing_is_done_and_nothing_is_half(crew, room):  # noqa: F811
    practice = crew.good_therapy
    with Served(crew.installation) as served:
        people = at_the_desks(crew, served.browser)
        for one in people * 3:
            one.step()
        cole, fern = people[:2]
        new, stranger = cole.browser.get(f"{cole.root}/clients/new/"), Person(served.browser(), practice, "x")
        name, id = next(iter(fern.notebook.added.items()))
        edit = fern.browser.get(f"{fern.root}/clients/{id}/edit/")
        sign_in = stranger.browser.get(f"{cole.root}/sign-in/")
        for pid in served.processes():
            assert signal.SIGXFSZ in ignored(pid), "a signal that nobody ignores would end the server instead"
        assert faults(crew, people) == []

        # none at all, or as much as is written already and part of the next page
        served.let_write(0 if room is None else wal(practice) + room)
        tries = served_until_full(cole, new)
        before = state.of_all(practice)
        answers = []
        for _ in range(ROUNDS):
            answers += [
                cole.post("/clients/new/", new, {**CLIENT, "last_name": cole.word()}),
                fern.post(f"/clients/{id}/edit/", edit, {**CLIENT, "last_name": name, "status": "active",
                                                         "discharged_on": "", "street": fern.word()}),
                cole.browser.get(f"{cole.root}/clients/{id}/"),
                stranger.post("/sign-in/", sign_in, {"user_id": "cole", "password": PASSWORD}),
            ]
        assert [answer.status_code for answer in answers] == [503] * 4 * ROUNDS
        assert all("Nothing was changed" in answer.text and answer.headers["Retry-After"] for answer in answers)
        assert not any("set-cookie" in answer.headers for answer in answers), "no message that it was saved, for later"
        assert stranger.browser.get(f"{cole.root}/healthz").status_code == 200
        assert state.of_all(practice) == before, tries
        assert comparing.integrity(practice) == []

        served.let_write(resource.RLIM_INFINITY)
        for one in people * 2:
            one.step()
        assert [one.notebook.other_answers for one in people] == [[]] * 4, "with room again, everything works again"
        assert faults(crew, people) == []


def served_until_full(person, page):
    """Add clients until there is no room for one more; returns how many there was room for."""
    for count in range(50):
        word = person.word()
        answer = person.post("/clients/new/", page, {**CLIENT, "last_name": word})
        if answer.status_code == 503:
            return count
        person.acknowledge(answer, person.notebook.added, word)
    raise AssertionError("The limit was never felt.")


def ignored(pid):
    """The signals that a process ignores."""
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn")]
    mask = int(line.split()[1], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}
