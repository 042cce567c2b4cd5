from django.urls import path

from bench.bare.views import clients

urlpatterns = [path("clients/", clients)]
