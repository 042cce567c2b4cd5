from django.urls import path

from countersign.clients import views

urlpatterns = [
    path("clients/", views.clients),
    path("clients/new/", views.client_new),
    path("clients/export/", views.clients_export),
    path("clients/<uuid:id>/", views.client),
    path("clients/<uuid:id>/edit/", views.client_edit),
    path("clients/<uuid:id>/payers/", views.client_payers),
]
