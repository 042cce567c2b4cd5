"""PostgreSQL is killed, freezes or is cut off while people work (security case 64).

503, nothing half, nothing sent twice; and where nobody can know whether it was saved, that is what is said.
"""

import re
import secrets
import tempfile
import uuid
from pathlib import Path

import httpx
import psycopg
import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, close_old_connections, connections, transaction
from django.db.backends.postgresql import base as djangos

from countersign.clients.models import Client
from countersign.instances import binding, environment
from countersign.instances.postgresql import base
from countersign.wsgi import application
from tests.cast import PASSWORD
from tests.conftest import KIND, SCRATCH
from tests.faults.people import CLIENT, Keeper
from tests.faults.serving import Served
from tests.faults.test_kill import at_the_desks, crew, faults, load  # noqa: F401 - crew is a fixture
from tests.installation import SERVER, template_data
from tests.security import state
from tests.servers.cutting import UNANSWERED, UNSENT, cutting
from tests.servers.postgres import postgres_server
from tests.servers.serving import BASE_DOMAIN

KILLS = 2
ANSWER = "answer_timeout=8"  # a frozen server is waited for; long enough for a busy one
INSERT = b'INSERT INTO "clients_client"'
pytestmark = pytest.mark.skipif(KIND != "postgresql", reason="SQLite is a file; see test_write_error.py")


@pytest.fixture(scope="module")
def prepared():
    """A server of our own, to be killed: what it has committed it has written down, so that the kill loses nothing."""
    with postgres_server(synchronous_commit="on") as server:
        yield template_data(SCRATCH / f"template-{secrets.token_hex(6)}", server), server


@pytest.fixture
def line(crew, monkeypatch):  # noqa: F811
    """What all connections of this process to the instances go through."""
    server = crew.installation.server
    (socket,) = [path for path in server.socket_folder.iterdir() if not path.name.endswith(".lock")]
    with tempfile.TemporaryDirectory(prefix="cut-") as folder, cutting(Path(folder), socket) as cut:
        monkeypatch.setitem(settings.DATABASE_SERVERS[SERVER], "HOST", folder)
        binding.pool.clear()
        yield cut
        binding.pool.clear()


def keeper(crew, browser):  # noqa: F811
    return Keeper(browser, crew.good_therapy, "cole").sign_in("cole", PASSWORD)


def here():
    return httpx.Client(transport=httpx.WSGITransport(application))


def hidden_from(one, path="/clients/new/"):
    page = one.browser.get(one.root + path)
    assert page.status_code == 200, page.text
    return page


def clients(instance, name):
    with binding.bind(instance):
        return Client.objects.filter(last_name=name).count()


def told(answer):
    """"nothing", "unknown" or what else the page says about what was sent; what it must not say with it is a fault."""
    text = " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())
    nothing, unknown = "Nothing was changed" in text, "Nobody can say whether this was done" in text
    assert answer.status_code == 503 and "set-cookie" not in answer.headers, (answer.status_code, text)
    assert nothing != unknown and unknown == ("look before you send it again" in text), text
    # What may have been done is not for a machine to send again.
    assert ("Retry-After" in answer.headers) == nothing
    return "nothing" if nothing else "unknown"


def test_killed_under_load_what_was_acknowledged_is_there_and_nobody_is_told_but_503(crew):  # noqa: F811
    server = crew.installation.server
    with Served(crew.installation) as served:
        people = at_the_desks(crew, served.browser)
        for kill in range(KILLS):
            load(people, server.kill)
            server.start()
            close_old_connections()  # of this process, as of every other between two requests
            assert faults(crew, people) == [], f"after kill {kill + 1}"
            answers = {answer for one in people for answer in one.notebook.other_answers}
            assert answers <= {503}, answers
            for one in people:
                one.notebook.other_answers.clear()
            # The application was not started again, and nobody finds a connection of the server before.
            for one in people * 4:
                one.step()
            assert [one.notebook.other_answers for one in people] == [[]] * 4
        assert faults(crew, people) == []
        assert served.process.poll() is None


def test_a_frozen_server_is_not_waited_for_without_end_and_nothing_is_done(crew):  # noqa: F811
    server, practice = crew.installation.server, crew.good_therapy
    addresses = {"app": server.app_dsn("postgres"), "control": server.app_dsn(crew.installation.control)}
    with Served(crew.installation, **{name: f"{url}&{ANSWER}" for name, url in addresses.items()}) as served:
        cole = keeper(crew, served.browser())
        page, word = hidden_from(cole), cole.word()
        before = state.of_all(practice)

        with server.frozen():
            # at first on the connections that stand, then in vain for new ones
            answers = [cole.post("/clients/new/", page, {**CLIENT, "last_name": word}) for _ in range(2)]
            answers.append(cole.browser.get(f"{cole.root}/clients/"))
            assert served.browser().get(f"http://{BASE_DOMAIN}/healthz").status_code == 200

        assert {told(answer) for answer in answers} == {"nothing"}
        assert state.of_all(practice) == before
        for _ in range(6):
            cole.step()
        assert cole.notebook.other_answers == []
        assert faults(crew, [cole]) == [], "what was under way when it froze is not done when it thaws"


@pytest.mark.parametrize(("how", "there"), [(UNANSWERED, 1), (UNSENT, 0)])
def test_cut_off_while_it_is_saved_the_outcome_is_said_to_be_unknown_and_nothing_is_sent_twice(
    crew, line, how, there,  # noqa: F811
):
    cole = keeper(crew, here())
    page, word = hidden_from(cole), cole.word()

    line.cut(b"COMMIT", how)
    answer = cole.post("/clients/new/", page, {**CLIENT, "last_name": word})

    assert told(answer) == "unknown"
    assert (line.cuts, line.sent.count(INSERT), line.sent.count(b"COMMIT")) == (1, 1, 1)
    assert clients(crew.good_therapy, word) == there
    assert faults(crew, [cole]) == [], "as a whole or not at all: with its event, or without either"
    cole.step()
    assert cole.notebook.other_answers == [] and len(cole.notebook.added) == 1


@pytest.mark.parametrize("how", [UNANSWERED, UNSENT])
def test_cut_off_before_it_is_saved_nothing_was_changed(crew, line, how):  # noqa: F811
    cole = keeper(crew, here())
    page, word = hidden_from(cole), cole.word()
    before = state.of_all(crew.good_therapy)

    line.cut(INSERT, how)
    answer = cole.post("/clients/new/", page, {**CLIENT, "last_name": word})

    assert told(answer) == "nothing"
    assert (line.cuts, line.sent.count(INSERT)) == (1, 1), "it is for the person to send it again"
    assert state.of_all(crew.good_therapy) == before
    cole.step()
    assert cole.notebook.other_answers == []


def test_an_outcome_that_is_unknown_and_told_as_nothing_is_found(crew, line, monkeypatch):  # noqa: F811
    """Planted: Django's own wrapper, which tells a lost commit from no other error."""
    monkeypatch.setattr(base.DatabaseWrapper, "_commit", djangos.DatabaseWrapper._commit)
    cole = keeper(crew, here())
    page, word = hidden_from(cole), cole.word()

    line.cut(b"COMMIT", UNANSWERED)
    answer = cole.post("/clients/new/", page, {**CLIENT, "last_name": word})

    assert told(answer) == "nothing" and clients(crew.good_therapy, word) == 1


def test_a_commit_that_the_database_refuses_is_no_unknown_outcome(crew):  # noqa: F811
    """A deferred constraint is checked at the commit, and then it is known that nothing was changed."""
    keeper(crew, here())

    with (
        binding.bind(crew.good_therapy), pytest.raises(IntegrityError), transaction.atomic(),
        connections["default"].cursor() as cursor,
    ):
        cursor.execute("UPDATE people_session SET user_id = %s", [uuid.uuid4()])


def test_connections_that_the_server_closed_are_replaced_before_anything_is_sent_over_them(crew):  # noqa: F811
    server = crew.installation.server
    cole = keeper(crew, here())
    page, word = hidden_from(cole), cole.word()
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        ended = admin.execute("SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity "
                              "WHERE usename = 'countersign'").fetchone()
    assert ended[0] >= 2, "the instance's and the catalogue's"

    answer = cole.post("/clients/new/", page, {**CLIENT, "last_name": word})

    assert answer.status_code == 302 and clients(crew.good_therapy, word) == 1


def test_how_long_an_answer_is_waited_for_is_set_in_the_product():
    entry = environment.database("postgresql://somebody@host/name", name="test")

    assert entry["ENGINE"] == base.__package__ and 0 < base.ANSWER_SECONDS <= 60
    with pytest.raises(ImproperlyConfigured, match="answer_timeout"):
        environment.database("postgresql://somebody@host/name?answer_timeout=soon", name="test")
