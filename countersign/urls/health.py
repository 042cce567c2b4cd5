"""For the load balancer: is the process alive, can it do its work. Neither writes to any record."""

from django.db import DatabaseError, connections
from django.http import HttpResponse
from django.views.decorators.http import require_safe

from countersign.people.gate import public


@public(silent=True)
@require_safe
def healthz(request):
    return HttpResponse("ok\n", content_type="text/plain")


@public(silent=True)
@require_safe
def readyz(request):
    try:
        with connections["control"].cursor() as cursor:
            cursor.execute("SELECT 1 FROM instances_instance LIMIT 1")
    except DatabaseError:
        return HttpResponse("the catalogue does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
