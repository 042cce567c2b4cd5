"""The front door of an instance, and two views that fail in the middle of their work."""

import datetime

from django.urls import path
from django.views.decorators.http import require_http_methods

from countersign.clients.models import Client
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.urls.instance import *  # noqa: F403
from countersign.urls.instance import urlpatterns as front

HALF_WRITTEN = 987654


@allows(Permission.VIEW_CLIENTS)
@require_http_methods(["GET", "POST"])
def breaks(request):
    names = [str(client) for client in Client.objects.all()]
    if request.method == "POST":
        Client.objects.create(
            number=HALF_WRITTEN, first_name="Half", last_name="Written", born_on=datetime.date(1990, 1, 1), sex="U",
            started_on=datetime.date(2026, 1, 1), created_by="a view that fails",
        )
    raise RuntimeError(f"failed with {len(names)} clients in hand")


urlpatterns = [*front, path("breaks/", breaks)]
