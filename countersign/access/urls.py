from django.urls import path

from countersign.access import views

urlpatterns = [
    path("sign-in/second-part/", views.second_part, name="second-part"),
    path("sign-out/back-channel/", views.back_channel, name="back-channel"),
    path("leave/", views.leave, name="leave"),
    path("visits/", views.visit_list, name="visits"),
    path("visits/<uuid:id>/ending/", views.visit_ending, name="visit-ending"),
]
