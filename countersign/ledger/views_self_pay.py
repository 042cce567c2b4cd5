"""One service that the client paid in full: kept from third parties, opened to them, closed again. Own people only."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from countersign.clients.pages import about, reached
from countersign.ledger import actions
from countersign.ledger.forms import ReasonForm
from countersign.ledger.models import Service
from countersign.people.gate import allows
from countersign.people.permissions import Permission

TAB = "ledger/"
MARK = "Such as: asked in writing on 03/02/2026, paid the same day"
SHOW = "Such as: the payment did not clear, the client withdrew the request"


@allows(Permission.EDIT_LEDGER, reads="self-pay.opened", visitors=False)
@require_http_methods(["GET", "HEAD", "POST"])
def self_pay(request, id):
    service = _service(request, id)
    form = ReasonForm(request.POST or None, hint=MARK)
    if request.method == "POST" and form.is_valid():
        try:
            actions.mark(service, by=request.actor, **form.cleaned_data)
        except actions.Already:
            messages.error(request, "This service was marked already. Nothing was changed.")
        else:
            messages.success(request, "The service is kept from billing companies from the next request on.")
        return redirect(f"/services/{service.id}/self-pay/")
    return _page(request, service, form)


@allows(Permission.EDIT_LEDGER, visitors=False)
@require_POST
def opening(request, id):
    service = _service(request, id)
    form = ReasonForm(request.POST, hint=SHOW)
    if not form.is_valid():
        return _page(request, service, form)
    return _done(request, service, actions.show, "Billing companies see this service from the next request on.",
                 "This service was opened already. Nothing was changed.", **form.cleaned_data)


@allows(Permission.EDIT_LEDGER, visitors=False)
@require_POST
def opening_ending(request, id):
    return _done(request, _service(request, id), actions.hide, "The service is kept from billing companies again.",
                 "This service was closed already. Nothing was changed.")


def _service(request, id):
    services = Service.objects.visible_to(request.user).select_related("client", "clinician", "self_pay")
    return reached(request, services, id)


def _done(request, service, verb, done, before, **more):
    if not hasattr(service, "self_pay"):
        messages.error(request, "This service is not marked as paid by the client. Nothing was changed.")
        return redirect(f"/services/{service.id}/self-pay/")
    try:
        verb(service.self_pay, by=request.actor, **more)
        messages.success(request, done)
    except actions.Already:
        messages.error(request, before)
    return redirect(f"/services/{service.id}/self-pay/")


def _page(request, service, form):
    marked = getattr(service, "self_pay", None)
    openings = list(marked.openings.all()) if marked else []
    current = next((one for one in openings if one.closed_at is None), None)
    if marked and not form.is_bound:
        form = ReasonForm(hint=SHOW)
    context = about(
        request, service.client, tab=TAB, service=service, marked=marked, openings=openings, current=current, form=form
    )
    return render(request, "ledger/self_pay.html", context, status=422 if form.errors else 200)
