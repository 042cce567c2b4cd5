from django.urls import path

from countersign.oversight import views, views_preview

urlpatterns = [
    path("billing-users/<uuid:id>/preview/", views_preview.preview),
    path("statements/", views.statement_list),
    path("statements/<uuid:id>/<str:month>/", views.statement),
    path("statements/<uuid:id>/<str:month>/pdf/", views.statement_pdf),
    path("statements/<uuid:id>/<str:month>/reviews/", views.reviews),
]
