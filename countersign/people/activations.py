"""Verbs on activations: a link (no secret in it) and a code, with which a person chooses a password themselves."""

import secrets
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from countersign.audit import record
from countersign.instances import binding, clock, hosts
from countersign.instances.secrets import digest
from countersign.people import accounts, names, post
from countersign.people.models import Activation, User

ALPHABET = "ACDEFGHJKMNPQRTUVWXY34679"  # no look-alikes; ten of them are 46 bits, and five tries end it
TRIES = 5
WINDOW = timedelta(minutes=15)
ASKED_PER_USER = 3
SUBJECTS = {"activation": "Activate your account at {name}", "reset": "Choose a new password at {name}"}
TEXT = """Hello {person},

{opening}

1. Open this page:
   {link}
2. Enter this code there, and a password of your own:
   {code}

Your User ID is {user_id}. The code works once, until {until}.
{closing}
"""
OPENINGS = {
    "activation": "an account at {name} is ready for you.",
    "reset": "somebody, most likely you, asked for a new password at {name}.",
}
CLOSINGS = {
    "activation": "If you do not know {name}, leave this mail alone: nothing happens.",
    "reset": "If it was not you, leave this mail alone: your password stays as it is.",
}


def send(user, *, by, purpose="activation"):
    """Mail the user a link and a code, and end the codes sent before. purpose: "activation" or "reset".

    Raises ValidationError for whom none can be sent to.
    """
    if user.is_billing:
        raise ValidationError("A Billing user is a key, not a person: set its password instead.")
    if not user.is_active or not user.email:
        raise ValidationError("An activation needs an active user with an e-mail address.")
    code = "-".join("".join(secrets.choice(ALPHABET) for _ in range(5)) for _ in range(2))
    with transaction.atomic():
        accounts.end_activations(user)
        now = timezone.now()
        activation = Activation(
            user=user, sent_at=now, sent_by=by.person, expires_at=now + timedelta(seconds=settings.ACTIVATION_SECONDS)
        )
        activation.digest = _digest(activation, code)
        activation.save(force_insert=True)
        record.write(by, "activation.sent", object=user)
        post.send(to=user.email, **_letter(activation, code, purpose))
    return activation


def _letter(activation, code, purpose):
    instance, user = binding.bound(), activation.user
    words = {
        "name": instance.name, "person": user.name, "user_id": user.user_id, "code": code,
        "link": f"{hosts.root(instance)}/activation/{activation.id}/",  # never from the request's Host header
        "until": activation.expires_at.astimezone(ZoneInfo(instance.time_zone)).strftime("%m/%d/%Y %I:%M %p"),
    }
    words = {key: " ".join(text.split()) for key, text in words.items()}  # no line break gets into a header
    text = TEXT.format(opening=OPENINGS[purpose].format(**words), closing=CLOSINGS[purpose].format(**words), **words)
    return {"subject": SUBJECTS[purpose].format(**words), "text": text}


def check(activation_id, *, code):
    """The live activation that has this id and code, locked until the transaction ends, or (None, reason).

    Returns (activation, ""). A wrong code is counted: call it in a transaction that will be committed.
    """
    activation = Activation.objects.select_for_update(of=["self"]).select_related("user").filter(
        id=activation_id
    ).first()
    if activation is None:
        return None, "unknown activation"
    now = timezone.now()
    if activation.used_at or activation.attempts >= TRIES or activation.expires_at <= now:
        return None, "the activation has ended"
    if clock.set_back(activation.sent_at, now):
        return None, "the clock was set back since the activation was sent"
    if not activation.user.is_active or activation.user.is_billing:
        return None, "inactive user"
    if not constant_time_compare(activation.digest, _digest(activation, code)):
        activation.attempts += 1
        activation.save(update_fields=["attempts"])
        return None, "wrong code"
    return activation, ""


def use(activation, *, password, by):
    """Set the password, once. Raises ValidationError keyed by "password" when it breaks a rule; the code stays good."""
    with transaction.atomic():
        accounts.set_password(activation.user, password=password, by=by, action="activation.used")
        activation.used_at = timezone.now()
        activation.save(update_fields=["used_at"])


def ask(user_id, *, by):
    """Somebody forgot their password. Whether there is whom to send a reset to is looked up after the answer, so
    that neither its text nor its time tells (security case 37)."""
    typed = names.fold(user_id)
    with transaction.atomic():
        record.write(by, "password.reset.asked", object=typed)
        post.afterwards(answer, typed, by=by)


def answer(user_id, *, by):
    """Send the reset that was asked for, or write down why not."""
    user = User.objects.filter(user_id=user_id).first()
    why = _unreachable(user)
    with transaction.atomic():
        if why:
            record.write(by, "password.reset.refused", object=user or user_id, result=record.REFUSED, reason=why)
        else:
            send(user, by=by, purpose="reset")


def _unreachable(user):
    if user is None:
        return "unknown User ID"
    if user.is_billing:
        return "Billing user"
    if not user.is_active:
        return "inactive user"
    if not user.email:
        return "no e-mail address"
    recent = user.activations.filter(sent_at__gt=timezone.now() - WINDOW).count()
    return "asked too often" if recent >= ASKED_PER_USER else ""


def _digest(activation, code):
    """Keyed by the instance's own secret: the code of one instance is nothing at another (security case 42)."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return digest("activation", f"{activation.id}/{plain}")
