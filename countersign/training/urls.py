from django.urls import path

from countersign.training import views, views_manage

urlpatterns = [
    path("training/", views.own_training, name="training"),
    path("training/<uuid:id>/", views.course, name="course"),
    path("settings/training/", views_manage.people, name="training-people"),
    path("settings/training/people/<uuid:id>/", views_manage.person, name="training-person"),
    path("settings/training/rules/", views_manage.rules, name="training-rules"),
    path("settings/training/courses/new/", views_manage.new_course, name="new-course"),
    path("settings/training/courses/<uuid:id>/", views_manage.own_course, name="own-course"),
]
