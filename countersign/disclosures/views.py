"""Disclosures of a client: the list, recording one, and correcting one by another row."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from countersign.clients.pages import about, opened, reached
from countersign.clients.reach import of_visible
from countersign.disclosures import actions, law
from countersign.disclosures.forms import CorrectionForm, DisclosureForm
from countersign.disclosures.models import Accounting, Disclosure
from countersign.people.gate import allows
from countersign.people.permissions import Permission

TAB = "disclosures/"  # its place in settings.CLIENT_TABS


@allows(Permission.KEEP_DISCLOSURES, reads="disclosures.listed")
@require_safe
def disclosures(request, id):
    client = opened(request, id)
    today = timezone.localdate()
    rows = list(Disclosure.objects.current().filter(client=client))
    asked = Accounting.objects.filter(client=client).select_related("extension", "delivery")
    context = about(
        request, client, rows=[{"row": row, "suspended": row.is_suspended(today)} for row in rows], exempt=law.EXEMPT,
        asked=[{"accounting": one, "due_on": law.due_on(one), "late": law.due_on(one) < today} for one in asked],
        days=law.DAYS,
    )
    return render(request, "disclosures/disclosures.html", context)


@allows(Permission.KEEP_DISCLOSURES)
@require_http_methods(["GET", "HEAD", "POST"])
def disclosure_new(request, id):
    client = opened(request, id)
    who = request.actor
    initial = {"disclosed_by": f"{who.person} of {who.company}" if who.company else who.person}
    form = DisclosureForm(request.POST or None, client=client, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.record_disclosure(client, by=request.actor, **form.typed())
        messages.success(request, "The disclosure was recorded.")
        return redirect(f"/clients/{client.id}/{TAB}")
    context = about(request, client, tab=TAB, form=form, title="Record a disclosure", button="Record")
    return render(request, "disclosures/write.html", context, status=422 if form.errors else 200)


@allows(Permission.KEEP_DISCLOSURES, reads="disclosure.opened")
@require_safe
def disclosure(request, id):
    """The row of this address and all that stand in one line of corrections with it, newest first."""
    found = _disclosure(request, id)
    related = {row.id: row for row in Disclosure.objects.filter(client=found.client).select_related("correction")}
    newest = related[found.id]
    while hasattr(newest, "correction"):
        newest = related[newest.correction.id]
    line, row = [], newest
    while row is not None:
        line.append(row)
        row = related.get(row.supersedes_id)
    context = about(
        request, found.client, tab=TAB, newest=newest, line=line, suspended=newest.is_suspended(timezone.localdate())
    )
    return render(request, "disclosures/disclosure.html", context)


@allows(Permission.KEEP_DISCLOSURES, reads="disclosure.opened")
@require_http_methods(["GET", "HEAD", "POST"])
def correction(request, id):
    found = _disclosure(request, id)
    if hasattr(found, "correction"):
        messages.info(request, "This one was corrected already. You see the latest.")
        return redirect(f"/disclosures/{found.id}/")
    start = {name: getattr(found, name) for name in (*DisclosureForm.Meta.fields, "in_error")}
    form = CorrectionForm(request.POST or None, client=found.client, initial=start)
    status = 200 if request.method != "POST" or form.is_valid() else 422
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.correct(found, by=request.actor, **form.typed())
        except actions.TooLate:
            form.add_error(None, "Somebody else corrected it while you had the page open. Copy what you typed, open it "
                                 "again, and bring the two together.")
            status = 409
        else:
            messages.success(request, "The correction was recorded. The row as it was stays on record.")
            return redirect(f"/disclosures/{made.id}/")
    context = about(
        request, found.client, tab=TAB, form=form, title="Correct a disclosure", button="Record the correction"
    )
    return render(request, "disclosures/write.html", context, status=status)


def _disclosure(request, id):
    """The disclosure of this address, noted as what the request reads. Raises Http404."""
    return reached(request, of_visible(Disclosure.objects.select_related("client", "correction"), request.user), id)
