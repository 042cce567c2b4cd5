"""How passwords are stored and which are refused (NIST SP 800-63B: length and lists, no composition rules)."""

import secrets
import string
import unicodedata

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.core.exceptions import ValidationError

from countersign.instances import binding


class Argon2id(Argon2PasswordHasher):
    """OWASP's minimum: 19 MiB, two passes, one lane."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1


class ContextValidator:
    """Refuses what an attacker tries first: the person's own names, the organisation's, the product's, and one short
    piece over and over."""

    def validate(self, password, user=None):
        found = password.casefold()
        if len(set(found)) < 5 or found in (found + found)[1:-1]:
            raise ValidationError("This password repeats itself. Choose another.")
        words = ["countersign"]
        if binding.is_bound():
            words += [*binding.bound().name.split(), binding.bound().slug]
        if user is not None:
            words += [user.user_id, *user.name.split(), user.email.partition("@")[0]]
        for word in words:
            word = word.casefold().strip(".,")
            # Taken out of the password, too little is left: the word was most of it.
            if len(word) >= 4 and word in found and len(found.replace(word, "")) < 10:
                raise ValidationError("This password is mostly a name that is easy to guess. Choose another.")

    def get_help_text(self):
        return "Not your name, your User ID or the name of your organisation."


def normal(password):
    return unicodedata.normalize("NFKC", password)


def encode(password):
    return make_password(normal(password))


def validate(password, *, user=None):
    """Raises ValidationError with one message for each rule that the password breaks."""
    password_validation.validate_password(normal(password), user)


def matches(password, encoded):
    """Whether the password is the right one. A missing account (encoded=None) costs the same as a wrong password."""
    if encoded is None:
        make_password(normal(password))
        return False
    return check_password(normal(password), encoded)


def generate():
    """24 characters without look-alikes: about 135 bits."""
    alphabet = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI5S2Z")))
    groups = ("".join(secrets.choice(alphabet) for _ in range(6)) for _ in range(4))
    return "-".join(groups)
