"""Winding a relation down, and the certificate at its end."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.access import winding
from countersign.access.forms_winding import CertificateForm, WindingForm
from countersign.access.models_winding import Certificate
from countersign.access.views_terms import HOME, LONGEST_REASON, NO_REASON, company_or_404, company_page, one_line
from countersign.audit import record
from countersign.people.gate import allows
from countersign.people.permissions import Permission


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_http_methods(["GET", "POST"])
def winding_down(request, id):
    """*Wind down*: two days, and why."""
    found = company_or_404(id)
    request.reads.update(object=record.Named(found.id, found.name), action="third-party.opened")
    form = WindingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            winding.begin(found, by=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, f"The relation with {found.name} is wound down, and the company is told.")
            return redirect(f"{HOME}{found.id}/")
    return _page(request, "access/winding_down.html", found, form, current=winding.current(found.id))


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_POST
def winding_down_ending(request, id):
    """*Go on as before*."""
    found = company_or_404(id)
    reason = one_line(request.POST.get("reason", ""))[:LONGEST_REASON] or NO_REASON
    try:
        winding.take_back(found, by=request.actor, reason=reason)
    except ValidationError as error:
        return company_page(request, found, trouble=error.messages)
    messages.success(request, f"{found.name} goes on as before, and is told.")
    return redirect(f"{HOME}{found.id}/")


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS)
@require_http_methods(["GET", "POST"])
def new_certificate(request, id):
    """*Record the certificate* that the data was returned or destroyed."""
    found = company_or_404(id)
    request.reads.update(object=record.Named(found.id, found.name), action="third-party.opened")
    form = CertificateForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            winding.certify(found, by=request.actor, **form.cleaned_data)
        except ValidationError as error:
            form.blame(error)
        else:
            messages.success(request, "The certificate is on record.")
            return redirect(f"{HOME}{found.id}/")
    return _page(request, "access/new_certificate.html", found, form)


@allows(Permission.MANAGE_THIRD_PARTY_ACCESS, reads="certificate.downloaded")
@require_safe
def certificate_paper(request, id):
    found = get_object_or_404(Certificate, id=id)
    request.reads.update(object=found)
    response = HttpResponse(winding.paper(found), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="certificate-{found.certified_on:%Y-%m-%d}.pdf"'
    return response


def _page(request, template, found, form, **more):
    context = {"form": form, "company": found, "back": f"{HOME}{found.id}/", **more}
    return render(request, template, context, status=422 if form.errors else 200)
