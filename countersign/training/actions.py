"""Verbs of training: answering a check, writing a course, setting the rules."""

from django.db import transaction
from django.utils import timezone

from countersign.audit import record
from countersign.audit.record import Named
from countersign.training.models import Attempt, Course, Edition, Rule

OF_AN_EDITION = ("title", "text", "questions", "at_once", "in_use")


def take(user, course, *, chosen, by, at=None):
    """Keep what somebody chose ([place of a choice, ...], one for each question); returns the Attempt.

    Passed is who has everything right. at: when it was, for what is brought in from elsewhere."""
    questions = course.questions
    answers = [
        {"question": question.words, "chosen": question.choices[place], "right": place == question.right}
        for question, place in zip(questions, chosen, strict=True)
    ]
    wrong = [answer["question"] for answer in answers if not answer["right"]]
    taken_at = at or timezone.now()
    with transaction.atomic():
        attempt = Attempt.objects.create(
            user=user, course_id=course.id, title=course.title, edition=course.edition, answers=answers,
            passed=not wrong, taken_at=taken_at, taken_by=by.person,
        )
        changes = {"Person": str(user), "Edition": course.edition, "On": f"{timezone.localdate(taken_at):%m/%d/%Y}"}
        record.write(
            by, "course.failed" if wrong else "course.passed", object=Named(course.id, course.title),
            changes={**changes, "Wrong": wrong} if wrong else changes,
        )
    return attempt


def write(*, by, **values):
    """Begin a course of the company's own; values: OF_AN_EDITION. Returns its first Edition."""
    with transaction.atomic():
        course = Course.objects.create(created_by=by.person)
        edition = Edition.objects.create(course=course, number=1, written_by=by.person, **values)
        record.write(by, "course.written", object=Named(course.id, edition.title), changes=described(edition))
    return edition


def change(old, *, by, **values):
    """Write the next edition of a course; returns the newest one, which is the old one when nothing is different."""
    new = Edition(course=old.course, number=old.number + 1, written_by=by.person, **values)
    same = all(getattr(old, name) == getattr(new, name) for name in OF_AN_EDITION if name != "at_once")
    if same and not new.at_once:
        return old
    before, after = described(old), described(new)
    if old.text == new.text:
        after["Text"] = before["Text"]
    if old.questions == new.questions:
        after["Questions"] = before["Questions"]
    with transaction.atomic():
        new.save(force_insert=True)
        record.write(
            by, "course.changed", object=Named(old.course_id, new.title),
            changes={label: [before[label], after[label]] for label in after if before[label] != after[label]},
        )
    return new


def described(edition):
    """An edition in words, {label: text}; its text and questions by its number, under which they are kept."""
    return {
        "Title": edition.title, "Text": f"edition {edition.number}", "Questions": f"edition {edition.number}",
        "Edition": str(edition.number), "Counts": "at once" if edition.at_once else "at the next renewal",
        "In use": "yes" if edition.in_use else "no",
    }


def set_rules(old, *, by, **values):
    """Add the row of the new rules, with old and new in the record; returns what changed."""
    new = Rule(set_by=by.person, **values)
    before, after = rules_described(old), rules_described(new)
    changes = {label: [before[label], after[label]] for label in after if before[label] != after[label]}
    if changes:
        with transaction.atomic():
            new.save(force_insert=True)
            record.write(by, "training-rules.changed", changes=changes)
    return changes


def rules_described(rule):
    return {
        "Before entering a customer": "required" if rule.required else "not required",
        "Renewal": f"after {rule.months} month{'' if rule.months == 1 else 's'}",
        "A changed built-in course": "counts at once" if rule.built_in_at_once else "counts at the next renewal",
    }
