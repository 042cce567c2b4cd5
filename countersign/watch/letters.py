"""Alerts by mail: who, of which company, what kind, when, and where to read more. No health information."""

from datetime import timedelta

from django.utils import timezone
from django.utils.dateformat import format as written

from countersign.instances import binding, hosts
from countersign.people import post
from countersign.people.models import User, UserType
from countersign.people.permissions import Permission
from countersign.watch.models import AlertKind, Position

MAILS_AN_HOUR = 20  # what somebody provokes must not become a flood
IN_ONE_MAIL = 20


def send(alerts, rules, position):
    """Mail the alerts, one mail a look and recipient, within the current transaction; returns who is told."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    sent = position.mails if position.hour == hour else 0
    people = recipients(rules) if sent < MAILS_AN_HOUR else []
    if not people:
        return []
    Position.objects.filter(id=position.id).update(hour=hour, mails=sent + 1)
    subject, text = letter(alerts, last=hour + timedelta(hours=1) if sent + 1 == MAILS_AN_HOUR else None)
    for user in people:
        post.send(to=user.email, subject=subject, text=text)
    return [user.name for user in people]


def candidates():
    """Users who may be mailed: active, with an e-mail address, and allowed to manage third-party access."""
    kind = binding.bound().kind
    types = (UserType.ADMINISTRATOR, UserType.REGULAR)
    users = User.objects.active().filter(type__in=types).exclude(email="").prefetch_related("groups")
    return [
        user for user in users
        if Permission.MANAGE_THIRD_PARTY_ACCESS in user.held([g.permissions for g in user.groups.all()], kind=kind)
    ]


def recipients(rules):
    """Of those, the ones who are ticked; all of them as long as nobody chose. Who lost the permission is not told."""
    return [user for user in candidates() if rules.mail_to is None or str(user.id) in rules.mail_to]


def letter(alerts, *, last=None):
    """(subject, text). last: when mail goes on, if this is the last one in this hour."""
    practice = _line(binding.bound().name)
    zone = timezone.get_current_timezone_name().replace("_", " ")
    count = len(alerts)
    lines = [f"{practice}: {count} new alert{'' if count == 1 else 's'}", ""]
    for alert in alerts[:IN_ONE_MAIL]:
        lines += [alert.get_kind_display(), *(f"  {label}: {value}" for label, value in _facts(alert)), ""]
    if count > IN_ONE_MAIL:
        lines += [f"and {count - IN_ONE_MAIL} more.", ""]
    lines += [f"Read them here: {hosts.root(binding.bound())}/alerts/", f"Times are those of the zone {zone}."]
    if last:
        clock = written(timezone.localtime(last), "g:i A")
        lines += [f"There is no more mail before {clock}; the page has everything."]
    return f"{practice}: {count} new alert{'' if count == 1 else 's'}", "\n".join(lines) + "\n"


def _facts(alert):
    if alert.kind == AlertKind.TERMS:
        yield "What", _line(alert.sentence)
        return
    yield "Person", _line(alert.person if alert.person != "unknown" else "not known")
    if alert.company:
        yield "Company", _line(alert.company)
    if alert.billing_user:
        yield "Billing user", _line(alert.billing_user)
    yield "Time", written(timezone.localtime(alert.at), "m/d/Y g:i A")


def _line(text):
    """One line: a name may not begin a line of its own, let alone a header."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
