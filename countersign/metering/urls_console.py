from django.urls import path

from countersign.metering import views_console as views

urlpatterns = [
    path("console/charges/", views.months),
    path("console/charges/<str:month>/", views.month),
    path("console/charges/<str:month>/pdf/", views.month_pdf),
    path("console/charges/<str:month>/csv/", views.month_csv),
    path("console/price-plans/", views.price_plans),
    path("console/price-plans/new/", views.new_price_plan),
]
