"""What must outlive a backup of an instance's database: who may no longer come in, kept in the catalogue.

A row is written before the instance's own transaction commits. If it cannot be written, the change does not happen; if
the change fails after it, the row is harmless: at worst a restored backup shuts out somebody whom the practice lets in
again by hand. It is taken back only after what undoes it has been committed (docs/decisions/restores.md).
"""

from django.db import transaction
from django.utils import timezone

from countersign.instances import binding, secrets
from countersign.instances.models import Revocation, RevocationKind

ANOTHER = "must be replaced"  # no password's mark: whatever stands in a backup is not to be used


def note(kind, subject, *, by, mark=""):
    """Remember it for the bound instance. by: the name of the person. Raises DatabaseError: then it must not happen.

    mark: for what can only be replaced, what stands in its place now; anything else found in a backup is dead.
    """
    made = Revocation.objects.create(
        instance_id=binding.bound().id, kind=kind, subject=str(subject)[:300], mark=mark, revoked_at=timezone.now(),
        revoked_by=by[:200],
    )
    if mark:
        _of(kind, subject).filter(id__lt=made.id).delete()


def take_back(kind, subject):
    """Forget it once the current transaction has been committed; what is noted in the meantime stays."""
    seen = list(_of(kind, subject).values_list("id", flat=True))
    if seen:
        transaction.on_commit(lambda: Revocation.objects.filter(id__in=seen).delete(), robust=True)


def standing(kind):
    """{subject: its newest Revocation} of the bound instance."""
    found = Revocation.objects.filter(instance_id=binding.bound().id, kind=kind)
    return {one.subject: one for one in found.order_by("id")}


def mark_of(encoded_password):
    """Tells one stored password from every other, and nothing about it: the salt in it is random (clocks may be
    wrong, marks are not)."""
    return secrets.digest("mark of a password", encoded_password)


def _of(kind, subject):
    return Revocation.objects.filter(
        instance_id=binding.bound().id, kind=RevocationKind(kind), subject=str(subject)[:300]
    )
