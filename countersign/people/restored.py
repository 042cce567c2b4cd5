"""After a backup was put in place: whoever was shut out since stays out, and nobody is signed in."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from countersign.audit import record
from countersign.audit.actors import system
from countersign.instances import revocations
from countersign.instances.models import RevocationKind
from countersign.people import accounts, active_times
from countersign.people.models import Activation, Session, User

BACK = "the system was restored from a backup"
GONE, MOVED, STALE = "inactivated after the backup", "moved to another company after the backup", (
    "the password was replaced after the backup")


@dataclass(frozen=True)
class Revived:
    """Who would come back to life. inactive: [(User, why)]; stale: persons whose password in the backup is dead."""

    inactive: list
    stale: list

    def __bool__(self):
        return bool(self.inactive or self.stale)


def revived():
    """Compared are states, not times: clocks may have been wrong."""
    gone, moved = revocations.standing(RevocationKind.USER), revocations.standing(RevocationKind.COMPANY)
    passwords = revocations.standing(RevocationKind.PASSWORD)
    inactive, stale = [], []
    for user in User.objects.filter(id__in={*gone, *moved, *passwords}).order_by("user_id"):
        replaced = _replaced(user, passwords)
        if user.is_active and str(user.id) in gone:
            inactive.append((user, f"{GONE}, by {gone[str(user.id)].revoked_by}"))
        elif user.is_active and user.is_billing and _moved(user, moved):
            inactive.append((user, MOVED))
        elif user.is_active and user.is_billing and replaced:
            inactive.append((user, STALE))
        if replaced:
            stale.append(user)
    return Revived(inactive, stale)


def _replaced(user, passwords):
    one = passwords.get(str(user.id))
    return one is not None and user.password != accounts.NO_PASSWORD and one.mark != revocations.mark_of(user.password)


def _moved(user, moved):
    one = moved.get(str(user.id))
    return one is not None and one.mark != user.billing_company.hex


def shut_out(found):
    """Inactivate, and make passwords useless; one event for each. Also when nobody else is left to administrate."""
    for user in found.stale:
        user.password, user.password_forced_at, user.password_forced_by = accounts.NO_PASSWORD, None, ""
        user.save(update_fields=["password", "password_forced_at", "password_forced_by"])
        record.write(system(), "user.password.ended", object=user, reason=STALE)
    for user, why in found.inactive:
        user.inactivated_at, user.inactivated_by = timezone.now(), system().person
        user.save(update_fields=["inactivated_at", "inactivated_by"])
        active_times.keep(user, by=system().person)
        record.write(system(), "user.inactivated", object=user, reason=why)


def end_open(as_of, *, by):
    """Nobody is signed in, and no code that was sent is good. Returns {what: how many}.

    as_of: when the backup was made; what had run out of time by then keeps that as its end (sessions.expire_overdue).
    """
    now, idle_since = timezone.now(), as_of - timedelta(seconds=settings.IDLE_SECONDS)
    in_time = Session.objects.open().filter(expires_at__gt=as_of, seen_at__gt=idle_since)
    return {
        "sessions": in_time.update(ended_at=now, ended_by=by.person, ended_because=BACK),
        "old passwords": User.objects.exclude(old_password="").update(old_password="", old_password_expires_at=None),
        "activations": Activation.objects.filter(used_at=None, expires_at__gt=now).update(expires_at=now),
    }
