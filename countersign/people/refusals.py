"""The pages for those who may not come in: which rule refused, and who can change that."""

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from countersign.audit import record
from countersign.instances import hosts
from countersign.people.models import User, UserType
from countersign.people.permissions import BILLING_CEILING, Permission
from countersign.people.sessions import cookie_name

TITLES = {403: "You may not open this page", 404: "There is nothing here", 503: "This cannot be opened right now"}
RULES = {
    "undeclared": "Nobody may open this page: it does not say who may.",
    "own people only": "This page is for the practice's own people, not for a visit.",
    "not yours": "This is not yours to change.",
    "new password first": "A new password must be chosen before anything else.",
    "look only": "A visit of Support looks, and neither changes anything nor takes a file away.",
    "csrf": "The form was not sent from a page of this system, or the page had been open for too long. "
    "Go back, reload it and try again.",
}


def page(request, *, rule, status=403):
    """A refusal that names the rule: a missing permission, or one of the rules above."""
    message, who = RULES.get(rule, "Check the address, or go back to where you came from."), ""
    if rule in Permission._value2member_map_:
        label = Permission(rule).label
        message = f"This needs the permission “{label}”, and it was not given to you."
        who = _who_can_give(request, Permission(rule))
    elif status in (403, 503) and rule and rule not in RULES:
        message = str(rule)
    title = "This form was not accepted" if rule == "csrf" else TITLES[status]
    context = {"status": status, "title": title, "message": message, "rule": str(rule), "who": who}
    return render(request, "ui/error.html", context, status=status)


def _who_can_give(request, permission):
    if request.instance is None:
        return ""
    if request.session and request.session.individual:
        if permission not in BILLING_CEILING:
            return "No Billing user can ever be given it."
        key = request.user.user_id
        return f"Whoever manages users at {request.instance.name} can give it to the Billing user {key}."
    names = User.objects.active().filter(type=UserType.ADMINISTRATOR).values_list("name", flat=True)[:3]
    return f"It can be given by: {', '.join(names)}." if names else ""


def sign_in_first(request, *, because="", visit_ended=""):
    """To the sign-in page for somebody who browses; a plain 401 for a script or a form.

    visit_ended: why the visit of this browser ended. What somebody typed as a reason comes after a colon and is left
    out: it was written for the record."""
    if request.method != "GET" or request.headers.get("HX-Request"):
        response = HttpResponse("Sign in first.", status=401, content_type="text/plain")
        if request.headers.get("HX-Request"):
            response["HX-Redirect"] = "/sign-in/"
    else:
        query = {"next": request.get_full_path()} if request.path != "/" else {}
        if because:
            query["ended"] = "1"
        if visit_ended:
            messages.warning(request, f"Your visit ended: {visit_ended.partition(':')[0]}.")
        response = HttpResponseRedirect("/sign-in/" + (f"?{urlencode(query)}" if query else ""))
    response.delete_cookie(cookie_name(), path="/", samesite="Lax")
    if settings.TLS and cookie_name() in response.cookies:
        response.cookies[cookie_name()]["secure"] = True
    return response


def new_password_first(request):
    return HttpResponseRedirect(f"{home_of(request)}/profile/password/")


def home_of(request):
    """Before an address of the company's own host: "" there, and its root at its admin site."""
    return hosts.root(request.instance) if request.site else ""


def csrf_failure(request, reason=""):
    """Django calls this for every form that was not sent from a page of ours."""
    if getattr(request, "session", None):
        record.write(request.actor, "page.refused", object=request.path, result=record.REFUSED, rule="csrf")
    return page(request, rule="csrf")
