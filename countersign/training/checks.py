"""The questions at the end of a course, as they are typed:

    ? Whom may you tell your password?
    - A colleague who is ill today
    + Nobody
    > Passwords

The choice with + is right; > names the heading under which one reads again.
"""

from dataclasses import dataclass

from django.core.exceptions import ValidationError

MOST_QUESTIONS, MOST_CHOICES, LONGEST = 12, 6, 300


@dataclass(frozen=True)
class Question:
    words: str
    choices: tuple
    right: int  # its place among the choices
    again: str = ""  # the words of a heading of the text


def read(text):
    """(Question, ...) of what was typed. Raises ValidationError that names the line or the question."""
    groups = []
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line:
            continue
        mark, words = line[0], line[1:].strip()
        if mark not in "?+->" or not words:
            raise ValidationError(f"Line {number}: begin with ?, +, - or > and say something after it.")
        if len(words) > LONGEST:
            raise ValidationError(f"Line {number} is longer than {LONGEST} characters.")
        if mark == "?":
            groups.append([words, [], [], []])
        elif not groups:
            raise ValidationError(f"Line {number}: begin with a question, marked with ?.")
        elif mark == ">":
            groups[-1][3].append(words)
        else:
            groups[-1][2].extend([len(groups[-1][1])] if mark == "+" else [])
            groups[-1][1].append(words)
    if not 1 <= len(groups) <= MOST_QUESTIONS:
        raise ValidationError(f"Ask 1 to {MOST_QUESTIONS} questions, each beginning with a line marked ?.")
    return tuple(_question(number, *group) for number, group in enumerate(groups, 1))


def _question(number, words, choices, right, again):
    if not 2 <= len(choices) <= MOST_CHOICES:
        raise ValidationError(f"Question {number} needs 2 to {MOST_CHOICES} choices, marked with + or -.")
    if len(right) != 1:
        raise ValidationError(f"Question {number} needs exactly one right choice, marked with +.")
    if len(set(choices)) != len(choices):
        raise ValidationError(f"Question {number} offers the same choice twice.")
    if len(again) > 1:
        raise ValidationError(f"Question {number} names more than one heading to read again.")
    return Question(words, tuple(choices), right[0], "".join(again))
