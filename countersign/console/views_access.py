"""Support asks an instance to be let in, and enters when it was approved."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from countersign.console import entering
from countersign.console.forms_access import AccessForm
from countersign.console.models import AccessAsked
from countersign.instances.models import Instance, InstanceKind
from countersign.people.gate import allows
from countersign.people.permissions import Permission

NEWEST = 100


@allows(Permission.MANAGE_INSTANCES, reads="support.listed")
@require_http_methods(["GET", "POST"])
def access(request, id):
    """What was asked of this instance, and one more request."""
    one = get_object_or_404(Instance.objects.exclude(kind=InstanceKind.SUPPORT), id=id)
    form = AccessForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                entering.ask(one, request.user, by=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, f"{one} is asked. When it has answered, it stands here.")
            return redirect("console-access", id=one.id)
    request.reads.update(object=one)
    context = {
        "one": one, "form": form, "rows": entering.of_instance(one)[:NEWEST], "lapsed_before": entering.lapsed_before(),
    }
    return render(request, "console/access.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_INSTANCES, calls=True)
@require_POST
def entry(request, id):
    """*Enter*: whoever asked, and nobody else."""
    asked = get_object_or_404(AccessAsked, id=id)
    try:
        return HttpResponseRedirect(entering.begin(request, asked))
    except entering.Kept as kept:
        messages.error(request, kept.messages[0])
    # By its address: the instance, asked within this process, was bound to a map of addresses of its own.
    return HttpResponseRedirect(f"/console/instances/{asked.instance_id}/access/")
