"""kill -9 under load: what was acknowledged is there, and every change has its event and every event its change.

A kill cannot show what a power cut does: the operating system outlives it and writes what it holds. Against that stands
`synchronous=FULL` on SQLite and `fsync` on PostgreSQL (docs/operator.md), which no test here can show.
"""

import random
import secrets
import time
from itertools import pairwise

import httpx
import pytest

from countersign.audit import check, checkpoints
from countersign.instances import binding
from countersign.people.models import UserType
from countersign.people.permissions import Permission
from countersign.wsgi import application
from tests.audit.attacks import past_the_guards
from tests.cast import KEY, PASSWORD
from tests.faults import comparing
from tests.faults.people import Grouper, Keeper, at_work
from tests.faults.serving import Served

KILLS = 12
WARM = 10  # acknowledged changes until the load counts as one: a new process is slow at first
LONGEST = 0.8  # seconds from then to the kill
PATIENCE_SECONDS = 60


@pytest.fixture
def crew(cast):
    """Whoever works in these tests: two of the practice's own, one visit, and the company's administrator."""
    may = [Permission.VIEW_CLIENTS, Permission.ADD_CLIENTS, Permission.EDIT_CLIENTS]
    cast.user(cast.good_therapy, "cole", UserType.REGULAR, permissions=may)
    cast.user(cast.good_therapy, "fern", UserType.REGULAR, permissions=may)
    cast.jane()
    cast.key(permissions=[Permission.ADD_CLIENTS])
    cast.administrator(cast.acme, "ada")
    return cast


def at_the_desks(cast, browser):
    """Sign everybody in, each with a browser of their own; they stay so, whatever happens to the server."""
    practice = cast.good_therapy
    return [
        Keeper(browser(), practice, "cole").sign_in("cole", PASSWORD),
        Keeper(browser(), practice, "fern").sign_in("fern", PASSWORD),
        Keeper(browser(), practice, "jane").visit("acme-billing", KEY, "jane", PASSWORD),
        Grouper(browser(), cast.acme, "ada").sign_in("ada", PASSWORD),
    ]


def faults(cast, people):
    """Everything that does not agree, of both instances, and what the check of the record cannot explain."""
    keepers = [one.notebook for one in people if isinstance(one, Keeper)]
    groupers = [one.notebook for one in people if isinstance(one, Grouper)]
    found = comparing.clients(cast.good_therapy, keepers) + comparing.permission_groups(cast.acme, groupers)
    for instance in (cast.good_therapy, cast.acme):
        found += comparing.integrity(instance)
        with binding.bind(instance):
            found += [finding.words for finding in check.run().wrong]
            checkpoints.take("after a kill")  # what the next one is compared with
    return found


def load(people, until):
    """Have everybody work; once the server is warm, wait for the random moment and call `until`."""
    stop, threads = at_work(people)
    begun, deadline = done(people), time.monotonic() + PATIENCE_SECONDS
    while done(people) < begun + WARM and time.monotonic() < deadline:
        time.sleep(0.01)
    until()
    stop.set()
    for thread in threads:
        thread.join()


def done(people):
    return sum(one.notebook.acknowledged for one in people)


def test_twelve_times_killed_under_load_nothing_acknowledged_is_lost_and_nothing_is_half(crew):
    seed = secrets.randbits(32)
    moments = random.Random(seed)
    print(f"seed {seed}")
    reached = [0]
    with Served(crew.installation) as served:
        people = at_the_desks(crew, served.browser)
        for kill in range(KILLS):
            moment = moments.uniform(0, LONGEST)
            load(people, lambda moment=moment: (time.sleep(moment), served.kill()))
            served.start()
            assert faults(crew, people) == [], f"after kill {kill + 1}, seed {seed}"
            reached.append(done(people))
        for one in people:
            one.step()
    print(f"acknowledged: {reached}")
    assert all(more >= before + WARM for before, more in pairwise(reached)), "each kill found the server at work"
    assert all(one.notebook.added and one.notebook.changed for one in people), "each of them got something done"
    assert [one.notebook.other_answers for one in people] == [[], [], [], []], "nobody was told anything but: saved"


def sql(*statements):
    """A planted fault, made by whoever owns the database: in words of the tables."""
    return lambda: past_the_guards(*statements)


FIRST = "(SELECT min(seq) FROM audit_event WHERE action = 'client.{}')"
EVENT = "DELETE FROM audit_event WHERE seq = "
ROW = "DELETE FROM clients_client WHERE last_name = '{}'"
COLUMNS = "at, source, person, iss, sub, user_id, company, billing_user, visit, factors, address, browser, action, " \
    "object_type, object_id, object, client_id, client, changes, result, rule, reason"


@pytest.mark.parametrize(("plant", "found"), [
    (sql(EVENT + FIRST.format("added")), "has no event of its creation"),
    (sql(EVENT + FIRST.format("changed")), "is at version 2 after 0 events"),
    (sql(ROW.format("fern-1")), "fern-1 was acknowledged as added and is lost"),
    (sql(ROW.format("fern-1")), "there is no such row"),
    (sql(EVENT + FIRST.format("added"), ROW.format("fern-1")), "has no event of its creation"),
    (sql(ROW.format("fern-1"), "DELETE FROM audit_event WHERE object LIKE 'fern-1,%'"),
     "fern-2 was acknowledged as saved and is lost"),
    (sql("UPDATE clients_client SET street = '' WHERE last_name = 'fern-1'"), "street is ''"),
    (sql("UPDATE clients_client SET version = 3 WHERE last_name = 'fern-1'"), "is at version 3 after 1 events"),
    (sql(f"INSERT INTO audit_event ({COLUMNS}) SELECT {COLUMNS} FROM audit_event WHERE seq = "
         f"{FIRST.format('changed')}"), "was sent once and done 2 times"),
], ids=range(9))
def test_a_change_or_an_event_that_is_lost_or_doubled_is_found(crew, plant, found):
    """Planted; some leave the changes and the events equal in number."""
    people = at_the_desks(crew, lambda: httpx.Client(transport=httpx.WSGITransport(application)))
    for one in people * 2:
        one.step()
    notebooks = [one.notebook for one in people[:3]]
    assert faults(crew, people) == []

    with binding.bind(crew.good_therapy):
        plant()

    assert found in "\n".join(comparing.clients(crew.good_therapy, notebooks))


@pytest.mark.parametrize("plant", [
    sql("UPDATE people_permissiongroup SET description = '' WHERE name = 'ada-1'"),
    sql("DELETE FROM people_permissiongroup WHERE name = 'ada-1'"),
    sql("DELETE FROM audit_event WHERE action = 'group.changed'"),
    sql("DELETE FROM audit_event WHERE action = 'group.created'"),
], ids=range(4))
def test_a_lost_change_of_the_company_is_found_too(crew, plant):
    ada = Grouper(httpx.Client(transport=httpx.WSGITransport(application)), crew.acme, "ada").sign_in("ada", PASSWORD)
    ada.step()
    ada.step()
    assert comparing.permission_groups(crew.acme, [ada.notebook]) == []

    with binding.bind(crew.acme):
        plant()

    assert comparing.permission_groups(crew.acme, [ada.notebook]) != []
