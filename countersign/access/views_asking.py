"""*Ask for more*: what a company asks for, and the answer of the practice."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from countersign.access import asking
from countersign.access.forms import AnswerForm
from countersign.access.models_asking import AccessRequest
from countersign.access.views_terms import HOME, company_or_404, company_page
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.ui.templatetags.ui import moment


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_http_methods(["GET", "POST"])
def answer(request, id):
    """Approve for as long as was asked, or shorter, or refuse."""
    asked = get_object_or_404(AccessRequest.objects.select_related("key", "answer"), id=id)
    request.reads.update(object=asked, action="access.request.opened")
    form = AnswerForm(request.POST or None, asked=asked)
    if request.method == "POST" and form.is_valid():
        try:
            made = asking.answer(asked, by=request.actor, grantable=request.permissions, **form.decided())
        except ValidationError as error:
            form.blame(error)
        else:
            done = f"granted until {moment(made.expires_at)}" if made.expires_at else "refused"
            messages.success(request, f"{asked.short} was {done}, and {asked.company} is told.")
            return redirect(f"{HOME}{asked.company_id}/")
    may_grant = asked.permission in request.permissions
    context = {"asked": asked, "form": form, "may_grant": may_grant, "back": f"{HOME}{asked.company_id}/"}
    return render(request, "access/request.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def grant_ending(request, id):
    """*Take it back*, before its time."""
    asked = get_object_or_404(AccessRequest.objects.select_related("key"), id=id)
    try:
        asking.take_back(asked, by=request.actor)
    except ValidationError as error:
        return company_page(request, company_or_404(asked.company_id), trouble=error.messages)
    messages.success(request, f"{asked} was taken back, and {asked.company} is told.")
    return redirect(f"{HOME}{asked.company_id}/")
