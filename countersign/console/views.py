"""Support's pages: who is hosted here, and who is a registered billing company."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.audit import record
from countersign.console import actions, catalogue, forms, opening
from countersign.console.zones import label as zone_label
from countersign.instances import binding, hosts, schema, sites
from countersign.instances.models import Instance, ListingState
from countersign.people.gate import allows
from countersign.people.permissions import Permission

TONES = {
    "active": "good", "suspended": "warn", "archived": "", "applied": "info", "listed": "good", "delisted": "bad",
}


@allows(Permission.MANAGE_INSTANCES, reads="instances.listed")
@require_safe
def instances(request):
    form = forms.InstanceFilter(request.GET)
    form.full_clean()
    chosen = {name: value for name, value in form.cleaned_data.items() if value}
    after = chosen.pop("after", "")
    rows, more = catalogue.instances(**chosen, after=after)
    request.reads.update(object="instances", changes=chosen)
    pager = {
        "next_url": f"?{urlencode({**chosen, 'after': rows[-1].slug})}" if more else "",
        "first_url": f"?{urlencode(chosen)}" if after else "",
    }
    context = {"form": form, "filtered": bool(chosen), "rows": [_row(one) for one in rows], "page": pager}
    return render(request, "console/instances.html", context)


def _row(one):
    return {"instance": one, "database": one.server or "SQLite", "tone": TONES[one.state],
            "current": one.schema == schema.fingerprint(), "listing": _listing(one)}


def _listing(one):
    listing = getattr(one, "listing", None)
    return listing and {"label": listing.get_state_display(), "tone": TONES[listing.state]}


@allows(Permission.MANAGE_INSTANCES)
@require_http_methods(["GET", "POST"])
def new_instance(request):
    form = forms.InstanceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            created, sent = actions.create_instance(**form.wanted(), by=request.actor)
        except ValidationError as error:
            put(error, form)
        else:
            _say_whether_sent(request, sent, form.cleaned_data["admin_email"], opened=created)
            return redirect("console-instance", id=created.id)
    context = {"form": form, "base": settings.BASE_HOST}
    return render(request, "console/new_instance.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_INSTANCES, reads="instance.opened")
@require_safe
def instance(request, id):
    one = get_object_or_404(Instance, id=id)
    request.reads.update(object=one)
    return _instance_page(request, one, forms.StepForm(steps=catalogue.state_steps(one)))


@allows(Permission.MANAGE_INSTANCES)
@require_POST
def instance_changes(request, id):
    one = get_object_or_404(Instance, id=id)
    form = forms.StepForm(request.POST, steps=catalogue.state_steps(one))
    if form.is_valid():
        try:
            actions.change_state(one, **form.cleaned_data, by=request.actor)
        except ValidationError as error:
            put(error, form)
        else:
            one.refresh_from_db(using="control")
            messages.success(request, f"{one} is {one.get_state_display().lower()}.")
            return redirect("console-instance", id=one.id)
    return _instance_page(request, one, form, status=422)


@allows(Permission.MANAGE_INSTANCES)
@require_POST
def activations(request, id):
    """Send the first administrator's activation again."""
    one = get_object_or_404(Instance, id=id)
    try:
        sent = actions.send_activation_again(one, by=request.actor)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        _say_whether_sent(request, sent, "the administrator")
    return redirect("console-instance", id=one.id)


def _say_whether_sent(request, sent, to, *, opened=None):
    done = f"{opened} was created. " if opened else ""
    if sent:
        messages.success(request, f"{done}An activation was sent to {to}.")
    else:
        messages.error(request, f"{done}The activation could not be sent to {to}. Send it again below.")


def _instance_page(request, one, form, *, status=200):
    """Written down here, not by the gate: it takes what is written over there for what was written here."""
    if status == 200:
        record.write(request.actor, "instance.opened", object=one)
    else:
        record.write(request.actor, "page.invalid", object=request.path, result=record.REFUSED)
    facts = [
        ("State", one.get_state_display()), ("Kind", one.get_kind_display()), ("Time zone", zone_label(one.time_zone)),
        ("Database", one.server or "SQLite"),
        ("Schema", "Current" if one.schema == schema.fingerprint() else "Behind: run countersign instance upgrade"),
    ]
    context = {
        "one": one, "root": hosts.root(one), "facts": facts, "changes": one.changes.all(), "form": form,
        "listing": catalogue.listing_of(one), "listable": bool(catalogue.listing_steps(one)),
        "waiting": _waiting(one, by=request.actor),
    }
    return render(request, "console/instance.html", context, status=status)


def _waiting(one, *, by):
    """Administrators of the instance who never chose a password; none when its database cannot be asked.

    Whoever looks into an instance from here stands in that instance's own record too."""
    if one.schema != schema.fingerprint():
        return []
    try:
        with binding.elsewhere(), binding.bind(one):
            found = [(user.name, user.email) for user in actions.waiting_administrators()]
            record.write(opening.from_support(by), "instance.opened", object=one)
            return found
    except DatabaseError:
        return []


@allows(Permission.MANAGE_LISTINGS, reads="listings.listed")
@require_safe
def listings(request):
    rows = [
        {"listing": listing, "tone": TONES[listing.state], "last": listing.changes.all()[0]}
        for listing in catalogue.registered()
    ]
    return render(request, "console/listings.html", {"rows": rows})


@allows(Permission.MANAGE_LISTINGS)
@require_http_methods(["GET", "POST"])
def listing(request, id):
    one = get_object_or_404(Instance, id=id)
    form = forms.StepForm(request.POST or None, steps=catalogue.listing_steps(one))
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.change_listing(one, **form.cleaned_data, by=request.actor)
        except ValidationError as error:
            put(error, form)
        else:
            messages.success(request, f"{one} is {changed.get_state_display().lower()}.")
            return redirect("console-listing", id=one.id)
    request.reads.update(object=f"the listing of {one}")
    return listing_page(request, one, form=form)


def listing_page(request, one, *, form=None, site_form=None):
    """The page of one listing; a form on it came back when it has errors."""
    form = form or forms.StepForm(steps=catalogue.listing_steps(one))
    found, site = catalogue.listing_of(one), sites.of(one)
    context = {
        "one": one, "listing": found, "form": form, "changes": found.changes.all() if found else [],
        "tone": TONES[found.state] if found else "", "root": hosts.root(one), "site": site,
        "site_root": site and hosts.site_root(site), "site_form": site_form or forms.SiteForm(),
        "may_have_site": found is not None and found.state == ListingState.LISTED,
    }
    refused = form.errors or (site_form and site_form.errors)
    return render(request, "console/listing.html", context, status=422 if refused else 200)


def put(error, form):
    """What an action refused, next to the field it is about."""
    fields = getattr(error, "error_dict", None) or {None: error.messages}
    for field, messages_of in fields.items():
        form.add_error(field if field in form.fields else None, messages_of)
