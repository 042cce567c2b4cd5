"""The front door of Support: an instance like any other, and the console."""

from django.urls import include, path

from countersign.urls import instance, pages

urlpatterns = [
    *instance.urlpatterns,
    path("", include("countersign.console.urls")),
    path("", include("countersign.metering.urls_console")),
]

handler400, handler404, handler500 = pages.bad_request, pages.not_found, pages.server_error
