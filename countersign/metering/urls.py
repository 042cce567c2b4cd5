from django.urls import path

from countersign.metering import views

urlpatterns = [
    path("settings/account-charges/", views.account_charges),
    path("settings/account-charges/<str:month>/", views.statement),
    path("settings/account-charges/<str:month>/pdf/", views.statement_pdf),
    path("settings/account-charges/<str:month>/csv/", views.statement_csv),
]
