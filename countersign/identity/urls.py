from django.urls import path

from countersign.identity import views, views_departure, views_witness

urlpatterns = [
    path(".well-known/openid-configuration", views.configuration),
    path(".well-known/jwks.json", views.jwks),
    path("authorize/", views.authorize, name="authorize"),
    path("token/", views.token, name="token"),
    path("standing/", views.standing, name="standing"),
    path("refusals/", views.refusals, name="refusals"),
    path("dispatches/", views.take_dispatch, name="dispatches"),
    path("checkpoints/", views_witness.exchange, name="checkpoints"),
    path("checkpoints/held/", views_witness.held, name="checkpoints-held"),
    path("settings/users/<uuid:id>/departure/", views_departure.departure, name="departure"),
]
