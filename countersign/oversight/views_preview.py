"""What a Billing user can see, for whoever manages third-party access."""

from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from countersign.oversight import seeing
from countersign.people.gate import allows
from countersign.people.models import User, UserType
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="access.previewed")
@require_safe
def preview(request, id):
    """Nobody sees a client here whom they may not see themselves; that some were shown is on the record."""
    key = get_object_or_404(User, id=id, type=UserType.BILLING)
    seen = seeing.of(key)
    names_clients = Permission.VIEW_CLIENTS in request.permissions
    shown = len(seen.rows or ()) if names_clients else 0
    request.reads.update(object=key, changes={"clients shown": shown})
    back = f"/settings/third-party/{key.billing_company}/"
    context = {"key": key, "seen": seen, "names_clients": names_clients, "back": back}
    return render(request, "oversight/preview.html", context)
