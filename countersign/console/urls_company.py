"""What an instance itself sees of its listing."""

from django.urls import path

from countersign.console import views_applying

urlpatterns = [path("settings/listing/", views_applying.listing, name="listing")]
