"""The bare domain: it shows where to go, and nothing of any instance."""

from django.conf import settings
from django.urls import path

from countersign.demo import mailbox
from countersign.urls import health, pages

urlpatterns = [
    path("", pages.where_to_go),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    *([path("mailbox/", mailbox.mailbox)] if settings.DEMO else []),
]

handler400, handler404, handler500 = pages.bad_request, pages.not_found, pages.server_error
