from django.urls import path

from countersign.reports import views

urlpatterns = [
    path("reports/user-audit/", views.user_audit, name="user-audit"),
    path("reports/user-audit/export/", views.user_audit_export, name="user-audit-export"),
    path("reports/general-log/", views.general_log, name="general-log"),
    path("reports/general-log/export/", views.general_log_export, name="general-log-export"),
    path("reports/general-log/<int:seq>/", views.event, name="general-log-event"),
]
