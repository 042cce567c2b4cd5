from django.urls import path

from countersign.disclosures import views, views_accounting

urlpatterns = [
    path("clients/<uuid:id>/disclosures/", views.disclosures),
    path("clients/<uuid:id>/disclosures/new/", views.disclosure_new),
    path("disclosures/<uuid:id>/", views.disclosure),
    path("disclosures/<uuid:id>/correction/", views.correction),
    path("clients/<uuid:id>/accountings/new/", views_accounting.accounting_new),
    path("accountings/<uuid:id>/", views_accounting.accounting),
    path("accountings/<uuid:id>/pdf/", views_accounting.accounting_pdf),
    path("accountings/<uuid:id>/csv/", views_accounting.accounting_csv),
    path("accountings/<uuid:id>/extension/", views_accounting.extension),
    path("accountings/<uuid:id>/delivery/", views_accounting.delivery),
]
