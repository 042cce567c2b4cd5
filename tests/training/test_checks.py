"""The questions of a course, as they are typed."""

import pytest
from django.core.exceptions import ValidationError

from countersign.training import checks
from countersign.training.forms import EXAMPLE


def test_the_example_reads_as_it_says():
    (question,) = checks.read(EXAMPLE)

    assert question == checks.Question(
        "Whom may you tell your password?", ("A colleague who is ill today", "Nobody"), 1, "Passwords"
    )


@pytest.mark.parametrize(("typed", "said"), [
    ("", "Ask 1 to 12 questions"),
    ("What?", "Line 1: begin with ?, +, - or >"),
    ("?", "Line 1: begin with ?"),
    ("+ Yes", "Line 1: begin with a question"),
    ("? A\n+ Yes", "Question 1 needs 2 to 6 choices"),
    ("? A\n+ Yes\n+ No", "Question 1 needs exactly one right choice"),
    ("? A\n- Yes\n- No", "Question 1 needs exactly one right choice"),
    ("? A\n+ Yes\n- Yes", "Question 1 offers the same choice twice"),
    ("? A\n+ Yes\n- No\n> One\n> Two", "Question 1 names more than one heading"),
    ("? A\n+ Yes\n" + "".join(f"- {n}\n" for n in range(6)), "Question 1 needs 2 to 6 choices"),
    ("? A\n+ Yes\n- No\n" * 13, "Ask 1 to 12 questions"),
    ("? " + "x" * 301, "Line 1 is longer than 300 characters"),
])
def test_what_cannot_be_read_is_named(typed, said):
    with pytest.raises(ValidationError) as refused:
        checks.read(typed)

    assert refused.value.messages[0].startswith(said)
