"""People of ACME who have passed, and a company that asks for it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.training import actions, courses
from countersign.training.models import Attempt, Rule


class Company:
    """ACME's training: `passed`, `require`, `write`; `ago` moves what was written down."""

    def __init__(self, cast):
        self.cast = cast

    def passed(self, user, *titles):
        """The user passes the courses of these titles, or all that are in use."""
        with binding.bind(self.cast.acme):
            for course in courses.in_use(Rule.current()):
                if not titles or course.title in titles:
                    right = [question.right for question in course.questions]
                    actions.take(user, course, chosen=right, by=system())

    def require(self, **values):
        with binding.bind(self.cast.acme):
            new = {"required": True, "months": 12, "built_in_at_once": False, **values}
            actions.set_rules(Rule.current(), by=system(), **new)

    def write(self, title="Our own rules", **values):
        with binding.bind(self.cast.acme):
            return actions.write(by=system(), **{**OWN, "title": title, **values})

    def change(self, edition, **values):
        with binding.bind(self.cast.acme):
            old = {name: getattr(edition, name) for name in actions.OF_AN_EDITION}
            return actions.change(edition, by=system(), **{**old, "at_once": False, **values})

    def ago(self, **span):
        with binding.bind(self.cast.acme):
            Attempt.objects.update(taken_at=timezone.now() - timedelta(**span))


OWN = {
    "text": "# Locks\n\nLock the screen.", "questions": "? What do you lock?\n+ The screen\n- Nothing\n> Locks",
    "at_once": False, "in_use": True,
}


@pytest.fixture
def company(cast):
    return Company(cast)
