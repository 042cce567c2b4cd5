"""The key ring: its keys, one key, and what is done with it. No database is held while a practice is asked."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.audit import record
from countersign.instances import hosts
from countersign.keyring import asking, assignments, lists, ring, rules
from countersign.keyring.forms import AskForm, AssignmentForm, KeyForm, PasswordForm
from countersign.keyring.models import Assignment, Delivery, Key
from countersign.people.gate import allows
from countersign.people.permissions import Permission

LONGEST_REASON = 150


@allows(Permission.MANAGE_KEY_RING, reads="key-ring.opened")
@require_safe
def key_list(request):
    return render(request, "keyring/keys.html", {
        "keys": lists.keys(), "ended": lists.ended(), "deliveries": Delivery.objects.waiting(),
        "rules": rules.stored(),
    })


@allows(Permission.MANAGE_KEY_RING)
@require_POST
def ring_rules(request):
    if rules.change(launch_pad_only="launch_pad_only" in request.POST, by=request.actor):
        messages.success(request, "Saved. It counts from the next sign-in.")
    return redirect("/key-ring/")


@allows(Permission.MANAGE_KEY_RING, calls=True)
@require_http_methods(["GET", "POST"])
def new_key(request):
    """By hand: the practice is asked first, and nothing is kept of a key that it does not take."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["user_id"], form.cleaned_data["password"]
        try:
            _check(request, hosts.root(form.practice), *given, named=f"{given[0]} of {form.practice}")
            key = ring.add(form.practice, user_id=given[0], password=given[1], by=request.actor)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"{key} is in the key ring. Assign it to whoever works for this customer.")
            return redirect(f"/key-ring/{key.id}/")
    return render(request, "keyring/new_key.html", {"form": form}, status=422 if form.errors else 200)


@allows(Permission.MANAGE_KEY_RING, reads="key.opened")
@require_safe
def key(request, id):
    found = get_object_or_404(Key, id=id)
    request.reads.update(object=found)
    return _page(request, found, AssignmentForm())


@allows(Permission.MANAGE_KEY_RING, calls=True)
@require_http_methods(["GET", "POST"])
def password(request, id):
    found = get_object_or_404(Key.objects.live(), id=id)
    request.reads.update(object=found)
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["password"]
        try:
            _check(request, found.issuer, found.user_id, given, named=found)
            ring.replace(found, password=given, by=request.actor)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"The password of {found} was replaced.")
            return redirect(f"/key-ring/{found.id}/")
    context = {"key": found, "form": form}
    return render(request, "keyring/password.html", context, status=422 if form.errors else 200)


def _check(request, issuer, user_id, given, *, named):
    """Raises asking.Refused, written down, when the practice does not take the key."""
    try:
        asking.ask(issuer, user_id=user_id, password=given, person=request.user, purpose=asking.CHECK)
    except asking.Refused as refusal:
        record.write(
            request.actor, "key.refused", object=named, result=record.REFUSED, reason=" ".join(refusal.messages)
        )
        raise


@allows(Permission.MANAGE_KEY_RING)
@require_http_methods(["GET", "POST"])
def asking_for_more(request, id):
    found = get_object_or_404(Key.objects.live(), id=id)
    request.reads.update(object=found)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        ring.ask_for_more(found, by=request.actor, **form.cleaned_data)
        messages.success(request, f"{found.practice} was asked, and decides.")
        return redirect(f"/key-ring/{found.id}/")
    return render(request, "keyring/asking.html", {"key": found, "form": form}, status=422 if form.errors else 200)


@allows(Permission.MANAGE_KEY_RING)
@require_POST
def key_ending(request, id):
    found = get_object_or_404(Key, id=id)
    reason = " ".join("".join(c if c.isprintable() else " " for c in request.POST.get("reason", "")).split())
    if ring.end(found, by=request.actor, reason=reason[:LONGEST_REASON]):
        messages.success(request, f"{found} has ended. Nobody of yours enters with it any more.")
    else:
        messages.info(request, f"{found} had ended already.")
        record.write(request.actor, "key.ended", object=found, result=record.REFUSED, reason="it had ended already")
    return redirect(f"/key-ring/{found.id}/")


@allows(Permission.MANAGE_KEY_RING)
@require_POST
def key_assignments(request, id):
    found = get_object_or_404(Key, id=id)
    form = AssignmentForm(request.POST)
    if form.is_valid():
        try:
            made = assignments.assign(found, by=request.actor, grantor=request.user, **form.cleaned_data)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"{made.user or made.team} may use {found}.")
            return redirect(f"/key-ring/{found.id}/")
    return _page(request, found, form)


@allows(Permission.MANAGE_KEY_RING)
@require_POST
def assignment_ending(request, id):
    found = get_object_or_404(Assignment.objects.select_related("key", "user", "team"), id=id)
    if assignments.end(found, by=request.actor):
        messages.success(request, f"{found.user or found.team} may not use {found.key} any more.")
    else:
        messages.info(request, "Somebody had taken it back already.")
        record.write(request.actor, "assignment.ended", object=found, result=record.REFUSED,
                     reason="it had ended already")
    return redirect(f"/key-ring/{found.key_id}/")


def _page(request, found, form):
    context = {
        "key": found, "form": form, "assignments": lists.assignments(found), "longest": LONGEST_REASON,
        "asked": found.more_asked.select_related("dispatch")[:20],
    }
    return render(request, "keyring/key.html", context, status=422 if form.errors else 200)
