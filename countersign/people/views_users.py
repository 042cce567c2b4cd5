"""Settings > Users: who is there, and the dialog *User Details* for a new one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from countersign.people import accounts, activations, choices, passwords
from countersign.people.forms_user import NewUserForm
from countersign.people.gate import allows
from countersign.people.models import User, UserType
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_USERS, reads="users.listed")
@require_safe
def users(request):
    """By type, each with a caption. `?show=inactive` leaves only those who cannot sign in any more."""
    show = "inactive" if request.GET.get("show") == "inactive" else "all"
    found = User.objects.kept().prefetch_related("groups")
    if show == "inactive":
        found = found.exclude(inactivated_at=None)
    found = list(found)
    companies = choices.company_names({user.billing_company for user in found})
    for user in found:
        user.company = companies.get(user.billing_company, "Unknown company") if user.is_billing else ""
    sections = [(type, [user for user in found if user.type == type]) for type in UserType]
    context = {"sections": [(type, rows) for type, rows in sections if rows], "show": show}
    return render(request, "people/users.html", context)


@allows(Permission.MANAGE_USERS)
@require_http_methods(["GET", "POST"])
def new_user(request):
    """The dialog, or the page without JavaScript. *Generate* and *Show what this allows* come back to the form."""
    sent, more = request.POST, {"grantable": request.permissions}
    if request.method == "GET":
        form = NewUserForm(**more)
    elif "generate" in sent:
        form = NewUserForm.kept(sent, generated=passwords.generate(), **more)
    elif "show" in sent:
        form = NewUserForm.kept(sent, generated=sent.get("password") if "generated" in sent else None, **more)
    else:
        form = NewUserForm(sent, **more)
        if form.is_valid() and _create(request, form):
            return go(request, "/settings/users/")
    is_dialog = "HX-Request" in request.headers
    template = "people/user_details_dialog.html" if is_dialog else "people/user_details_page.html"
    context = {"form": form, "action": "/settings/users/new/", "is_dialog": is_dialog}
    response = render(request, template, context, status=422 if form.errors else 200)
    response["Vary"] = "HX-Request"
    return response


def _create(request, form):
    """Create the user as the form says. False when a rule refuses it; the form then says which."""
    data = form.cleaned_data
    try:
        user = accounts.create(
            **form.details(), user_id=data["user_id"], password=data["password"], by=request.actor,
            grantable=request.permissions,
        )
    except ValidationError as error:
        form.blame(error)
        return False
    messages.success(request, f"{user} was created.")
    if data["activation"]:
        activations.send(user, by=request.actor)
        messages.success(request, f"An activation is on its way to {user.email}.")
    elif data["forced"]:
        accounts.force_password(user, by=request.actor)
    return True


def go(request, url):
    """To another page, from a page or from a dialog."""
    if "HX-Request" in request.headers:
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return redirect(url)
