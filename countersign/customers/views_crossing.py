"""How somebody comes to the admin site: there is no password form, only the company's own sign-in and a way back."""

from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpResponseRedirect
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from countersign.audit import record
from countersign.audit.actors import unknown
from countersign.instances import hosts, listings, sites
from countersign.people import crossings, sessions, signin
from countersign.people.gate import public, signed_in


@public
@require_GET
def sign_in(request):
    """At the admin site: on to the company's own sign-in, whoever comes without a session."""
    destination = signin.safe_destination(request.GET.get("next", ""))
    if request.session is not None:
        return HttpResponseRedirect(destination)
    response = HttpResponseRedirect("")
    query = {"state": crossings.ask(response), "next": destination}
    response["Location"] = f"{hosts.root(request.instance)}/crossing/?{urlencode(query)}"
    return response


@signed_in
@require_GET
def from_the_company(request):
    """At the company's own host, whose gate has seen to the sign-in: back to the admin site with a ticket."""
    site, state = sites.of(request.instance), request.GET.get("state", "")
    if site is None or not listings.is_listed(request.instance.id):
        return redirect("/")
    if not crossings.STATE.fullmatch(state):  # not asked by the admin site: it asks, then
        return HttpResponseRedirect(f"{hosts.site_root(site)}/sign-in/")
    with transaction.atomic():
        ticket = crossings.give(request.session, site=site, state=state)
        record.write(request.actor, "sign-in.crossing.began", object=site)
    query = {"ticket": ticket, "next": request.GET.get("next", "")[:500]}
    return HttpResponseRedirect(f"{hosts.site_root(site)}/crossing/?{urlencode(query)}")


@public
@require_GET
def arrival(request):
    """At the admin site, with a ticket: the same session has a cookie here from now on, a new one each time."""
    ticket = request.GET.get("ticket", "")
    if not ticket:
        return redirect("/sign-in/")
    with transaction.atomic():
        session, token, because = crossings.take(
            ticket[:100], site=request.site, secret=request.COOKIES.get(crossings.cookie_name(), "")
        )
        if because:
            return _refused(request, session, because)
        request.session, request.user = session, session.user
        request.actor = sessions.actor(request, session)
        record.write(request.actor, "sign-in.crossing.accepted", object=request.site)
    rotate_token(request)
    response = HttpResponseRedirect(signin.safe_destination(request.GET.get("next", "")))
    sessions.set_cookie(response, token)
    crossings.forget(response)
    return response


def _refused(request, session, because):
    """One sentence to the person; the reason stands on the record, with whose ticket it was."""
    who = unknown(
        address=request.address, browser=sessions.browser(request), user_id=session.user.user_id if session else "",
    )
    record.write(who, "sign-in.crossing.refused", object=request.site, result=record.REFUSED, reason=because)
    message = "This way in was used before, took too long, or began in another browser. Begin again at the first page."
    context = {"status": 403, "title": "You were not signed in here", "message": message, "rule": ""}
    response = render(request, "ui/error.html", context, status=403)
    crossings.forget(response)
    return response
