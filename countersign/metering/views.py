"""Account charges, at the instance: who is charged for this month and why, and the statements that are frozen."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from countersign.audit.record import Named
from countersign.instances.models import InstanceKind
from countersign.metering import paper, periods, statements
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.ui.spreadsheet import attachment, safe_csv, safe_name

MAY = Permission.VIEW_ACCOUNT_CHARGES
PAGE = 24


@allows(MAY, reads="account-charges.opened")
@require_safe
def account_charges(request):
    here = request.instance
    if here.kind == InstanceKind.SUPPORT:
        return render(request, "metering/account_charges.html", {"is_support": True})
    found, before = statements.past(here), periods.read(request.GET.get("before", ""))
    rows = list((found.filter(month_on__lt=before) if before else found)[: PAGE + 1])
    more = len(rows) > PAGE
    context = {
        "now": statements.so_far(here, periods.current(here.time_zone)), "rows": rows[:PAGE], "rule": paper.RULE,
        "next": periods.after(periods.current(here.time_zone)),
        "page": {
            "next_url": f"?before={rows[PAGE - 1].month_on:%Y-%m}#past" if more else "", "size": PAGE,
            "first_url": request.path if before else "",
        },
    }
    return render(request, "metering/account_charges.html", context)


@allows(MAY, reads="charges.opened")
@require_safe
def statement(request, month):
    return render(request, "metering/statement.html", {"one": _found(request, month), "rule": paper.RULE})


@allows(MAY, reads="charges.downloaded")
@require_safe
def statement_pdf(request, month):
    one = _found(request, month)
    name = safe_name(f"charges {request.instance.slug} {one.month_on:%Y-%m}")
    return pdf(paper.statement(one, instance=request.instance), name)


@allows(MAY, reads="charges.exported")
@require_safe
def statement_csv(request, month):
    one = _found(request, month)
    file, _ = safe_csv(paper.COLUMNS, paper.rows(one))
    return attachment(file, name=f"charges {request.instance.slug} {one.month_on:%Y-%m}")


def pdf(made, name):
    return HttpResponse(
        made, content_type="application/pdf", headers={"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    )


def _found(request, month):
    """The frozen statement of this instance and month, noted as what the request reads. Raises Http404."""
    month = periods.read(month)
    one = statements.kept(request.instance, month) if month else None
    if one is None:
        raise Http404
    request.reads.update(object=Named(f"{month:%Y-%m}", str(one)))
    return one
