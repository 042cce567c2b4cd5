"""The courses there are: two that come with Countersign, and the company's own. Both look alike from here on."""

import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from countersign.training import checks, markdown
from countersign.training.models import Edition

TEXTS = Path(__file__).parent / "texts"
# (id, for ever; title; file; edition, to be raised with every change of the file)
BUILT_IN = (
    (uuid.UUID("0d6a2d0e-5f0c-4c53-9a53-5b7f0a3c1c01"), "Using Countersign", "using-countersign", 1),
    (uuid.UUID("0d6a2d0e-5f0c-4c53-9a53-5b7f0a3c1c02"), "Handling health information", "health-information", 1),
)


@dataclass(frozen=True)
class Text:
    """A course as it reads now. needed: the oldest edition that still counts for who passed it."""

    id: uuid.UUID
    title: str
    text: str
    typed: str  # the questions, as checks.py reads them
    edition: int
    needed: int
    in_use: bool = True
    built_in: bool = False

    def __str__(self):
        return self.title

    @property
    def questions(self):
        return checks.read(self.typed)

    @property
    def html(self):
        return markdown.render(self.text)

    @property
    def places(self):
        """{heading: its id on the page}."""
        return markdown.headings(self.text)


def in_use(rule):
    """Every course that people must pass: the built-in ones first."""
    return [*built_in(rule), *(text for text in own() if text.in_use)]


def built_in(rule):
    return [
        Text(id, title, *_file(name), edition=edition, needed=edition if rule.built_in_at_once else 1, built_in=True)
        for id, title, name, edition in BUILT_IN
    ]


def own():
    """The company's own, in the order in which they were first written, those out of use among them."""
    newest, needed = {}, {}
    for edition in Edition.objects.order_by("course__created_at", "course_id", "number"):
        newest[edition.course_id] = edition
        if edition.at_once:
            needed[edition.course_id] = edition.number
    return [
        Text(id, one.title, one.text, one.questions, edition=one.number, needed=needed.get(id, 1), in_use=one.in_use)
        for id, one in newest.items()
    ]


def find(id, rule):
    """The course in use of this id, or None."""
    return next((text for text in in_use(rule) if text.id == id), None)


@cache
def _file(name):
    """(text, questions) of a built-in course."""
    return (TEXTS / f"{name}.md").read_text(), (TEXTS / f"{name}.txt").read_text()
