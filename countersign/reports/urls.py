from django.urls import path

from countersign.reports import views, views_proof, views_summaries

urlpatterns = [
    path("reports/user-audit/", views.user_audit, name="user-audit"),
    path("reports/user-audit/export/", views.user_audit_export, name="user-audit-export"),
    path("reports/general-log/", views.general_log, name="general-log"),
    path("reports/general-log/export/", views.general_log_export, name="general-log-export"),
    path("reports/general-log/<int:seq>/", views.event, name="general-log-event"),
    path("reports/overview/", views_summaries.overview, name="overview"),
    path("reports/visits/<uuid:id>/", views_summaries.visit_steps, name="visit-steps"),
    path("reports/companies/<path:company>/", views_summaries.company_month, name="company-month"),
    path("clients/<uuid:id>/opened/", views_summaries.client_opened, name="client-opened"),
    path("record/", views_proof.record_proof, name="record"),
    path("record/check/", views_proof.record_check, name="record-check"),
    path("record/download/", views_proof.record_download, name="record-download"),
    path("record/verifier/", views_proof.record_verifier, name="record-verifier"),
    path("record/checkpoint/", views_proof.own_checkpoint, name="record-checkpoint"),
    path("record/held/<int:id>/", views_proof.held_checkpoint, name="record-held"),
    path("record/events/<int:seq>/proof/", views_proof.event_proof, name="event-proof"),
    path("record/readers/", views_proof.record_readers, name="record-readers"),
    path("record/readers/<int:id>/ending/", views_proof.record_reader_ending, name="record-reader-ending"),
]
