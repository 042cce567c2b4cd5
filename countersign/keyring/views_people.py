"""Who may use what: people × customers, and teams."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.audit import record
from countersign.keyring import assignments, lists
from countersign.keyring.forms import TeamForm, ToForm
from countersign.keyring.models import Membership, Team
from countersign.people.gate import allows
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_KEY_RING, reads="assignments.opened")
@require_safe
def people(request):
    keys, rows = lists.people()
    return render(request, "keyring/people.html", {"keys": keys, "rows": rows})


@allows(Permission.MANAGE_KEY_RING, reads="teams.listed")
@require_http_methods(["GET", "POST"])
def teams(request):
    form = TeamForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            team = assignments.make_team(name=form.cleaned_data["name"], by=request.actor)
        except ValidationError as error:
            form.add_error("name", error.messages)
        else:
            return redirect(f"/key-ring/teams/{team.id}/")
    return render(request, "keyring/teams.html", {"form": form, "teams": lists.teams()},
                  status=422 if form.errors else 200)


@allows(Permission.MANAGE_KEY_RING, reads="team.opened")
@require_http_methods(["GET", "POST"])
def team(request, id):
    """GET: the team. POST: one person more."""
    found = get_object_or_404(Team, id=id)
    request.reads.update(object=found)
    form = ToForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = assignments.join(found, form.cleaned_data["to"], by=request.actor, grantor=request.user)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"{made.user.name} is in {found}, and may use its keys.")
            return redirect(f"/key-ring/teams/{found.id}/")
    context = {"team": found, "form": form, "members": found.memberships.standing().select_related("user")}
    return render(request, "keyring/team.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_KEY_RING)
@require_POST
def membership_ending(request, id):
    found = get_object_or_404(Membership.objects.select_related("team", "user"), id=id)
    if assignments.leave(found, by=request.actor):
        messages.success(request, f"{found.user.name} is not in {found.team} any more.")
    else:
        messages.info(request, f"{found.user.name} had left {found.team} already.")
        record.write(request.actor, "team.left", object=found, result=record.REFUSED, reason="it had ended already")
    return redirect(f"/key-ring/teams/{found.team_id}/")
