"""Accountings that clients asked for: the request, the report on page, paper and as a file, and its delivery."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from countersign.clients.pages import about, opened, reached
from countersign.clients.reach import NOTICE, of_visible
from countersign.disclosures import actions, law, paper, reports
from countersign.disclosures.forms import AccountingForm, DeliveryForm, ExtensionForm
from countersign.disclosures.models import Accounting
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.ui.spreadsheet import attachment, safe_csv, safe_name

TAB = "disclosures/"


@allows(Permission.KEEP_DISCLOSURES)
@require_http_methods(["GET", "HEAD", "POST"])
def accounting_new(request, id):
    client = opened(request, id)
    initial = {"asked_on": timezone.localdate(), "asked_by": client.name}
    form = AccountingForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        asked = actions.ask(client, by=request.actor, **form.cleaned_data)
        messages.success(request, f"The request was recorded. It is due by {law.due_on(asked):%m/%d/%Y}.")
        return redirect(f"/accountings/{asked.id}/")
    context = about(request, client, tab=TAB, form=form, days=law.DAYS)
    return render(request, "disclosures/ask.html", context, status=422 if form.errors else 200)


@allows(Permission.KEEP_DISCLOSURES, reads="accounting.opened")
@require_safe
def accounting(request, id):
    return _page(request, _asked(request, id))


@allows(Permission.KEEP_DISCLOSURES, reads="accounting.downloaded")
@require_safe
def accounting_pdf(request, id):
    asked = _asked(request, id)
    pdf = paper.accounting(asked, practice=request.instance.name)
    offered = {"Content-Disposition": f'attachment; filename="{_name(asked)}.pdf"'}
    return HttpResponse(pdf, content_type="application/pdf", headers=offered)


@allows(Permission.KEEP_DISCLOSURES, reads="accounting.exported")
@require_safe
def accounting_csv(request, id):
    asked = _asked(request, id)
    file, count = safe_csv(reports.COLUMNS, reports.cells(asked), foot=[[NOTICE]] if asked.client.part_2 else [])
    request.reads.update(changes={"Rows": count})
    return attachment(file, name=_name(asked))


@allows(Permission.KEEP_DISCLOSURES)
@require_POST
def extension(request, id):
    asked = _asked(request, id)
    form = ExtensionForm(request.POST)
    if not form.is_valid():
        return _page(request, asked, extension=form, status=422)
    try:
        actions.extend(asked, by=request.actor, reason=form.cleaned_data["reason"])
        messages.success(request, "30 days were added, once.")
    except actions.TooLate:
        messages.error(request, "The time was extended before. It can be extended once.")
    return redirect(f"/accountings/{asked.id}/")


@allows(Permission.KEEP_DISCLOSURES)
@require_POST
def delivery(request, id):
    asked = _asked(request, id)
    form = DeliveryForm(request.POST, accounting=asked)
    if not form.is_valid():
        return _page(request, asked, delivery=form, status=422)
    try:
        actions.give(asked, by=request.actor, lines=reports.lines(asked), **form.cleaned_data)
        messages.success(request, "It is recorded as given, and kept as it was given.")
    except actions.TooLate:
        messages.error(request, "This accounting was given before. Nothing was changed.")
    return redirect(f"/accountings/{asked.id}/")


def _asked(request, id):
    """The accounting of this address, noted as what the request reads. Raises Http404."""
    accountings = Accounting.objects.select_related("client", "extension", "delivery")
    return reached(request, of_visible(accountings, request.user), id)


def _page(request, asked, *, extension=None, delivery=None, status=200):
    given = hasattr(asked, "delivery")
    due_on, today = law.due_on(asked), timezone.localdate()
    context = about(
        request, asked.client, tab=TAB, asked=asked, lines=reports.lines(asked), due_on=due_on, given=given,
        late=not given and due_on < today, more_days=law.MORE_DAYS,
        delivery_form=None if given else delivery or DeliveryForm(accounting=asked, initial={"given_on": today}),
        extension_form=None if given or hasattr(asked, "extension") else extension or ExtensionForm(),
    )
    return render(request, "disclosures/accounting.html", context, status=status)


def _name(asked):
    return safe_name(f"accounting of disclosures {asked.client.number} {asked.asked_on}")
