"""How passwords are stored and which are refused (NIST SP 800-63B: length and lists, no composition rules)."""

import secrets
import string
import unicodedata

from django.contrib.auth import password_validation
from django.contrib.auth.hashers import Argon2PasswordHasher, check_password, make_password
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare

from countersign.instances import binding, revocations

ID_LENGTH = 12


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


def encode(password, *, beside=""):
    """beside: a stored password that counts as well: the new one gets its salt and cost, so that one hash is enough to
    tell whether something is either (matching)."""
    return _again(password, beside) if beside else make_password(normal(password))


def validate(password, *, user=None):
    """Raises ValidationError with one message for each rule that the password breaks."""
    password_validation.validate_password(normal(password), user)


def matches(password, encoded):
    """Whether the password is the right one. A missing account (encoded=None) costs the same as a wrong password."""
    if encoded is None:
        make_password(normal(password))
        return False
    return check_password(normal(password), encoded)


def matching(password, stored):
    """Which of the stored passwords (made beside one another) it is, or "". No account: stored is empty.

    One hash in any case: the time it takes tells nobody whether a Billing user has two passwords at the moment.
    """
    if len(stored) < 2:
        return stored[0] if matches(password, stored[0] if stored else None) else ""
    again = _again(password, stored[0])
    return next((one for one in stored if constant_time_compare(one, again)), "")


def _again(password, stored):
    """The password hashed as that one was: the same salt, and what it cost then."""
    hasher = Argon2id()
    made = hasher.decode(stored)
    hasher.time_cost, hasher.memory_cost, hasher.parallelism = (
        made["time_cost"], made["memory_cost"], made["parallelism"]
    )
    return hasher.encode(normal(password), made["salt"])


def id_of(stored):
    """A name for a stored password that tells nothing about it. "" of none."""
    return revocations.mark_of(stored)[:ID_LENGTH] if stored else ""


def still_counts(user, id):
    """Whether the password of this id still opens the door as this user. "": nobody knows which one it was."""
    return not id or id in map(id_of, user.passwords)


def generate():
    """24 characters without look-alikes: about 135 bits."""
    alphabet = "".join(sorted(set(string.ascii_letters + string.digits) - set("0O1lI5S2Z")))
    groups = ("".join(secrets.choice(alphabet) for _ in range(6)) for _ in range(4))
    return "-".join(groups)
