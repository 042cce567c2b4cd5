"""How a client's name is filed and found: without regard to case, accents and width, the same on every database."""

import re
import unicodedata
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

LONGEST_SEARCH = 100
BORN = "%m/%d/%Y"


def fold(text):
    """"  Núñez,  ZOË" -> "nunez zoe": what is compared. Everything that can be typed stays itself, % and _ too."""
    apart = unicodedata.normalize("NFKD", text.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))
    kept = "".join(_kept(character) for character in apart)
    return " ".join(kept.casefold().split())


def _kept(character):
    if character == "," or unicodedata.category(character).startswith(("C", "Z")):
        return " "
    return "" if unicodedata.combining(character) else character


def matching(asked):
    """A Q for clients of whom every word of the search is true: a date of birth, a number, or a piece of the name.

    Words are data, never a pattern: the ORM escapes what LIKE would take for one.
    """
    found = Q()
    for word in fold(asked[:LONGEST_SEARCH]).split():
        if born_on := _date(word):
            found &= Q(born_on=born_on)
        elif word.isascii() and word.isdecimal():
            found &= Q(number=int(word))
        else:
            found &= Q(filed_as__contains=word)
    return found if found else Q(pk=None)


def _date(word):
    try:
        return datetime.strptime(word, BORN).date()
    except ValueError:
        return None


def one_line(text):
    """Raises ValidationError for control characters and for those that turn the direction of what follows (CWE-117)."""
    if re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", text):
        raise ValidationError("Leave out line ends and control characters.", code="one_line")


class FiledAs(models.CharField):
    """The folded "last first" of its row, written whenever the row is: nobody can forget it, nobody can set it."""

    def pre_save(self, model_instance, add):
        filed_as = fold(f"{model_instance.last_name} {model_instance.first_name}")[: self.max_length]
        setattr(model_instance, self.attname, filed_as)
        return filed_as
