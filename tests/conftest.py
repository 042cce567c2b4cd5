"""Every test gets its own installation: a data folder, a catalogue, and instances copied from one template.

COUNTERSIGN_TEST_DATABASE chooses where the databases live: sqlite (default) or postgresql.
"""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
SCRATCH = Path(tempfile.mkdtemp(prefix="countersign-tests-", dir=MEMORY))
os.environ.update(
    COUNTERSIGN_SECRET=secrets.token_hex(32),
    COUNTERSIGN_DATA=str(SCRATCH),
    COUNTERSIGN_BASE="countersign.localhost:8000",
    COUNTERSIGN_DEMO="off",
    COUNTERSIGN_MAIL="console:",
    DJANGO_SETTINGS_MODULE="countersign.settings",
)

import django  # noqa: E402

django.setup()

import pytest  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

setup_test_environment()

from countersign.people.passwords import Argon2id  # noqa: E402

# The same algorithm, a hundredth of the work: a quarter of every run went into it. What the product's own
# parameters are is held by tests/people/test_sign_in.py.
PARAMETERS = {"m": Argon2id.memory_cost, "t": Argon2id.time_cost, "p": Argon2id.parallelism}
Argon2id.memory_cost, Argon2id.time_cost = 64, 1

from tests.installation import Installation, template_data  # noqa: E402
from tests.servers.fixtures import *  # noqa: E402,F403

KIND = os.environ.get("COUNTERSIGN_TEST_DATABASE", "sqlite")


def pytest_report_header(config):
    return f"instance databases: {KIND}"


def pytest_sessionfinish(session):
    shutil.rmtree(SCRATCH, ignore_errors=True)


@pytest.fixture(scope="session")
def prepared(request):
    """The migrated templates, made once a session: (template data folder, PostgreSQL server or None)."""
    server = request.getfixturevalue("postgres") if KIND == "postgresql" else None
    return template_data(SCRATCH / "template", server), server


@pytest.fixture
def installation(prepared, tmp_path_factory):
    """An empty installation: a migrated catalogue and no instance."""
    template, server = prepared
    with Installation(SCRATCH / f"data-{secrets.token_hex(6)}", template, server) as installation:
        yield installation


GUARDS = {Path(__file__).parent, Path(__file__).parent / "security"}  # where what holds of all instances is tested


@pytest.fixture
def cast(installation, request):
    """The people and instances of DESIGN.md's demo, small: see tests/cast.py.

    All of them are there in the tests of what holds of all, and where a test is marked `everybody`.

    The test counts its days as Good Therapy does: for five hours of every day it is tomorrow already in UTC.
    """
    from tests.cast import Cast

    with timezone.override("America/New_York"):
        cast = Cast(installation)
        if request.path.parent in GUARDS or request.node.get_closest_marker("everybody"):
            cast.everybody()
        yield cast


@pytest.fixture
def home_not_asked(monkeypatch):
    """For visits that stand without a sign-in at home (fillings.open_visit): a slow run must not find that out."""
    from django.conf import settings

    monkeypatch.setattr(settings, "STANDING_POLL_SECONDS", 3600)


@pytest.fixture
def unhurried(monkeypatch):
    """Where twenty threads share what processors there are, instances wait for each other as long as it takes."""
    from django.conf import settings

    monkeypatch.setattr(settings, "FEDERATION_TIMEOUT_SECONDS", 60)
