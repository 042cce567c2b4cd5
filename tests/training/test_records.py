"""Who is trained, since when and until when: by the clock, by the edition, by the rules."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from countersign.instances import binding
from countersign.training import records
from countersign.training.models import Rule
from countersign.training.records import State


def states(cast, user):
    with binding.bind(cast.acme):
        return {str(one.course): one.state for one in records.of([user])[user.id]}


def own(cast, user):
    return states(cast, user)["Our own rules"]


@pytest.mark.parametrize(("day", "months", "later"), [
    (date(2026, 1, 31), 1, date(2026, 2, 28)),
    (date(2024, 2, 29), 12, date(2025, 2, 28)),
    (date(2026, 11, 27), 12, date(2027, 11, 27)),
    (date(2026, 12, 15), 1, date(2027, 1, 15)),
    (date(2026, 10, 31), 36, date(2029, 10, 31)),
])
def test_so_many_months_later(day, months, later):
    assert records.months_later(day, months) == later


def test_a_course_is_missing_good_due_and_overdue_in_turn(cast, company):
    jane = cast.jane()
    both = ("Using Countersign", "Handling health information")
    assert states(cast, jane) == dict.fromkeys(both, State.MISSING)

    company.passed(jane)
    assert states(cast, jane) == dict.fromkeys(both, State.GOOD)
    company.ago(days=345)
    assert states(cast, jane) == dict.fromkeys(both, State.DUE)
    company.ago(days=368)
    assert states(cast, jane) == dict.fromkeys(both, State.OVERDUE)


def test_the_last_day_counts_and_the_day_after_does_not(cast, company, monkeypatch):
    jane = cast.jane()
    company.passed(jane)
    with binding.bind(cast.acme):
        (first, _) = records.of([jane])[jane.id]

    for day, state in ((first.valid_until, State.DUE), (first.valid_until + timedelta(days=1), State.OVERDUE)):
        monkeypatch.setattr(records.timezone, "localdate", lambda value=None, day=day: day if value is None else
                            first.passed_on)
        assert states(cast, jane)["Using Countersign"] == state


def test_a_shorter_renewal_counts_for_everybody(cast, company):
    jane = cast.jane()
    company.passed(jane)
    company.ago(days=100)

    company.require(months=3)

    assert set(states(cast, jane).values()) == {State.OVERDUE}


def test_a_changed_text_counts_at_the_next_renewal_or_at_once(cast, company):
    jane = cast.jane()
    edition = company.write()
    company.passed(jane)

    edition = company.change(edition, text="# Locks\n\nLock the door.")
    assert own(cast, jane) == State.GOOD
    edition = company.change(edition, text="# Locks\n\nLock both.", at_once=True)
    assert own(cast, jane) == State.CHANGED
    company.change(edition, title="Our own rules", text="# Locks\n\nLock all three.")
    assert own(cast, jane) == State.CHANGED  # a later correction forgives nothing
    company.passed(jane)
    assert own(cast, jane) == State.GOOD


def test_a_built_in_course_that_changed_counts_at_once_if_the_company_says_so(cast, company, monkeypatch):
    from countersign.training import courses

    jane = cast.jane()
    company.passed(jane)
    (id, title, name, _), other = courses.BUILT_IN
    monkeypatch.setattr(courses, "BUILT_IN", ((id, title, name, 2), other))

    assert states(cast, jane)[title] == State.GOOD
    company.require(built_in_at_once=True)
    assert states(cast, jane) == {title: State.CHANGED, other[1]: State.GOOD}


def test_a_course_out_of_use_is_asked_of_nobody_and_stays_on_record(cast, company):
    jane = cast.jane()
    edition = company.write()
    company.passed(jane)
    company.change(edition, in_use=False)

    assert "Our own rules" not in states(cast, jane)
    with binding.bind(cast.acme):
        assert jane.attempts.filter(title="Our own rules", passed=True).count() == 1


def test_who_failed_later_stays_passed_until_it_runs_out(cast, company):
    from countersign.audit.actors import system
    from countersign.training import actions, courses

    jane = cast.jane()
    company.passed(jane)
    with binding.bind(cast.acme):
        course = courses.built_in(Rule())[0]
        wrong = [(question.right + 1) % len(question.choices) for question in course.questions]
        attempt = actions.take(jane, course, chosen=wrong, by=system())

    assert not attempt.passed and [answer["right"] for answer in attempt.answers] == [False] * len(course.questions)
    assert states(cast, jane)["Using Countersign"] == State.GOOD
    (event,) = cast.events(cast.acme, action="course.failed")
    assert event.changes["Wrong"] == [question.words for question in course.questions]


def test_trained_on_is_the_day_of_the_oldest_part_and_nothing_while_any_is_missing(cast, company):
    jane = cast.jane()
    with binding.bind(cast.acme):
        assert records.trained_on(jane) == ""
    company.passed(jane, "Using Countersign")
    company.ago(days=40)
    with binding.bind(cast.acme):
        assert records.trained_on(jane) == ""
    company.passed(jane, "Handling health information")
    with binding.bind(cast.acme):
        assert records.trained_on(jane) == f"{timezone.localdate(timezone.now() - timedelta(days=40)):%m/%d/%Y}"


def test_the_table_shows_who_lacks_most_urgently_first_and_no_keys(cast, company):
    cast.administrator(cast.acme, "ada", name="Ada Whitlock")
    jane = cast.jane()
    june = cast.user(cast.acme, "june", name="June Park")
    gone = cast.user(cast.acme, "gone", name="Gone")
    with binding.bind(cast.acme):
        type(gone).objects.filter(id=gone.id).update(inactivated_at=timezone.now(), inactivated_by="the test")
    company.passed(jane)
    company.ago(days=400)
    company.passed(june)

    with binding.bind(cast.acme):
        rows = records.table(Rule.current())

    assert [user.name for user, _ in rows] == ["Jane Doe", "Ada Whitlock", "June Park"]
    assert records.State.OVERDUE == rows[0][1][0].state
