"""Support's access as the instance sees it: what is asked, what is approved and until when, and all that was."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.access import support
from countersign.access.forms_support import SupportAnswerForm
from countersign.access.models import Visit
from countersign.access.models_support import SupportRequest
from countersign.access.views_terms import LONGEST_REASON, one_line
from countersign.people.gate import allows
from countersign.people.models import FOR_SUPPORT
from countersign.people.permissions import Permission

HOME = "/settings/third-party/support/"
NEWEST = 200


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="support.listed")
@require_safe
def requests(request):
    return _page(request)


def _page(request, *, trouble=None):
    every = SupportRequest.objects.select_related("answer__key", "answer__ending")
    visits = Visit.objects.filter(billing_user__startswith=FOR_SUPPORT).select_related("session", "ending")
    context = {
        "waiting": support.waiting(), "live": support.live().select_related("request", "key"),
        "past": every.exclude(id__in=support.waiting().order_by().values("id"))[:NEWEST], "visits": visits[:NEWEST],
        "trouble": trouble, "longest": LONGEST_REASON,
    }
    return render(request, "access/support.html", context, status=422 if trouble else 200)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_http_methods(["GET", "POST"])
def answer(request, id):
    """Approve as asked, shorter or less, or refuse."""
    asked = get_object_or_404(SupportRequest.objects.select_related("answer__ending"), id=id)
    request.reads.update(object=asked, action="support.request.opened")
    form = SupportAnswerForm(request.POST or None, asked=asked)
    if request.method == "POST" and form.is_valid():
        try:
            made = form.answer(asked, by=request.actor, grantable=request.permissions)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"{asked} was {'approved' if made.key else 'refused'}, and Support is told.")
            return redirect(HOME)
    context = {"asked": asked, "form": form, "lapsed": support.has_lapsed(asked), "back": HOME}
    return render(request, "access/support_request.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def ending(request, id):
    """*End it now*. It may be urgent, so no reason, however it was typed or left out, ever stands in its way."""
    asked = get_object_or_404(SupportRequest, id=id)
    reason = one_line(request.POST.get("reason", ""))[:LONGEST_REASON] or f"ended by {request.instance.name}"
    try:
        support.end(asked, by=request.actor, reason=reason)
    except ValidationError as error:
        return _page(request, trouble=error.messages)
    messages.success(request, f"The access of {asked.asked_by} has ended, and Support is told.")
    return redirect(HOME)
