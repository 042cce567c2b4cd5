"""Pages that belong to no room: where to go, and what is shown when nothing fits."""

import sys

from django.conf import settings
from django.db import DatabaseError
from django.shortcuts import render
from django.views.decorators.http import require_safe

from countersign.audit.reading import Unreadable
from countersign.instances import hosts
from countersign.instances.middleware import take_back, unavailable
from countersign.instances.models import AdminSite, Instance, InstanceState
from countersign.people.gate import public


@public
@require_safe
def where_to_go(request):
    """Names no instance; but the demo is there to be shown, and gives the addresses of its own."""
    shown = Instance.objects.filter(state=InstanceState.ACTIVE).order_by("created_at") if settings.DEMO else []
    addresses = [{"name": one.name, "url": f"{hosts.root(one)}/"} for one in shown]
    sites = AdminSite.objects.live().select_related("instance") if settings.DEMO else []
    addresses += [{"name": f"{one.instance}, admin site", "url": f"{hosts.site_root(one)}/"} for one in sites]
    context = {"base": settings.BASE_HOST, "demo": settings.DEMO, "addresses": addresses}
    return render(request, "ui/where_to_go.html", context)


def bad_request(request, exception=None):
    return _error(400, "This request could not be understood", "Go back and try again.")


def not_found(request, exception=None):
    return _error(404, "There is nothing here", "Check the address, or go back to where you came from.")


def server_error(request):
    # Django turns what a view raises into this page before our middleware could see it.
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseError):
        return unavailable(request, error)
    take_back(request)
    if isinstance(error, Unreadable):
        return _error(500, "The record cannot be read", f"Nothing was changed. What is wrong: {error}.")
    return _error(500, "Something went wrong", "It is our fault, and nothing was changed. Try again in a moment.")


def _error(status, title, message):
    return render(None, "ui/error.html", {"status": status, "title": title, "message": message}, status=status)
