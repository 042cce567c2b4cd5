from django.urls import path

from countersign.ledger import views, views_self_pay

urlpatterns = [
    path("clients/<uuid:id>/ledger/", views.client_ledger),
    path("services/<uuid:id>/self-pay/", views_self_pay.self_pay),
    path("services/<uuid:id>/opening/", views_self_pay.opening),
    path("services/<uuid:id>/opening/ending/", views_self_pay.opening_ending),
]
