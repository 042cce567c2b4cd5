"""Charges, in Support's console: the frozen statements of a month over all instances, and the price plans.

A statement's lines are the instance's own: here stand sums, and no person.
"""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from countersign.clients import keyset
from countersign.metering import paper, periods, plans, statements, words
from countersign.metering.forms import PlanForm
from countersign.metering.models import PricePlan
from countersign.metering.views import pdf
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.ui.spreadsheet import attachment, safe_csv

MAY = Permission.MANAGE_CHARGES
PAGE, MONTHS = 50, 24
ORDER = ("instance_name", "id")


@allows(MAY, reads="charges.listed")
@require_safe
def months(request):
    before = periods.read(request.GET.get("before", ""))
    rows = statements.months(before=before, limit=MONTHS + 1)
    more, rows = len(rows) > MONTHS, rows[:MONTHS]
    last = periods.before(periods.current("UTC"))
    context = {
        "rows": rows, "last": last, "without": statements.without(last), "has_plans": PricePlan.objects.exists(),
        "page": {
            "next_url": f"?before={rows[-1]['month_on']:%Y-%m}" if more else "", "size": MONTHS,
            "first_url": request.path if before else "",
        },
    }
    return render(request, "metering/months.html", context)


@allows(MAY, reads="charges.opened")
@require_safe
def month(request, month):
    month, found = _found(request, month)
    rows = list(keyset.after(found.select_related("instance"), request.GET, ORDER, among=found)[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    context = {
        "month": month, "rows": rows, "sums": statements.sums(found), "without": statements.without(month),
        "page": keyset.pages(request, last=rows[-1].id if rows else None, more=more, size=PAGE),
    }
    return render(request, "metering/month.html", context)


@allows(MAY, reads="charges.downloaded")
@require_safe
def month_pdf(request, month):
    month, found = _found(request, month)
    rows = found.select_related("instance").order_by(*ORDER)
    return pdf(paper.of_all(month, rows, statements.sums(found)), f"charges-all-instances-{month:%Y-%m}")


@allows(MAY, reads="charges.exported")
@require_safe
def month_csv(request, month):
    month, found = _found(request, month)
    file, count = safe_csv(
        paper.ALL_COLUMNS, paper.rows_of_all(month, found.select_related("instance").order_by(*ORDER))
    )
    request.reads.update(changes={"Rows": count})
    return attachment(file, name=f"charges all instances {month:%Y-%m}")


def _found(request, text):
    """(month, its statements), noted as what the request reads. Raises Http404 for a month without any."""
    month = periods.read(text)
    found = statements.of_month(month) if month else None
    if found is None or not found.exists():
        raise Http404
    request.reads.update(object=f"all instances, {words.month(month)}")
    return month, found


@allows(MAY, reads="price-plans.listed")
@require_safe
def price_plans(request):
    found, after = PricePlan.objects.select_related("instance").order_by("-id"), request.GET.get("after", "")
    if after:
        if not (after.isascii() and after.isdigit() and len(after) < 19):
            raise Http404
        found = found.filter(id__lt=int(after))
    rows = list(found[: PAGE + 1])
    more, rows = len(rows) > PAGE, rows[:PAGE]
    page = {
        "next_url": f"?after={rows[-1].id}" if more else "", "first_url": request.path if after else "", "size": PAGE,
    }
    return render(request, "metering/price_plans.html", {"rows": rows, "page": page})


@allows(MAY)
@require_http_methods(["GET", "POST"])
def new_price_plan(request):
    form = PlanForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            plan = plans.set(**form.cleaned_data, by=request.actor)
        except ValidationError as error:
            for field, said in getattr(error, "error_dict", {None: error.messages}).items():
                form.add_error(field if field in form.fields else None, said)
        else:
            messages.success(request, f"Set: {plan}.")
            return redirect("/console/price-plans/")
    context = {"form": form, "is_first": not PricePlan.objects.exists()}
    return render(request, "metering/new_price_plan.html", context, status=422 if form.errors else 200)
