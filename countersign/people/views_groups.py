"""Settings > Permission groups: what each may do, and whom a change touches."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from countersign.people import choices, groups
from countersign.people.forms_group import GroupForm
from countersign.people.gate import allows
from countersign.people.models import PermissionGroup, UserType
from countersign.people.permissions import Permission

MEANWHILE = "Somebody changed this group meanwhile. What you typed is still here: see what is stored now, then save."


@allows(Permission.MANAGE_PERMISSION_GROUPS, reads="groups.listed")
@require_safe
def group_list(request):
    found = PermissionGroup.objects.annotate(size=Count("members")).order_by("name")
    return render(request, "people/groups.html", {"groups": found})


@allows(Permission.MANAGE_PERMISSION_GROUPS)
@require_http_methods(["GET", "POST"])
def new_group(request):
    form = GroupForm(request.POST or None, grantable=request.permissions)
    if request.method == "POST" and form.is_valid():
        created = _try(form, groups.create, **form.cleaned_data, by=request.actor, grantable=request.permissions)
        if created:
            messages.success(request, f"The permission group {created} was created.")
            return redirect("/settings/groups/")
    return render(request, "people/group.html", {"form": form}, status=422 if form.errors else 200)


@allows(Permission.MANAGE_PERMISSION_GROUPS, reads="group.opened")
@require_http_methods(["GET", "POST"])
def group(request, id):
    found = _find(request, id)
    request.reads.update(object=found)
    version = choices.version(groups.described(found))
    if request.method == "GET":
        return _page(request, found, GroupForm(group=found, grantable=request.permissions))
    form = GroupForm(request.POST, group=found, grantable=request.permissions)
    if request.POST.get("version") != version:
        form.add_error(None, MEANWHILE)
        return _page(request, found, form, stored=_in_words(found))
    if form.is_valid() and _try(
        form, groups.change, found, **form.cleaned_data, by=request.actor, grantable=request.permissions
    ):
        messages.success(request, f"The permission group {found} was saved. It counts from the members' next request.")
        return redirect(f"/settings/groups/{found.id}/")
    return _page(request, _find(request, id), form)


@allows(Permission.MANAGE_PERMISSION_GROUPS)
@require_http_methods(["GET", "POST"])
def group_deletion(request, id):
    found, trouble = _find(request, id), None
    if request.method == "POST":
        try:
            groups.delete(found, by=request.actor)
        except ValidationError as error:
            trouble = error.messages
        else:
            messages.success(request, f"The permission group {found} was deleted.")
            return redirect("/settings/groups/")
    return render(request, "people/group_deletion.html", {"group": found, "trouble": trouble},
                  status=422 if trouble else 200)


def _find(request, id):
    """Locked until the end of a request that changes something, so that of two tabs one comes second."""
    rows = PermissionGroup.objects.select_for_update() if request.method == "POST" else PermissionGroup.objects
    return get_object_or_404(rows.all(), id=id)


def _try(form, verb, *args, **more):
    """What the verb returns, or None with what it refused on the form."""
    try:
        return verb(*args, **more)
    except ValidationError as error:
        form.add_error(None, error)
        return None


def _page(request, found, form, *, stored=None):
    members = list(found.members.all())
    context = {
        "group": found, "form": form, "members": members, "stored": stored,
        "version": choices.version(groups.described(found)),
        "billing_members": [member for member in members if member.is_billing],
        "ignored": choices.ignored([found], type=UserType.BILLING),
    }
    return render(request, "people/group.html", context, status=422 if form.errors else 200)


def _in_words(found):
    labels = [p.label for p in Permission if p in found.permissions]
    return [("Name", found.name), ("Description", found.description), ("Permissions", ", ".join(labels) or "none")]
