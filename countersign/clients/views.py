"""The client list, a client's profile and payers, and the forms that change them."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from countersign.clients import actions, export, keyset, listing
from countersign.clients.forms import ClientForm, EditForm
from countersign.clients.models import Coverage
from countersign.clients.pages import about, opened
from countersign.clients.reach import noted
from countersign.instances import binding
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.ui import spreadsheet


@allows(Permission.VIEW_CLIENTS, reads="clients.listed")
@require_safe
def clients(request):
    asked = listing.Asked.by(request.user, request.GET)
    rows, last, more, total, part_2 = listing.page(asked, request.GET)
    noted(request, part_2=part_2)
    request.reads.update(asked.as_read("clients.searched" if asked.q else "clients.listed"))
    return render(
        request,
        "clients/clients.html",
        {
            "rows": rows, "total": total, "asked": asked,
            "page": keyset.pages(request, last=last, more=more, size=listing.SIZE),
            "may_add": Permission.ADD_CLIENTS in request.permissions,
            "may_export": Permission.EXPORT_CLIENTS in request.permissions and total,
        },
    )


@allows(Permission.EXPORT_CLIENTS, reads="clients.exported")
@require_safe
def clients_export(request):
    """The file is written whole before anything is sent: the database is bound only while this runs."""
    asked = listing.Asked.by(request.user, request.GET)
    file, count = export.csv(asked)
    read = asked.as_read("clients.exported")
    request.reads.update(read, changes={**read["changes"], "rows": count})
    name = f"clients {binding.bound().name} {timezone.localdate():%Y-%m-%d}"
    return spreadsheet.attachment(file, name=name)


@allows(Permission.VIEW_CLIENTS, reads="client.opened")
@require_safe
def client(request, id):
    found = opened(request, id, needs=["clinician"])
    # 45 CFR 164.502(b): a diagnosis is shown to those who work with services or notes, not with every profile.
    treats = request.permissions & {Permission.VIEW_LEDGER, Permission.VIEW_NOTES}
    may_edit = Permission.EDIT_CLIENTS in request.permissions
    context = about(
        request, found, age=found.age(timezone.localdate()), diagnoses=found.diagnoses.all() if treats else None,
        may_edit=may_edit, tells_reach=may_edit and not request.user.is_billing,
    )
    if context["tells_reach"]:
        context["tags"] = found.tags.all()
        context["consent"] = found.consents.in_force().first() if found.part_2 else None
    return render(request, "clients/profile.html", context)


@allows(Permission.VIEW_CLIENTS, reads="payers.opened")
@require_safe
def client_payers(request, id):
    found = opened(request, id)
    today = timezone.localdate()
    coverages = Coverage.objects.filter(client=found).select_related("payer")
    current = [one for one in coverages if one.starts_on <= today and (one.ends_on is None or one.ends_on >= today)]
    other = [one for one in coverages if one not in current]
    return render(request, "clients/payers.html", about(request, found, current=current, other=other))


@allows(Permission.ADD_CLIENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def client_new(request):
    own = not request.user.is_billing
    form = ClientForm(request.POST or None, own=own, initial={"started_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        added = actions.add(by=request.actor, **form.typed())
        messages.success(request, f"{added} was added.")
        # A person who may add but not view stays where adding is all there is.
        return redirect(f"/clients/{added.id}/" if Permission.VIEW_CLIENTS in request.permissions else "/clients/new/")
    context = {"form": form, "lists": Permission.VIEW_CLIENTS in request.permissions}
    return render(request, "clients/new.html", context, status=422 if form.errors else 200)


@allows(Permission.EDIT_CLIENTS, reads="client.opened")
@require_http_methods(["GET", "HEAD", "POST"])
def client_edit(request, id):
    found = opened(request, id)
    name = str(found)  # a bound form writes what was typed into `found`
    own = not request.user.is_billing
    form = EditForm(request.POST or None, own=own, instance=found, initial={"version": found.version})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.change(found, by=request.actor, version=form.cleaned_data["version"], **form.typed())
        except actions.Stale as stale:
            form.say_what_is_on_record(stale.client)
            status = 409
        else:
            messages.success(request, f"{changed} was saved.")
            views = Permission.VIEW_CLIENTS in request.permissions
            return redirect(f"/clients/{found.id}/" if views else request.path)
    elif request.method == "POST":
        status = 422
    return render(request, "clients/edit.html", about(request, found, form=form, name=name), status=status)
