"""Pages that gather what the log has line by line: about one client, one visit, one company, and everybody."""

from datetime import datetime, timedelta
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from countersign.audit.models import Event
from countersign.audit.record import Named
from countersign.clients.pages import opened, tabs
from countersign.clients.reach import noted
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.reports import reach
from countersign.reports.charts import Bars, counted, share
from countersign.reports.forms import FIRST_DAY, LARGEST_SEQ, LAST_DAY, GeneralLogFilters, day_field
from countersign.reports.search import page, search
from countersign.reports.steps import STEPS, Steps
from countersign.reports.summaries import MOST_DAYS, Month, Overview, following, who_opened
from countersign.reports.views import zone

USUAL_DAYS = 30


@allows(Permission.VIEW_GENERAL_LOG, reads="client-history.opened")
@require_safe
def client_opened(request, id):
    """Who opened this client: by person, then event by event."""
    client = opened(request, id)
    asked = dict.fromkeys(GeneralLogFilters.base_fields, "") | {"client": UUID(str(id))}
    before = _event(request.GET.get("before"), client_id=str(id))
    events, more = page(search(asked, within=reach.Reach.of(request.user).condition), before)
    people = who_opened(id)
    return render(request, "reports/client_opened.html", {
        "client": client, "tabs": tabs(request, client), "lists": Permission.VIEW_CLIENTS in request.permissions,
        "people": people, "events": events, "zone": zone(), "all": sum(row.times for row in people),
        "guests": sum(row.source == "third party" for row in people),
        "first_url": request.path if before else "",
        "next_url": f"?before={events[-1].seq}" if more else "",
    })


@allows(Permission.VIEW_GENERAL_LOG, reads="visit.opened")
@require_safe
def visit_steps(request, id):
    """This visit, step by step."""
    after = _event(request.GET.get("after"), visit=str(id))
    try:
        steps = Steps(id, after.seq if after else None, within=reach.Reach.of(request.user).condition)
    except LookupError:
        raise Http404 from None
    reach.note(request, steps.events)
    request.reads.update(object=Named(id, f"{steps.began.person}, for {steps.began.company}"))
    return render(request, "reports/visit_steps.html", {
        "steps": steps, "began": steps.began, "zone": zone(), "size": STEPS, "after": after,
        "next_url": f"?after={steps.events[-1].seq}" if steps.more else "",
    })


@allows(Permission.VIEW_GENERAL_LOG, reads="company-month.opened")
@require_safe
def company_month(request, company):
    """This company this month."""
    # PostgreSQL takes no NUL in a text, not even to compare.
    if "\0" in company or not Event.objects.filter(company=company).exclude(company="").exists():
        raise Http404
    this = timezone.localdate().replace(day=1)
    first = _month(request.GET["month"]) if request.GET.get("month") else this
    month = Month(company, first)
    request.reads.update(object=f"{company}, {first:%m/%Y}")
    days = [(f"{day:%m/%d/%Y}", times) for day, times in zip(month.days, month.per_day, strict=True)]
    return render(request, "reports/company_month.html", {
        "company": company, "first": first, "month": month, "visits": month.visits(), "zone": zone(),
        "previous": f"{first - timedelta(days=1):%Y-%m}" if first > FIRST_DAY else "",
        "next": f"{following(first):%Y-%m}" if first < this else "",
        "chart": Bars(
            "days", f"What {company} did on each day", f"{counted(month.all['times'], 'event')} in the month.", days,
            max(month.per_day), "guest",
        ),
        "log_url": "/reports/general-log/?" + urlencode({
            "who": "third party", "company": company, "since": f"{first:%m/%d/%Y}",
            "until": f"{following(first) - timedelta(days=1):%m/%d/%Y}",
        }),
    })


class Range(forms.Form):
    since = day_field("From")
    until = day_field("To")

    def clean(self):
        """Both days, or the last 30; never more than 92, so that the page is quick whatever is asked."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if self.errors:
            return self.cleaned_data
        if until is None:
            until = min(since + timedelta(days=USUAL_DAYS - 1), LAST_DAY) if since else timezone.localdate()
        since = since or max(until - timedelta(days=USUAL_DAYS - 1), FIRST_DAY)
        if until < since:
            self.add_error("until", "Enter a day for “To” that is not before “From”.")
        elif (until - since).days >= MOST_DAYS:
            self.add_error("until", f"Enter a day for “To” at most {MOST_DAYS} days after “From”.")
        return {"since": since, "until": until}


@allows(Permission.VIEW_GENERAL_LOG, reads="overview.opened")
@require_safe
def overview(request):
    """Accesses at a glance."""
    form = Range(request.GET)
    if not form.is_valid():
        return render(request, "reports/overview.html", {"form": form, "zone": zone()}, status=422)
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    found = Overview(since, until)
    request.reads.update(changes={"From": f"{since:%m/%d/%Y}", "To": f"{until:%m/%d/%Y}"})
    if request.user.is_billing:
        hidden = reach.Reach.of(request.user).hidden
        found.busiest = [row for row in found.busiest if row[0] not in hidden]
        noted(request, part_2=reach.part_2_ids() & {row[0] for row in found.busiest})
    everything, refused = sum(found.totals.values()), sum(found.refusals.values())
    by_third = sum(map(sum, found.by_company.values()))
    return render(request, "reports/overview.html", {
        "form": form, "zone": zone(), "found": found, "since": since, "until": until,
        "months": f"{until:%Y-%m}", "everything": everything, "by_third": by_third, "refused": refused,
        "share": share(refused, everything), "charts": _by_company(found), "refusals": _refusals(found, refused),
        "busiest_most": found.busiest[0][1] if found.busiest else 0,
        "rows": [(*row, share(row[-1], row[-2])) for row in found.rows()],
    })


def _by_company(found):
    """One small chart for each company, all of the same height, so that they compare."""
    most = max(map(max, found.by_company.values()), default=0)
    return [
        Bars(f"company-{number}", company, f"{counted(sum(times), 'event')}, at most {max(times):,} on one day.",
             _labelled(found.days, times), most, "guest")
        for number, (company, times) in enumerate(found.by_company.items())
    ]


def _refusals(found, refused):
    shares = [share(found.refusals.get(n, 0), found.totals.get(n, 0)) for n in range(len(found.days))]
    most = max(shares, default=0)
    return Bars(
        "refusals", "Refused on each day", f"{counted(refused, 'refusal')}, at most {most}% of one day.",
        _labelled(found.days, shares), most, "bad", "%",
    )


def _labelled(days, values):
    return [(f"{day:%m/%d/%Y}", value) for day, value in zip(days, values, strict=True)]


def _event(text, **of):
    """The event by whose number a page begins, or None without one. Raises Http404 for any other text."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 19 or int(text) > LARGEST_SEQ:
        raise Http404
    event = Event.objects.filter(seq=int(text), **of).first()
    if event is None:
        raise Http404
    return event


def _month(text):
    """The first day of "2026-11". Raises Http404."""
    try:
        first = datetime.strptime(text, "%Y-%m").date()
    except ValueError:
        raise Http404 from None
    if not FIRST_DAY <= first <= LAST_DAY:
        raise Http404
    return first
