"""Where somebody who left was ended, practice by practice: the proof that a company owes its customers."""

from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from countersign.identity import leavers
from countersign.identity.models import Departure
from countersign.people.gate import allows
from countersign.people.models import User
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_USERS, reads="departure.opened")
@require_safe
def departure(request, id):
    user = get_object_or_404(User.objects.persons(), id=id)
    request.reads.update(object=user)
    found = Departure.objects.filter(user=user).prefetch_related("notices").first()
    rows = leavers.told(found) if found else []
    context = {
        "account": user, "departure": found, "rows": rows, "now": timezone.now(),
        "reached": sum(1 for row in rows if row.taken_at), "missing": sum(1 for row in rows if not row.taken_at),
    }
    return render(request, "identity/departure.html", context)
