"""A client's ledger."""

from django.db.models import Count, Max, Min, Sum
from django.shortcuts import render
from django.views.decorators.http import require_safe

from countersign.clients import keyset
from countersign.clients.pages import about, opened
from countersign.ledger.models import Place, Service
from countersign.people.gate import allows
from countersign.people.permissions import Permission

SIZE = 50
ORDER = ("-served_on", "-start_minute", "-id")
PLACES = dict(Place.choices)


@allows(Permission.VIEW_LEDGER, reads="ledger.opened")
@require_safe
def client_ledger(request, id):
    client = opened(request, id)
    services = Service.objects.filter(client=client)
    totals = services.aggregate(
        count=Count("id"), units=Sum("units"), charge=Sum("charge"), first=Min("served_on"), last=Max("served_on")
    )
    found = list(keyset.after(services, request.GET, ORDER, among=services).select_related("clinician")[: SIZE + 1])
    shown, more = found[:SIZE], len(found) > SIZE
    diagnoses = dict(client.diagnoses.values_list("rank", "code"))
    context = about(
        request, client, totals=totals, rows=[_row(service, diagnoses) for service in shown],
        page=keyset.pages(request, last=shown[-1].id if shown else None, more=more, size=SIZE),
    )
    return render(request, "ledger/ledger.html", context)


def _row(service, diagnoses):
    return {
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
