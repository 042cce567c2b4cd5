"""Alerts, and what raises them."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.clients import keyset
from countersign.people.choices import version
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.watch import actions, letters
from countersign.watch.forms import RulesForm
from countersign.watch.models import Alert, Rules

PAGE = 50
ORDER = ("-at", "id")
MEANWHILE = "Somebody changed these rules meanwhile. What you typed is still here: see what is stored now, then save."


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="alerts.listed")
@require_safe
def alert_list(request):
    """What nobody has seen yet comes first; what was seen follows once all of that fits on the page."""
    older = request.GET.get("seen") == "1"
    unseen, more_unseen = ([], False) if older else _page(Alert.objects.filter(seen_at=None), request.GET)
    seen, more_seen = [], False
    if not more_unseen:
        seen, more_seen = _page(Alert.objects.exclude(seen_at=None), request.GET if older else {})
    last = {"after": (unseen if more_unseen else seen)[-1].id} if more_unseen or more_seen else None
    paged = "after" in request.GET
    context = {
        "unseen": unseen, "seen": seen, "paged": paged, "older": older,
        "page": {
            "size": PAGE, "first_url": "/alerts/" if paged else "",
            "next_url": "?" + urlencode(({"seen": 1} if more_seen else {}) | last) if last else "",
        },
        "zone": timezone.get_current_timezone_name().replace("_", " "),
    }
    return render(request, "watch/alerts.html", context)


def _page(rows, params):
    found = list(keyset.after(rows, params, ORDER, among=Alert.objects.all())[: PAGE + 1])
    return found[:PAGE], len(found) > PAGE


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def alert_seen(request, id):
    """*Mark as seen*."""
    get_object_or_404(Alert, id=id)
    return _seen(request, Alert.objects.filter(id=id))


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def alerts_seen(request):
    """*Mark these as seen*: those that were on the page, and none that came since."""
    ids = [id for id in map(_uuid, request.POST.getlist("alert")[:PAGE]) if id]
    return _seen(request, Alert.objects.filter(id__in=ids))


def _seen(request, alerts):
    count = actions.see(alerts, by=request.actor)
    if count:
        messages.success(request, f"{count} alert{'' if count == 1 else 's'} marked as seen.")
    else:
        messages.info(request, "Somebody had marked that as seen already.")
    return redirect("/alerts/")


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="alert-rules.opened")
@require_http_methods(["GET", "POST"])
def alert_rules(request):
    candidates = letters.candidates()
    names = {str(user.id): user.name for user in candidates}
    rules = _stored(request)
    described = actions.described(rules, names=names)
    more = {"candidates": candidates, "zone": timezone.get_current_timezone_name().replace("_", " ")}
    if request.method == "GET":
        return _form(request, RulesForm(initial=_initial(rules, names), **more), described)
    form = RulesForm(request.POST, **more)
    if request.POST.get("version") != version(described):
        form.add_error(None, MEANWHILE)
        return _form(request, form, described, stored=list(described.items()))
    if not form.is_valid():
        return _form(request, form, described)
    actions.change_rules(rules, by=request.actor, names=names, **form.cleaned_data)
    messages.success(request, "The alert rules were saved. They count for whatever happens from now on.")
    return redirect("/settings/alerts/")


def _stored(request):
    """Locked until the end of a request that changes something, so that of two tabs one comes second."""
    rows = Rules.objects.select_for_update() if request.method == "POST" else Rules.objects
    return rows.first() or Rules()


def _initial(rules, names):
    fields = ("clients_an_hour", "refusals_in_a_row", "agreed", "days", "begins", "ends", "ours")
    return {name: getattr(rules, name) for name in fields} | {
        "mail_to": list(names) if rules.mail_to is None else rules.mail_to
    }


def _form(request, form, described, *, stored=None):
    context = {"form": form, "stored": stored, "version": version(described)}
    return render(request, "watch/rules.html", context, status=422 if form.errors else 200)


def _uuid(text):
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
