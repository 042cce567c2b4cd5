"""Access statements: the list, one company's month, its PDF, and the review that the practice signs off."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from countersign.audit.record import Named
from countersign.oversight import figures, months, paper, shown, statements
from countersign.oversight import reviews as said
from countersign.oversight.forms import RemarkForm, ReviewForm
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.ui.spreadsheet import safe_name

READ, SIGN = Permission.VIEW_REPORTS, Permission.MANAGE_THIRD_PARTY_ACCESS
VISITS_SHOWN = 200


@allows(READ, other=SIGN, reads="statements.listed")
@require_safe
def statement_list(request):
    found = statements.lines(_only(request))
    years = sorted({line.month.year for line in found}, reverse=True)
    year = next((one for one in years if f"{one}" == request.GET.get("year")), years[0] if years else None)
    context = {
        "waiting": statements.to_review(found), "lines": [line for line in found if line.month.year == year],
        "years": years, "year": year, "days": statements.OVERDUE_DAYS, "may_sign": SIGN in request.permissions,
    }
    return render(request, "oversight/statements.html", context)


@allows(READ, other=SIGN, reads="statement.opened")
@require_safe
def statement(request, id, month):
    line, numbers = _found(request, id, month)
    return _page(request, line, numbers)


@allows(READ, other=SIGN, reads="statement.downloaded")
@require_safe
def statement_pdf(request, id, month):
    line, numbers = _found(request, id, month)
    written = line.statement.reviews.all() if line.statement else ()
    pdf = paper.statement(numbers, line.month, kept=line.statement, reviews=written)
    name = safe_name(f"access statement {line.company} {line.month:%Y-%m}")
    return HttpResponse(
        pdf, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    )


@allows(SIGN)
@require_POST
def reviews(request, id, month):
    """Sign a statement off, or add a remark to one that is signed."""
    line, numbers = _found(request, id, month)
    if line.statement is None:
        messages.error(request, "This month is not over yet. Its statement asks for review when it is made.")
        return redirect(line.url)
    form = (RemarkForm if line.sign_off else ReviewForm)(request.POST)
    if not form.is_valid():
        return _page(request, line, numbers, form=form, status=422)
    try:
        if line.sign_off:
            said.remark(line.statement, by=request.actor, text=form.cleaned_data["text"])
            messages.success(request, "Your remark was added.")
        else:
            said.sign_off(line.statement, by=request.actor, **form.cleaned_data)
            messages.success(request, f"You signed off the statement of {line.company}.")
    except said.SignedAlready:
        messages.error(request, "Somebody else signed this statement off meanwhile. Nothing of yours was saved.")
    return redirect(line.url)


def _only(request):
    """A visit sees the statements of its own company alone."""
    return request.visit.company_id if request.visit else None


def _found(request, id, month):
    """(line, numbers) of this address, noted as what the request reads. Raises Http404."""
    only, month = _only(request), months.read(month)
    if month is None or only not in (None, id):
        raise Http404
    line = next((line for line in statements.lines(id) if line.month == month), None)
    if line is None:
        raise Http404
    request.reads.update(object=Named(id, f"{line.company}, {month:%m/%Y}"))
    kept = line.statement
    return line, kept.numbers if kept else figures.of(id, month, name=line.company)


def _page(request, line, numbers, *, form=None, status=200):
    kept = line.statement
    may_sign = SIGN in request.permissions and kept is not None
    blank = (RemarkForm if line.sign_off else ReviewForm)() if may_sign else None
    with shown.zone_of(numbers):
        context = {
            "line": line, "kept": kept, "numbers": numbers, "totals": numbers["totals"], "form": form or blank,
            "reviews": kept.reviews.all() if kept else (), "busiest": shown.busiest(numbers),
            "bars": shown.bars(numbers, line.month), "unusual": shown.unusual(numbers),
            "zone": shown.zone_name(numbers), "verify": shown.VERIFY,
            "visits": numbers["visits"][:VISITS_SHOWN], "more_visits": len(numbers["visits"]) > VISITS_SHOWN,
            "checkpoint": shown.checkpoint(kept.checkpoint) if kept else (),
        }
        return render(request, "oversight/statement.html", context, status=status)
