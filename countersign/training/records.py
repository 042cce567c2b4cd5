"""Who is trained, since when and until when; and what that decides (settings.ENTRY_CHECKS, settings.ENTRY_CLAIMS)."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from enum import IntEnum

from django.utils import timezone

from countersign.people.models import User
from countersign.training import courses
from countersign.training.models import Attempt, Rule

SOON = timedelta(days=30)


class State(IntEnum):
    """In the order of urgency: what comes first is shown first. Up to CHANGED, it keeps somebody out."""

    OVERDUE, MISSING, CHANGED, DUE, GOOD = range(5)


@dataclass(frozen=True)
class Standing:
    """One person and one course."""

    course: courses.Text
    state: State
    passed_on: date | None = None
    valid_until: date | None = None  # that day included

    @property
    def lacking(self):
        return self.state <= State.CHANGED

    @property
    def words(self):
        return {
            State.OVERDUE: f"Overdue since {self.valid_until:%m/%d/%Y}" if self.valid_until else "",
            State.MISSING: "Not passed yet", State.CHANGED: "Changed: pass it again",
            State.DUE: f"Due by {self.valid_until:%m/%d/%Y}" if self.valid_until else "", State.GOOD: "Passed",
        }[self.state]

    @property
    def tag(self):
        return {State.DUE: "warn", State.GOOD: "good"}.get(self.state, "bad")


def of(users, rule=None):
    """{user id: [Standing, ...]} of these users, one for each course in use."""
    rule, today = rule or Rule.current(), timezone.localdate()
    found = courses.in_use(rule)
    passed = {
        (user, course): (edition, taken_at) for user, course, edition, taken_at in Attempt.objects.filter(
            user__in=users, passed=True, course_id__in=[course.id for course in found],
        ).order_by("taken_at", "id").values_list("user_id", "course_id", "edition", "taken_at")
    }
    return {
        user.id: [_standing(course, passed.get((user.id, course.id)), rule, today) for course in found]
        for user in users
    }


def _standing(course, passed, rule, today):
    if passed is None:
        return Standing(course, State.MISSING)
    edition, taken_at = passed
    passed_on = timezone.localdate(taken_at)
    valid_until = months_later(passed_on, rule.months)
    if valid_until < today:
        state = State.OVERDUE
    elif edition < course.needed:
        state = State.CHANGED
    else:
        state = State.DUE if valid_until - today <= SOON else State.GOOD
    return Standing(course, state, passed_on, valid_until)


def months_later(day, months):
    """The same day so many months later, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def table(rule):
    """[(User, [Standing, ...]), ...] of everybody active here: who lacks most urgently first, then by name."""
    people = list(User.objects.active().persons())
    standings = of(people, rule)
    rows = [(user, standings[user.id]) for user in people]
    return sorted(rows, key=lambda row: (min(one.state for one in row[1]), row[0].name.casefold(), row[0].user_id))


def why_not(user, party, billing_user):
    """Why the company's own rule keeps this person from entering a practice, or "" (settings.ENTRY_CHECKS)."""
    rule = Rule.current()
    if not rule.required:
        return ""
    lacking = [one for one in of([user], rule)[user.id] if one.lacking]
    if not lacking:
        return ""
    more = f", and {len(lacking) - 1} more" if len(lacking) > 1 else ""
    return f"Your company asks for its training first: “{lacking[0].course}” ({_said(lacking[0])}){more}"


def _said(standing):
    return standing.words[0].lower() + standing.words[1:]


def trained_on(user):
    """What a practice may know: the day since which the whole training counts, or "" while any of it is missing."""
    standings = of([user])[user.id]
    if any(one.lacking for one in standings):
        return ""
    return f"{min(one.passed_on for one in standings):%m/%d/%Y}"
