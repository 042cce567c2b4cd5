"""Coming in and going out."""

from django.conf import settings
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from countersign.audit import record
from countersign.people import sessions, signin
from countersign.people.context import navigation
from countersign.people.gate import public, signed_in
from countersign.people.models import UserType


@public
@require_http_methods(["GET", "POST"])
def sign_in(request):
    form = signin.SignInForm(request.POST or None)
    destination = signin.safe_destination(request.GET.get("next", ""))
    if request.method == "POST" and form.is_valid():
        user = signin.check(request, form)
        if user is not None:
            return signin.go_on(request, user, destination=destination)
    context = {"form": form, "ended": "ended" in request.GET, "left": "left" in request.GET}
    return render(request, "people/sign_in.html", context, status=422 if form.errors else 200)


@signed_in(while_forced=True)
@require_POST
def sign_out(request):
    """Signing out at home ends every visit that rests on it (OpenID Connect Back-Channel Logout)."""
    sessions.end(request.session, by=request.actor, because="signed out")
    sessions.tell(request.user, because="signed out")
    record.write(request.actor, "signed-out")
    response = HttpResponseRedirect("/sign-in/")
    response.delete_cookie(sessions.cookie_name(), path="/", samesite="Lax")
    response["Clear-Site-Data"] = '"cache"'
    return response


@signed_in(reads="home.opened", visitors=True)
@require_http_methods(["GET"])
def home(request):
    """The first page that this person may open."""
    if request.user.type == UserType.RESTRICTED:
        return redirect("/launch-pad/")
    found = navigation(request, settings.NAVIGATION)
    return redirect(found[0]["links"][0]["url"]) if found else render(request, "people/nothing_yet.html")
