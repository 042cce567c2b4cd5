"""Verbs on alerts: having seen them, and changing what raises them."""

from django.db import transaction
from django.utils import timezone
from django.utils.dateformat import format as written

from countersign.audit import record
from countersign.watch.models import DAYS, Alert


def see(alerts, *, by):
    """Mark alerts (a queryset) as seen by this person; those that were seen stay with who saw them first."""
    with transaction.atomic():
        unseen = list(alerts.filter(seen_at=None).order_by("at", "id"))
        marked = Alert.objects.filter(id__in=[alert.id for alert in unseen], seen_at=None)
        count = marked.update(seen_at=timezone.now(), seen_by=by.person)
        if count == 1:
            record.write(by, "alert.seen", object=unseen[0])
        elif count:
            record.write(by, "alerts.seen", object=f"{count} alerts", changes={"Alerts": [str(a.id) for a in unseen]})
    return count


def change_rules(rules, *, by, names, **values):
    """Store what raises an alert, with old and new in the record. names: {user id: name} of who can be mailed."""
    old = described(rules, names=names)
    for name, value in values.items():
        setattr(rules, name, value)
    new = described(rules, names=names)
    changes = {label: [old[label], new[label]] for label in new if old[label] != new[label]}
    with transaction.atomic():
        rules.id = 1
        rules.save()
        record.write(by, "alert-rules.changed", changes=changes)
    return changes


def described(rules, *, names):
    """The rules in words, {label: text}."""
    clock = " to ".join(written(when, "g:i A") for when in (rules.begins, rules.ends))
    days = ", ".join(DAYS[day] for day in sorted(rules.days))
    mailed = "everybody who manages third-party access"
    if rules.mail_to is not None:
        mailed = ", ".join(names.get(one, one) for one in sorted(rules.mail_to)) or "nobody"
    return {
        "Clients opened in an hour": str(rules.clients_an_hour),
        "Refusals in a row": str(rules.refusals_in_a_row),
        "Agreed hours": f"{days}, {clock}" if rules.agreed else "any time",
        "Our own people": "watched too" if rules.ours else "not watched",
        "Mail": mailed,
    }
