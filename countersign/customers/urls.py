from django.urls import path

from countersign.customers import views, views_crossing
from countersign.people.views import sign_out

urlpatterns = [
    path("", views.home, name="site-home"),
    path("sign-in/", views_crossing.sign_in, name="site-sign-in"),
    path("crossing/", views_crossing.arrival, name="site-arrival"),
    path("sign-out/", sign_out, name="site-sign-out"),
    path("customers/", views.customers, name="customers"),
    path("customers/<uuid:id>/entry/", views.entry, name="customer-entry"),
    path("customers/<uuid:id>/favorite/", views.favorite, name="customer-favorite"),
    path("people/", views.people, name="site-people"),
]
# What the company's own host has of it.
of_the_company = [path("crossing/", views_crossing.from_the_company, name="crossing")]
