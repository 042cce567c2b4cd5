"""The front door of an instance: a practice, a billing company, or Support's own."""

from django.urls import include, path

from countersign.customers.urls import of_the_company
from countersign.urls import health, pages

urlpatterns = [
    path("", include("countersign.people.urls")),
    path("", include("countersign.identity.urls")),
    path("", include("countersign.access.urls")),
    path("", include("countersign.keyring.urls")),
    path("", include("countersign.training.urls")),
    path("", include(of_the_company)),
    path("", include("countersign.reports.urls")),
    path("", include("countersign.oversight.urls")),
    path("", include("countersign.watch.urls")),
    path("", include("countersign.clients.urls")),
    path("", include("countersign.ledger.urls")),
    path("", include("countersign.clinical.urls")),
    path("", include("countersign.disclosures.urls")),
    path("", include("countersign.metering.urls")),
    path("", include("countersign.console.urls_company")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

handler400, handler404, handler500 = pages.bad_request, pages.not_found, pages.server_error
