"""The front door of an instance, and views that treat a parameter as more than a text: what fuzzing must find."""

import datetime

from django.db import transaction
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from countersign.clients.models import Client
from countersign.instances import binding
from countersign.instances.models import Instance
from countersign.people.gate import allows, public
from countersign.people.permissions import Permission
from countersign.urls.instance import *  # noqa: F403
from countersign.urls.instance import urlpatterns as front

GET = require_http_methods(["GET"])
FORM = require_http_methods(["GET", "POST"])


@allows(Permission.VIEW_CLIENTS)
@GET
def crashes(request):
    return HttpResponse(f"{int(request.GET.get('page', '1') or 1)} pages, and not one more")


@allows(Permission.VIEW_CLIENTS)
@GET
def echoes(request):
    return HttpResponse(f"<p>Nothing was found for {request.GET.get('q', '')}</p>")


@allows(Permission.VIEW_CLIENTS)
@GET
def echoes_in_an_attribute(request):
    return HttpResponse(f'<input value="{request.GET.get("q", "").replace("<", "&lt;")}">')


@allows(Permission.VIEW_CLIENTS)
@GET
def leads_away(request):
    target = request.GET.get("next", "/").replace("\n", "").replace("\r", "")
    return HttpResponse(status=302, headers={"Location": target})


@allows(Permission.VIEW_CLIENTS)
@GET
def says_nothing(request):
    return HttpResponse(status=400 if "'" in request.GET.get("q", "") else 200)


@allows(Permission.VIEW_CLIENTS)
@GET
def shows_the_neighbour(request):
    """A cursor that is looked up wherever it may be."""
    if len(request.GET.get("after", "")) == 36:
        with binding.elsewhere(), binding.bind(Instance.objects.get(slug="elm-street")):
            return HttpResponse(", ".join(map(str, Client.objects.all())))
    return HttpResponse("A page of our own")


@public(silent=True)
@csrf_exempt
@FORM
def saves_half(request):
    name = request.POST.get("name", "")
    if request.method == "POST":
        with transaction.atomic():
            number = 5000 + Client.objects.count()
            born_on = started_on = datetime.date(1990, 1, 1)
            Client.objects.create(
                number=number, first_name="Half", last_name="Saved", sex="U", born_on=born_on, started_on=started_on,
                created_by="a view that saves first",
            )
    said = '<p class="error">Enter a name that is shorter.</p>' if len(name) > 99 else "<p>Thank you.</p>"
    return HttpResponse(said, status=422 if len(name) > 99 else 200)


VIEWS = (crashes, echoes, echoes_in_an_attribute, leads_away, says_nothing, shows_the_neighbour, saves_half)
urlpatterns = [*front, *(path(f"{view.__name__}/", view) for view in VIEWS)]
