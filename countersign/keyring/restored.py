"""After a backup of a company was put in place: a key, an assignment or a membership that ended since stays ended."""

from dataclasses import dataclass

from django.utils import timezone

from countersign.audit import record
from countersign.audit.actors import system
from countersign.instances import revocations
from countersign.instances.models import RevocationKind
from countersign.keyring.models import Assignment, Key, Membership

AFTER = "ended after the backup"


@dataclass(frozen=True)
class Revived:
    """What would come back to life. Each is a list of rows."""

    keys: list
    assignments: list
    memberships: list


def revived():
    return Revived(*(
        list(rows.filter(id__in=revocations.standing(kind))) for rows, kind in (
            (Key.objects.live(), RevocationKind.RING_KEY),
            (Assignment.objects.standing(), RevocationKind.ASSIGNMENT),
            (Membership.objects.standing(), RevocationKind.MEMBERSHIP),
        )
    ))


def shut_out(found):
    """End it again; one event for each. Nobody is in: every entry has ended already (identity/restored.py)."""
    now, by = timezone.now(), system()
    for key in found.keys:
        Key.objects.filter(id=key.id).update(
            ended_at=now, ended_by=by.person, ended_because=AFTER, kid="", sealed=b"", trouble=""
        )
        record.write(by, "key.ended", object=key, reason=AFTER)
    for rows, action in ((found.assignments, "assignment.ended"), (found.memberships, "team.left")):
        for row in rows:
            row.ended_at, row.ended_by = now, by.person
            row.save(update_fields=["ended_at", "ended_by"])
            record.write(by, action, object=row, reason=AFTER)
