from django.urls import path

from countersign.oversight import views

urlpatterns = [
    path("statements/", views.statement_list),
    path("statements/<uuid:id>/<str:month>/", views.statement),
    path("statements/<uuid:id>/<str:month>/pdf/", views.statement_pdf),
    path("statements/<uuid:id>/<str:month>/reviews/", views.reviews),
]
