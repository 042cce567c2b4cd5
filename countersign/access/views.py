"""Pages of third-party access: the second part of the sign-in, leaving, and the practice's view of its visits."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST, require_safe

from countersign.access import stages, visits
from countersign.access.models import Visit
from countersign.audit import record
from countersign.identity import relying
from countersign.identity.federation import FederationError
from countersign.people import sessions
from countersign.people.gate import allows, public, signed_in
from countersign.people.permissions import Permission

PAGE = 50


@public
@require_GET
def second_part(request):
    """The home's answer (redirect URI). Whatever is wrong with it, the person reads one sentence."""
    try:
        pre, individual = stages.answered(request)
        return stages.enter(request, pre, individual)
    except stages.Refused as refusal:
        return stages.answer_refused(request, str(refusal))


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
        return HttpResponse(status=400)
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
    """Who is in now, and who has been: newest first, paged by key."""
    live = Visit.objects.live().select_related("session", "ending")
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
    return render(request, "access/visits.html", {"live": live, "past": rows[:PAGE], "page": page, "after": after})


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def visit_ending(request, id):
    visit = get_object_or_404(Visit, id=id)
    if visits.end(visit, by=request.actor, reason="ended by the practice"):
        messages.success(request, f"The visit of {visit} has ended.")
    else:
        messages.info(request, f"The visit of {visit} had ended already.")
        record.write(request.actor, "visit.ended", object=visit, result=record.REFUSED, reason="it had ended already")
    return redirect("/visits/")


def _is_uuid(text):
    try:
        return bool(text) and bool(uuid.UUID(text))
    except ValueError:
        return False
