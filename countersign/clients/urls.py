from django.urls import path

from countersign.clients import views, views_part_2, views_tags

urlpatterns = [
    path("clients/", views.clients),
    path("clients/new/", views.client_new),
    path("clients/export/", views.clients_export),
    path("clients/<uuid:id>/", views.client),
    path("clients/<uuid:id>/edit/", views.client_edit),
    path("clients/<uuid:id>/payers/", views.client_payers),
    path("clients/<uuid:id>/consents/", views_part_2.consents),
    path("clients/<uuid:id>/consents/revocation/", views_part_2.revocation),
    path("settings/access-tags/", views_tags.tag_list),
    path("settings/access-tags/<uuid:id>/", views_tags.tag),
    path("settings/access-tags/<uuid:id>/retirement/", views_tags.tag_retirement),
]
