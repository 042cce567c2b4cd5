from django.urls import path

from countersign.ledger import views

urlpatterns = [path("clients/<uuid:id>/ledger/", views.client_ledger)]
