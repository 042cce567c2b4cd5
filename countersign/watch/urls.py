from django.urls import path

from countersign.watch import views

urlpatterns = [
    path("alerts/", views.alert_list, name="alerts"),
    path("alerts/seen/", views.alerts_seen, name="alerts-seen"),
    path("alerts/<uuid:id>/seen/", views.alert_seen, name="alert-seen"),
    path("settings/alerts/", views.alert_rules, name="alert-rules"),
]
