"""Done-when 3: after every step of a random life, the product lets in and shows what a small model says, and no more.

The model is model.py; what is done to the product, and asked at its doors, is relating.py; what is drawn, lives.py.
Somebody at a door costs requests through the whole of the product, so the lives are few and long.
"""

from collections import Counter
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from countersign.access import asking, standing, winding
from countersign.keyring import assignments
from tests.access.lives import BEGAN, VERBS, Differs, Life
from tests.access.relating import Clock, settle


@pytest.fixture
def run(installation, monkeypatch, unhurried):
    """Runs the machine; returns the lives, and raises Differs at the first moment at which model and product do."""
    # How long a visit lasts is tested elsewhere; here it lasts until somebody or the calendar ends it.
    for name in ("IDLE_SECONDS", "ABSOLUTE_SECONDS"):
        monkeypatch.setattr(settings, name, 4000 * 86400)
    clock, made, found = Clock(monkeypatch, BEGAN), [], []

    def go(*about, lives, steps):
        taken = Counter()

        @bounds(
            max_examples=lives, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.randoms(use_true_random=True))
        def machine(random):
            if found:  # it is said once: another life would say nothing more
                return
            try:
                made.append(Life(installation, clock, len(made)))
                for _ in range(steps):
                    made[-1].go_on(random, about, taken)
            except Differs as difference:
                found.append(difference)
            finally:
                settle()  # before the clock goes back

        with timezone.override("America/New_York"):
            machine()
        if found:
            raise found[0]
        return made

    return go


def test_who_can_do_what_at_each_moment_is_as_the_model_says(run):
    made = run(*VERBS, lives=2, steps=42)

    taken = {step[0] for life in made for step in life.taken}
    assert taken == {verb for verbs in VERBS.values() for verb in verbs}
    looks = sum((life.looks for life in made), Counter())
    assert len(looks) == 4 and min(looks.values()) > 5, looks


# Planted faults: the same machine finds each of them.


def a_grant_that_does_not_end(monkeypatch):
    monkeypatch.setattr(asking, "rights", lambda visit, held: held | asking.granted(
        visit.key_id, visit.company_id, at=visit.began_at
    ))


def a_suspension_that_nobody_looks_at(monkeypatch):
    judge = standing.judge

    def blind(key, at=None):
        found = judge(key, at)
        return standing.Standing(standing.LIVE) if found.state == standing.SUSPENDED else found

    monkeypatch.setattr(standing, "judge", blind)


def an_end_that_comes_a_day_late(monkeypatch):
    facts = standing._facts

    class Later:
        def rows(self, *args):
            return [(one, last_on and last_on + timedelta(days=1), *more) for one, last_on, *more in facts.rows(*args)]

    monkeypatch.setattr(standing, "_facts", Later())


def an_assignment_that_ends_a_day_late(monkeypatch):
    current, day = assignments.current, timedelta(days=1)
    monkeypatch.setattr(
        assignments, "current", lambda found, on=None: current(found) | current(found, on=assignments.today() - day)
    )


def exports_that_stay_while_it_is_wound_down(monkeypatch):
    monkeypatch.setattr(winding, "rights", lambda visit, permissions: permissions)


@pytest.mark.parametrize(("plant", "about"), [
    (a_grant_that_does_not_end, ["asking", "time"]), (a_suspension_that_nobody_looks_at, ["suspending"]),
    (an_end_that_comes_a_day_late, ["ending", "time"]), (an_assignment_that_ends_a_day_late, ["ring", "time"]),
    (exports_that_stay_while_it_is_wound_down, ["winding down"]),
])
def test_a_planted_fault_is_found(run, monkeypatch, plant, about):
    plant(monkeypatch)

    with pytest.raises(Differs):
        run(*about, lives=6, steps=20)


ABOUT = {  # what a check of settings.ENTRY_CHECKS is about
    "countersign.keyring.assignments.why_not": "ring", "countersign.training.records.why_not": "training",
}


def test_every_check_of_the_home_is_left_out_somewhere():
    assert {*ABOUT, "countersign.console.entering.why_not"} == set(settings.ENTRY_CHECKS)  # the last: test_support.py


@pytest.mark.parametrize("check", ABOUT)
def test_a_check_of_the_home_that_is_left_out_is_found(run, monkeypatch, check):
    monkeypatch.setattr(settings, "ENTRY_CHECKS", [one for one in settings.ENTRY_CHECKS if one != check])

    with pytest.raises(Differs):
        run(ABOUT[check], lives=6, steps=20)
