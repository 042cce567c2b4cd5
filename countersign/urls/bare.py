"""The bare domain: it shows where to go, and nothing of any instance."""

from django.urls import path

from countersign.urls import health, pages

urlpatterns = [
    path("", pages.where_to_go),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
]

handler400, handler404, handler500 = pages.bad_request, pages.not_found, pages.server_error
