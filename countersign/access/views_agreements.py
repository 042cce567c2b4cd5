"""Agreements: recording one with its signed PDF, giving the PDF back, and ending one."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from countersign.access import agreements
from countersign.access.forms import AgreementForm, EndingForm
from countersign.access.models import Agreement, AgreementPaper
from countersign.access.views_terms import HOME, company_or_404
from countersign.audit import record
from countersign.instances.middleware import CONTENT_SECURITY_POLICY
from countersign.people.gate import allows
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_http_methods(["GET", "POST"])
def new_agreement(request, id):
    """*Record an agreement*, as it was signed."""
    found = company_or_404(id)
    request.reads.update(object=record.Named(found.id, found.name), action="third-party.opened")
    initial = {"practice": request.instance.name, "party": found.name}
    sent = request.method == "POST"
    form = AgreementForm(request.POST, request.FILES) if sent else AgreementForm(initial=initial)
    if sent and form.is_valid():
        try:
            made = agreements.put_on_record(found, by=request.actor, **form.typed())
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"The agreement with {made} is on record.")
            return redirect(f"{HOME}{found.id}/")
    context = {"form": form, "company": found, "back": f"{HOME}{found.id}/", "sent": sent}
    return render(request, "access/new_agreement.html", context, status=422 if form.errors else 200)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="agreement.downloaded")
@require_safe
def agreement_paper(request, id):
    """The signed PDF. It came from outside: it is saved, never shown by the browser as a page of ours."""
    paper = get_object_or_404(AgreementPaper.objects.select_related("agreement"), agreement_id=id)
    request.reads.update(object=paper.agreement)
    response = HttpResponse(bytes(paper.content), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="agreement-{paper.agreement.from_on:%Y-%m-%d}.pdf"'
    response["Content-Security-Policy"] = CONTENT_SECURITY_POLICY.format(form_action="'none'") + "; sandbox"
    return response


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_http_methods(["GET", "POST"])
def agreement_ending(request, id):
    """*End the agreement*, after a look at what that does."""
    found = get_object_or_404(Agreement.objects.select_related("ending"), id=id)
    request.reads.update(object=found, action="agreement.opened")
    form = EndingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            agreements.end(found, by=request.actor, reason=form.cleaned_data["reason"])
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"The agreement with {found} was ended, and the company is told.")
            return redirect(f"{HOME}{found.company_id}/")
    context = {"form": form, "agreement": found, "back": f"{HOME}{found.company_id}/"}
    return render(request, "access/agreement_ending.html", context, status=422 if form.errors else 200)
