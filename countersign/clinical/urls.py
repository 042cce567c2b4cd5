from django.urls import path

from countersign.clinical import views

urlpatterns = [
    path("clients/<uuid:id>/notes/", views.notes),
    path("clients/<uuid:id>/notes/new/", views.note_new),
    path("clients/<uuid:id>/psychotherapy-notes/", views.psychotherapy_notes),
    path("notes/<uuid:id>/", views.note),
    path("notes/<uuid:id>/edit/", views.note_edit),
    path("notes/<uuid:id>/signature/", views.note_signature),
    path("psychotherapy-notes/<uuid:id>/", views.psychotherapy_note),
]
