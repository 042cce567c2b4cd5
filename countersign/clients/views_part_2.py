"""A client's consent under 42 CFR Part 2: recorded and revoked by the practice's own people."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from countersign.clients import actions
from countersign.clients.forms import ConsentForm, RevocationForm
from countersign.clients.pages import about, opened
from countersign.people.gate import allows
from countersign.people.permissions import Permission

TAB = ""  # reached from the profile


@allows(Permission.EDIT_CLIENTS, reads="consents.opened", visitors=False)
@require_http_methods(["GET", "HEAD", "POST"])
def consents(request, id):
    client = opened(request, id)
    form = ConsentForm(request.POST or None, initial={"given_on": timezone.localdate()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.consent(client, by=request.actor, **form.cleaned_data)
        except actions.NotUnderPart2:
            form.add_error(None, "This client is not marked as under 42 CFR Part 2. Mark it under Edit profile first.")
        except actions.Already:
            form.add_error(None, "A consent is in force already. One covers treatment, payment and operations.")
        else:
            messages.success(request, "The consent was recorded. It counts from the next request.")
            return redirect(f"/clients/{client.id}/consents/")
    return _page(request, client, form=form)


@allows(Permission.EDIT_CLIENTS, visitors=False)
@require_POST
def revocation(request, id):
    client = opened(request, id)
    row = client.consents.in_force().first()
    if row is None:
        messages.error(request, "No consent is in force. Nothing was changed.")
        return redirect(f"/clients/{client.id}/consents/")
    form = RevocationForm(request.POST, given_on=row.given_on)
    if not form.is_valid():
        return _page(request, client, revocation=form)
    try:
        actions.revoke(row, by=request.actor, **form.cleaned_data)
        messages.success(request, "The consent is revoked. No Billing user sees this client from the next request on.")
    except actions.Already:
        messages.error(request, "This consent was revoked already.")
    return redirect(f"/clients/{client.id}/consents/")


def _page(request, client, *, form=None, revocation=None):
    today = timezone.localdate()
    rows = list(client.consents.all())
    current = next((row for row in rows if row.is_in_force), None)
    if current and revocation is None:
        revocation = RevocationForm(given_on=current.given_on, initial={"revoked_on": today})
    form = form or ConsentForm(initial={"given_on": today})
    context = about(
        request, client, tab=TAB, rows=rows, current=current, form=form, revocation=revocation if current else None
    )
    invalid = form.errors or (current and revocation.errors)
    return render(request, "clients/consents.html", context, status=422 if invalid else 200)
