from django.urls import path

from countersign.keyring import views, views_deliveries, views_launch, views_people

urlpatterns = [
    path("launch-pad/", views_launch.launch_pad, name="launch-pad"),
    path("launch-pad/<uuid:id>/entry/", views_launch.entry, name="launch-pad-entry"),
    path("key-ring/", views.key_list, name="key-ring"),
    path("key-ring/new/", views.new_key, name="new-key"),
    path("key-ring/rules/", views.ring_rules, name="key-ring-rules"),
    path("key-ring/people/", views_people.people, name="key-ring-people"),
    path("key-ring/teams/", views_people.teams, name="teams"),
    path("key-ring/teams/<uuid:id>/", views_people.team, name="team"),
    path("key-ring/memberships/<uuid:id>/ending/", views_people.membership_ending, name="membership-ending"),
    path("key-ring/assignments/<uuid:id>/ending/", views.assignment_ending, name="assignment-ending"),
    path("key-ring/deliveries/<uuid:id>/acceptance/", views_deliveries.acceptance, name="delivery-acceptance"),
    path("key-ring/<uuid:id>/", views.key, name="key"),
    path("key-ring/<uuid:id>/password/", views.password, name="key-password"),
    path("key-ring/<uuid:id>/asking/", views.asking_for_more, name="asking-for-more"),
    path("key-ring/<uuid:id>/ending/", views.key_ending, name="key-ending"),
    path("key-ring/<uuid:id>/assignments/", views.key_assignments, name="key-assignments"),
]
