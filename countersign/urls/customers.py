"""The front door of a billing company's admin site: its customers, and the way in over the company's own sign-in."""

from django.urls import include, path

from countersign.urls import health, pages

urlpatterns = [
    path("", include("countersign.customers.urls")),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

handler400, handler404, handler500 = pages.bad_request, pages.not_found, pages.server_error
