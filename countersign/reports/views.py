"""User Audit and General Log. The gate records each opening and each export, with what was asked for."""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from countersign.audit.models import Event
from countersign.people.gate import allows
from countersign.people.permissions import Permission
from countersign.reports import exports, forms, reach, wording
from countersign.reports.search import page, search
from countersign.ui.spreadsheet import attachment


@dataclass(frozen=True)
class Report:
    title: str
    template: str
    url: str
    form: type
    columns: tuple  # what an export holds
    actions: tuple | None = None  # what it is limited to; None for everything


USER_AUDIT = Report(
    "User Audit", "reports/user_audit.html", "/reports/user-audit/", forms.UserAuditFilters, exports.USER_AUDIT,
    wording.USER_AUDIT,
)
GENERAL_LOG = Report(
    "General Log", "reports/general_log.html", "/reports/general-log/", forms.GeneralLogFilters,
    exports.GENERAL_LOG,
)


@allows(Permission.VIEW_REPORTS, reads="user-audit.opened")
@require_safe
def user_audit(request):
    return listing(request, USER_AUDIT)


@allows(Permission.VIEW_REPORTS, reads="user-audit.exported")
@require_safe
def user_audit_export(request):
    return export(request, USER_AUDIT)


@allows(Permission.VIEW_GENERAL_LOG, reads="general-log.opened")
@require_safe
def general_log(request):
    return listing(request, GENERAL_LOG)


@allows(Permission.VIEW_GENERAL_LOG, reads="general-log.exported")
@require_safe
def general_log_export(request):
    return export(request, GENERAL_LOG)


@allows(Permission.VIEW_GENERAL_LOG, reads="event.opened")
@require_safe
def event(request, seq):
    found = reach.readable(request, Event.objects.filter(seq=min(seq, forms.LARGEST_SEQ)))
    request.reads.update(object=str(found.seq), client=_Concerned(found) if found.client else None)
    return render(request, "reports/event.html", {"event": found})


def listing(request, report):
    form = report.form(request.GET)
    if not form.is_valid():
        return returned(request, report, form)
    used = form.used()
    within = reach.Reach.of(request.user).condition
    events, more = page(search(form.cleaned_data, actions=report.actions, within=within), form.cleaned_data["before"])
    reach.note(request, events)
    asked = {name: value for name, value in request.GET.items() if value and name in form.fields and name != "before"}
    context = {
        "report": report,
        "form": form,
        "zone": zone(),
        "events": events,
        "used": used,
        "first_url": "?" + urlencode(asked) if form.cleaned_data["before"] else "",
        "next_url": "?" + urlencode({**asked, "before": events[-1].seq}) if more else "",
        "export_urls": {
            name: f"{report.url}export/?{urlencode({**asked, 'format': name})}" for name in exports.FORMATS
        },
    }
    request.reads.update(changes=used)
    return render(request, report.template, context)


def export(request, report):
    form, format = report.form(request.GET), exports.FORMATS.get(request.GET.get("format", "csv"))
    if format is None:
        raise Http404
    if not form.is_valid():
        return returned(request, report, form)
    found = search(form.cleaned_data, actions=report.actions, within=reach.Reach.of(request.user).condition)
    file, count, checkpoint = exports.write(found.events(), report.columns, format)
    request.reads.update(changes={
        **form.used(), "Format": format.label, "Rows": count, "Checkpoint": exports.in_words(checkpoint),
    })
    reached = f" checkpoint {checkpoint.size}" if checkpoint else ""
    name = f"{report.title} {request.instance.slug} {timezone.localdate()}{reached}"
    return attachment(file, name=name, suffix=format.suffix, content_type=format.content_type)


def returned(request, report, form):
    """The filters with what is wrong beside them; nothing was looked for."""
    return render(request, report.template, {"report": report, "form": form, "zone": zone()}, status=422)


def zone():
    return timezone.get_current_timezone_name().replace("_", " ")


@dataclass(frozen=True)
class _Concerned:
    """The client of an event, as the record names it: reading about somebody is on the record under the same name."""

    event: Event

    @property
    def id(self):
        return self.event.client_id

    def __str__(self):
        return self.event.client
