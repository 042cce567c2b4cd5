"""Pages of third-party access: the second part of the sign-in, leaving, and the practice's view of its visits."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from countersign.access import latest, stages, visits
from countersign.access.models import Visit
from countersign.audit import record
from countersign.identity import relying
from countersign.identity.federation import FederationError
from countersign.people import sessions
from countersign.people.gate import allows, public, signed_in
from countersign.people.permissions import Permission

PAGE = 50
LONGEST_REASON = 150  # characters; the ending has room for 200
# Who may read the name of a client anyway; to others, what somebody opened is told without it.
NAME_CLIENTS = {Permission.VIEW_CLIENTS, Permission.VIEW_GENERAL_LOG}


@public
@require_GET
def second_part(request):
    """The home's answer (redirect URI). Whatever is wrong with it, the person reads one sentence."""
    try:
        pre, individual = stages.answered(request)
        return stages.enter(request, pre, individual)
    except stages.Refused as refusal:
        return stages.answer_refused(request, refusal)


@csrf_exempt
@public
@require_POST
def back_channel(request):
    """A home says that somebody is signed out (OpenID Connect Back-Channel Logout 1.0 section 2.5)."""
    try:
        iss, sub, sid, because = relying.signed_out(request.POST.get("logout_token", "")[:4000])
    except FederationError as error:
        record.write(
            request.actor, "sign-in.second-part.refused", object="back-channel sign-out", result=record.REFUSED,
            reason=str(error),
        )
        # Section 2.8 of it: invalid_request. Why exactly stands on the record, not in the answer.
        said = {"error": "invalid_request", "error_description": "The logout token is not accepted."}
        return JsonResponse(said, status=400)
    visits.home_signed_out(iss=iss, sub=sub, sid=sid, because=because)
    return HttpResponse(status=200)


@signed_in(visitors=True)
@require_POST
def leave(request):
    """*Leave this practice.*"""
    if request.visit is None:
        raise Http404
    visits.end(request.visit, by=request.actor, reason="left", action="visit.left")
    response = HttpResponseRedirect("/sign-in/?left=1")
    response.delete_cookie(sessions.cookie_name(), path="/", samesite="Lax")
    response["Clear-Site-Data"] = '"cache"'
    return response


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="visits.listed")
@require_safe
def visit_list(request):
    """Who is in now and what they last did, and who has been: newest first, paged by key.

    The page does not refresh itself: every look at it is on the record, and a clock is nobody who looks."""
    live = latest.with_last_events(
        Visit.objects.live().select_related("session", "ending"),
        names_clients=bool(request.permissions & NAME_CLIENTS),
    )
    past = Visit.objects.past().select_related("session", "ending")
    after = Visit.objects.filter(id=request.GET["after"]).first() if _is_uuid(request.GET.get("after")) else None
    if after is not None:
        past = past.filter(began_at__lte=after.began_at).exclude(id=after.id).exclude(
            began_at=after.began_at, id__lt=after.id
        )
    rows = list(past[: PAGE + 1])
    page = {
        "next_url": f"/visits/?{urlencode({'after': rows[PAGE - 1].id})}" if len(rows) > PAGE else None,
        "first_url": "/visits/" if after else None,
    }
    context = {
        "live": live, "left": [] if after else latest.who_left(), "past": rows[:PAGE], "page": page, "after": after,
        "longest": LONGEST_REASON, "now": timezone.now(),
        "zone": timezone.get_current_timezone_name().replace("_", " "),
    }
    return render(request, "access/visits.html", context)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def visit_ending(request, id):
    """*End visit*. It may be urgent, so no reason, however it was typed or left out, ever stands in its way."""
    visit = get_object_or_404(Visit, id=id)
    reason = _line(request.POST.get("reason", ""))[:LONGEST_REASON]
    if visits.end(visit, by=request.actor, reason=": ".join(filter(None, ["ended by the practice", reason]))):
        messages.success(request, f"The visit of {visit.person} has ended.")
    else:
        messages.info(request, f"The visit of {visit.person} had ended already.")
        record.write(request.actor, "visit.ended", object=visit, result=record.REFUSED, reason="it had ended already")
    return redirect("/visits/")


def _line(text):
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _is_uuid(text):
    try:
        return bool(text) and bool(uuid.UUID(text))
    except ValueError:
        return False
