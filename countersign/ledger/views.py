"""A client's ledger."""

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef, Sum
from django.shortcuts import render
from django.utils.module_loading import import_string
from django.views.decorators.http import require_safe

from countersign.clients import keyset
from countersign.clients.pages import about, opened
from countersign.ledger.models import Place, SelfPay, Service
from countersign.people.gate import allows
from countersign.people.permissions import Permission

SIZE = 50
ORDER = ("-served_on", "-start_minute", "-id")
PLACES = dict(Place.choices)
# Whether a service is kept from billing companies at the moment.
KEPT = Exists(SelfPay.objects.closed().filter(service_id=OuterRef("pk")))


@allows(Permission.VIEW_LEDGER, reads="ledger.opened")
@require_safe
def client_ledger(request, id):
    client = opened(request, id)
    every = seen_by(request.visit).filter(client=client)
    services = every.visible_to(request.user)
    totals = services.aggregate(
        count=Count("id"), units=Sum("units"), charge=Sum("charge"), first=Min("served_on"), last=Max("served_on")
    )
    own = not request.user.is_billing
    rows = services.select_related("clinician", "self_pay").annotate(kept=KEPT) if own else (
        services.select_related("clinician")
    )
    found = list(keyset.after(rows, request.GET, ORDER, among=services)[: SIZE + 1])
    shown, more = found[:SIZE], len(found) > SIZE
    diagnoses = dict(client.diagnoses.values_list("rank", "code"))
    context = about(
        request, client, totals=totals, rows=[_row(service, diagnoses, own) for service in shown],
        withheld=0 if own else every.count() - totals["count"], own=own,
        may_mark=own and Permission.EDIT_LEDGER in request.permissions,
        page=keyset.pages(request, last=shown[-1].id if shown else None, more=more, size=SIZE),
    )
    return render(request, "ledger/ledger.html", context)


def seen_by(visit):
    """The services that whoever asks may see: where a relation is wound down there is a last day (SERVICES_UNTIL)."""
    last_on = import_string(settings.SERVICES_UNTIL)(visit) if visit else None
    return Service.objects.filter(served_on__lte=last_on) if last_on else Service.objects.all()


def _row(service, diagnoses, own):
    marked = getattr(service, "self_pay", None) if own else None
    return {
        "id": service.id,
        "self_pay": marked and {"reason": marked.reason, "kept": service.kept},
        "served_on": f"{service.served_on:%m/%d/%Y}",
        "time": f"{clock(service.start_minute)}\N{EN DASH}{clock(service.stop_minute)}",
        "code": service.code,
        "label": service.label,
        "clinician": service.clinician.last_name,
        "place": PLACES.get(service.place, service.place),
        "diagnosis": diagnoses.get(service.diagnosis_pointer, ""),
        "units": service.units,
        "charge": service.charge,
    }


def clock(minute):
    """Minutes from midnight as 9:05 AM."""
    hour, past = divmod(minute, 60)
    return f"{hour % 12 or 12}:{past:02} {'PM' if hour % 24 >= 12 else 'AM'}"
