"""Settings > Access tags: the locks on clients, and how many keys there are to each."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from countersign.clients.forms_tag import TagForm
from countersign.people import tags
from countersign.people.gate import allows
from countersign.people.models import AccessTag
from countersign.people.permissions import Permission

HOME = "/settings/access-tags/"


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="tags.listed")
@require_http_methods(["GET", "HEAD", "POST"])
def tag_list(request):
    form = TagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        added = _try(form, tags.add, **form.cleaned_data, by=request.actor)
        if added:
            messages.success(request, f"The access tag {added} was added. It locks nothing until a client has it.")
            return redirect(HOME)
    found = AccessTag.objects.annotate(
        locks=Count("clients", distinct=True), holders=Count("keys", distinct=True)
    ).order_by("retired_at", "name")
    rows = list(found)
    context = {"form": form, "live": [tag for tag in rows if tag.is_live],
               "retired": [tag for tag in rows if not tag.is_live]}
    return render(request, "clients/tags.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="tag.opened")
@require_http_methods(["GET", "HEAD", "POST"])
def tag(request, id):
    found = _find(request, id)
    name = found.name
    request.reads.update(object=found)
    form = TagForm(request.POST or None, initial={"name": found.name})
    if request.method == "POST" and form.is_valid():
        if _try(form, tags.rename, found, **form.cleaned_data, by=request.actor):
            messages.success(request, f"The access tag is called {found}.")
            return redirect(HOME)
    context = {"tag": found, "name": name, "form": form, "locks": found.clients.count(), "keys": found.keys.all()}
    return render(request, "clients/tag.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def tag_retirement(request, id):
    found = _find(request, id)
    tags.retire(found, by=request.actor)
    messages.success(request, f"The access tag {found} is retired. What it locks stays locked.")
    return redirect(HOME)


def _find(request, id):
    """Locked until the end of a request that changes something, so that of two tabs one comes second."""
    rows = AccessTag.objects.select_for_update() if request.method == "POST" else AccessTag.objects
    return get_object_or_404(rows.all(), id=id)


def _try(form, verb, *args, **more):
    """What the verb returns, or None with what it refused on the form."""
    try:
        return verb(*args, **more)
    except ValidationError as error:
        form.add_error(None, error)
        return None
