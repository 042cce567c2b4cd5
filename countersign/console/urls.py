from django.urls import path

from countersign.console import views, views_access, views_sites

urlpatterns = [
    path("console/instances/", views.instances, name="console-instances"),
    path("console/instances/new/", views.new_instance, name="console-new-instance"),
    path("console/instances/<uuid:id>/", views.instance, name="console-instance"),
    path("console/instances/<uuid:id>/changes/", views.instance_changes, name="console-instance-changes"),
    path("console/instances/<uuid:id>/activations/", views.activations, name="console-activations"),
    path("console/instances/<uuid:id>/access/", views_access.access, name="console-access"),
    path("console/access/<uuid:id>/entry/", views_access.entry, name="console-entry"),
    path("console/listings/", views.listings, name="console-listings"),
    path("console/listings/<uuid:id>/", views.listing, name="console-listing"),
    path("console/listings/<uuid:id>/admin-site/", views_sites.site, name="console-site"),
    path("console/listings/<uuid:id>/admin-site/ending/", views_sites.site_ending, name="console-site-ending"),
]
