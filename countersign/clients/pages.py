"""What every page about one client has in common, in this room and in those above."""

from django.conf import settings
from django.http import Http404

from countersign.clients.models import Client
from countersign.clients.reach import noted
from countersign.people.permissions import Permission


def opened(request, id, *, needs=()):
    """The client of this address, noted as what the request reads. Raises Http404. needs: for select_related."""
    clients = Client.objects.visible_to(request.user) if request.user.is_billing else Client.objects
    client = (clients.select_related(*needs) if needs else clients).filter(id=id).first()
    if client is None:
        raise Http404
    return concerning(request, client)


def reached(request, rows, id):
    """The row (of a set already limited to visible clients) of this address, noted with its client. Raises Http404."""
    row = rows.filter(id=id).first()
    if row is None:
        raise Http404
    concerning(request, row.client)
    request.reads.update(object=row)
    return row


def concerning(request, client):
    """Note the client as what the request reads."""
    noted(request, part_2=client.part_2)
    request.reads.update(object=client, client=client)
    return client


def about(request, client, *, tab=None, **more):
    """The context of a template that extends `clients/client.html`. tab: the suffix of the tab a page is under."""
    lists = Permission.VIEW_CLIENTS in request.permissions
    return {"client": client, "tabs": tabs(request, client, tab), "lists": lists, **more}


def tabs(request, client, tab=None):
    """The pages of this client that this person may open: [{label, url, current}]."""
    home = f"/clients/{client.id}/"
    here = request.path.removeprefix(home) if tab is None else tab
    return [
        {"label": label, "url": home + suffix, "current": here == suffix}
        for label, suffix, permission in settings.CLIENT_TABS
        if permission in request.permissions
    ]
