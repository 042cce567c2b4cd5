"""Who of the demo's billing company is trained: Jane last month, June almost a year ago, Jo not yet."""

from datetime import timedelta

from django.utils import timezone

from countersign.people.models import User
from countersign.training import actions, courses
from countersign.training.models import Rule

OWN = {
    "title": "How we work at ACME",
    "text": """Read this before your first day with a customer.

# Our desk

- Lock the screen whenever you get up.
- Print nothing that holds a client's name.

# Our hours

We work for our customers from 8:00 AM to 6:00 PM. A practice sees when you came; at other times, ask Ada first.

# Whom to ask

Ada Whitlock manages our people and our keys. The rules themselves are at the
[Department of Health and Human Services](https://www.hhs.gov/hipaa/for-professionals/index.html).""",
    "questions": """? May you print an aging report with names?
- Yes, for my own desk
+ No
> Our desk

? You want to finish a batch at 9:00 PM. What do you do?
- I enter: nobody is disturbed
+ I ask Ada first
> Our hours""",
    "at_once": False,
    "in_use": True,
}
DAYS_AGO = {"jane.doe": 30, "june.park": 345}


def train(*, by):
    """In the bound billing company: a course of its own, and who has passed which when."""
    actions.write(by=by, **OWN)
    for course in courses.in_use(Rule.current()):
        for user_id, days in DAYS_AGO.items():
            right = [question.right for question in course.questions]
            user = User.objects.get(user_id=user_id)
            actions.take(user, course, chosen=right, by=by, at=timezone.now() - timedelta(days=days))
