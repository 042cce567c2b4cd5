"""One user: what is known, what they may do, whether they may come in, and where they are signed in."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from countersign.people import accounts, activations, changes, choices, passwords, rotation
from countersign.people.forms_password import KeyPasswordForm
from countersign.people.forms_user import UserForm
from countersign.people.gate import allows
from countersign.people.models import User
from countersign.people.permissions import Permission, known

MEANWHILE = "Somebody changed this user meanwhile. What you typed is still here: look at what is stored now, then save."


@allows(Permission.MANAGE_USERS, reads="user.opened")
@require_http_methods(["GET", "POST"])
def user(request, id):
    found = _find(request, id)
    if request.method == "GET":
        request.reads.update(object=found)
        return _page(request, found, _form(request, found))
    if "show" in request.POST:
        return _page(request, found, UserForm.kept(request.POST, grantable=request.permissions, user=found))
    form = UserForm(request.POST, grantable=request.permissions, user=found)
    if request.POST.get("version") != choices.version(accounts.described(found)):
        form.add_error(None, MEANWHILE)
        return _page(request, found, form, stored=_in_words(found))
    if form.is_valid():
        charged, charged_from = found.is_charged, form.charged_from
        before = found.holds(kind=request.instance.kind)
        try:
            accounts.change(found, by=request.actor, grantable=request.permissions, **form.details())
        except ValidationError as error:
            form.blame(error)
            found = _find(request, id)
        else:
            messages.success(request, f"{found} was saved. It counts from the next request.")
            said = changes.difference(before, found.holds(kind=request.instance.kind)) if found.is_billing else ""
            if said:
                messages.info(request, f"{found.user_id} {said}. Its company is told.")
            if found.is_charged and found.is_active and not charged:
                messages.info(request, f"{found.name} is charged for from now on. {charged_from}".strip())
            return redirect(f"/settings/users/{found.id}/")
    return _page(request, found, form)


@allows(Permission.MANAGE_USERS)
@require_http_methods(["GET", "POST"])
def inactivation(request, id):
    """*Inactivate & force log off*, after a look at what it does."""
    found, trouble = _find(request, id), None
    request.reads.update(object=found, action="user.opened")
    if request.method == "POST":
        try:
            accounts.inactivate(found, by=request.actor)
        except ValidationError as error:
            found, trouble = _find(request, id), error.messages
        else:
            messages.success(request, f"{found} is inactive and was signed out everywhere.")
            return redirect(f"/settings/users/{found.id}/")
    is_dialog = "HX-Request" in request.headers
    template = "people/inactivation_dialog.html" if is_dialog else "people/inactivation.html"
    context = {
        "account": found, "open": found.sessions.open().count(), "trouble": trouble, "is_dialog": is_dialog,
    }
    return render(request, template, context, status=422 if trouble else 200)


@allows(Permission.MANAGE_USERS)
@require_POST
def reactivation(request, id):
    return _do(request, id, accounts.reactivate, "{} is active again.", grantable=request.permissions)


@allows(Permission.MANAGE_USERS)
@require_POST
def forced_password(request, id):
    return _do(request, id, accounts.force_password, "{} must choose a new password before anything else.")


@allows(Permission.MANAGE_USERS)
@require_POST
def activation(request, id):
    def send(found, *, by):
        accounts.refuse_above(found, grantable=request.permissions)
        activations.send(found, by=by)

    return _do(request, id, send, "An activation for {} is on its way.")


@allows(Permission.MANAGE_USERS)
@require_POST
def sessions_ending(request, id):
    return _do(request, id, accounts.sign_out_everywhere, "{} was signed out everywhere.")


@allows(Permission.MANAGE_USERS)
@require_http_methods(["GET", "POST"])
def password(request, id):
    """Set a password that is told to whoever uses it; a person must then choose one of their own."""
    found = _find(request, id)
    request.reads.update(object=found, action="user.opened")
    form = KeyPasswordForm(account=found)
    if "generate" in request.POST:
        hours = request.POST.get("hours", "")[:4]
        form = KeyPasswordForm(account=found, generated=passwords.generate(), hours=hours)
    elif request.method == "POST":
        form = KeyPasswordForm(request.POST, account=found)
        if form.is_valid():
            try:
                accounts.refuse_above(found, grantable=request.permissions)
                accounts.set_password(
                    found, password=form.cleaned_data["password"], by=request.actor, overlap=form.overlap
                )
            except ValidationError as error:
                form.add_error(None if not hasattr(error, "error_dict") else "password",
                               ValidationError(error.messages))
            else:
                if not found.is_billing:
                    accounts.force_password(found, by=request.actor)
                messages.success(request, f"The password of {found} was changed.")
                return redirect(f"/settings/users/{found.id}/")
    context = {"account": found, "form": form}
    return render(request, "people/key_password.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_USERS)
@require_POST
def old_password_ending(request, id):
    """The old password of a Billing user, which still opens the door beside the new one, ends now."""
    return _do(request, id, rotation.end, "The old password of {} opens nothing any more.")


def _find(request, id):
    """Locked until the end of a request that changes something, so that of two tabs one comes second."""
    users = User.objects.select_for_update() if request.method == "POST" else User.objects
    return get_object_or_404(users.kept(), id=id)


def _form(request, found):
    initial = {
        "name": found.name, "email": found.email, "type": found.type, "permissions": found.permissions,
        "groups": [str(group.id) for group in found.groups.all()], "billing_company": found.billing_company,
        "tags": [str(tag.id) for tag in found.tags.all()], "sees_part_2": found.sees_part_2,
    }
    return UserForm(initial=initial, grantable=request.permissions, user=found)


def _do(request, id, verb, done, **more):
    """One verb on one user, then back to their page; what it refuses is said there."""
    found = _find(request, id)
    try:
        verb(found, by=request.actor, **more)
    except ValidationError as error:
        found = _find(request, id)
        return _page(request, found, _form(request, found), trouble=error.messages)
    messages.success(request, done.format(found))
    return redirect(f"/settings/users/{found.id}/")


def _page(request, found, form, *, trouble=None, stored=None):
    context = {
        "account": found, "form": form, "trouble": trouble, "stored": stored,
        "action": f"/settings/users/{found.id}/", "is_dialog": "HX-Request" in request.headers,
        "version": choices.version(accounts.described(found)),
        "open_sessions": found.sessions.open().order_by("-seen_at"),
        "company": choices.company_names([found.billing_company]).get(found.billing_company, ""),
    }
    return render(request, "people/user.html", context, status=422 if form.errors or trouble else 200)


def _in_words(found):
    """What is stored of a user at the moment: [(label, text), ...]."""
    held = ", ".join(sorted(permission.label for permission in known(found.permissions)))
    company = choices.company_names([found.billing_company]).get(found.billing_company, "")
    groups = ", ".join(group.name for group in found.groups.all())
    facts = [
        ("Name", found.name), ("E-mail", found.email), ("User Type", found.get_type_display()),
        ("Billing Company", company), ("Permission group", groups), ("Permissions", held),
        ("Access tags", ", ".join(tag.name for tag in found.tags.all())),
        ("42 CFR Part 2", "may see" if found.sees_part_2 else ""),
    ]
    return [(label, text) for label, text in facts if text]
