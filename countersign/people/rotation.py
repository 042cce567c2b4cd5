"""A new password for a Billing user while the old one still opens the door, for a day at most.

The people behind a key are many, and not all of them read the new password in the same minute. Within the overlap
nobody is put out; at its end whoever came in with the old one is (access/visits.py). See docs/decisions/rotation.md.
"""


from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.module_loading import import_string

from countersign.audit import record
from countersign.people import passwords
from countersign.people.models import LONGEST_OVERLAP, NO_PASSWORD

SAME = "This is the password of today. Choose another."


def until(user, password, overlap):
    """When the password of today ends, if a new one is set now; None: at once. Raises ValidationError for no new one.

    Never later than the Billing user itself (settings.KEY_ENDS_AT), and with an inactive one nothing overlaps.
    """
    if not overlap or not user.is_billing or not user.is_active or user.password == NO_PASSWORD:
        return None
    if passwords.matches(password, user.password):
        raise ValidationError({"password": SAME})
    now = timezone.now()
    ends_at = min(now + min(overlap, LONGEST_OVERLAP), import_string(settings.KEY_ENDS_AT)(user))
    return ends_at if ends_at > now else None


def replace(user, password, ends_at):
    """Put the new password in place of the old one, which is kept until then; one that was kept before is gone."""
    user.old_password = user.password if ends_at else ""
    user.old_password_expires_at = ends_at
    user.password = passwords.encode(password, beside=user.old_password)


def end(user, *, by, because=""):
    """The old password opens nothing any more, and whoever came in with it is out at the next request."""
    if not user.old_password:
        return
    held, ends_at = user.two_passwords, user.old_password_expires_at
    user.old_password, user.old_password_expires_at = "", None
    user.save(update_fields=["old_password", "old_password_expires_at"])
    if held:
        changes = {"Old password until": [said(ends_at), said(timezone.now())]}
        record.write(by, "user.password.old.ended", object=user, reason=because, changes=changes)


def told(user):
    """What the record says of an overlap."""
    return {"Old password until": said(user.old_password_expires_at)} if user.old_password else {}


def given(user):
    """Which of two passwords somebody has just given, for the record, by its id; "" when there is but one."""
    if not user.two_passwords:
        return ""
    which = "old" if user.given == user.old_password else "new"
    return f"with the {which} password ({passwords.id_of(user.given)})"


def said(moment):
    return f"{timezone.localtime(moment):%m/%d/%Y %H:%M}"
