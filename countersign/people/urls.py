from django.urls import path

from countersign.people import views, views_activation, views_groups, views_profile, views_user, views_users

urlpatterns = [
    path("", views.home, name="home"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("activation/<uuid:id>/", views_activation.activation, name="activation"),
    path("forgotten-password/", views_activation.forgotten_password, name="forgotten-password"),
    path("profile/", views_profile.profile, name="profile"),
    path("profile/password/", views_profile.own_password, name="own-password"),
    path("profile/sessions/ending/", views_profile.own_sessions_ending, name="own-sessions-ending"),
    path("my-activity/", views_profile.my_activity, name="my-activity"),
    path("settings/users/", views_users.users, name="users"),
    path("settings/users/new/", views_users.new_user, name="new-user"),
    path("settings/users/<uuid:id>/", views_user.user, name="user"),
    path("settings/users/<uuid:id>/inactivation/", views_user.inactivation, name="user-inactivation"),
    path("settings/users/<uuid:id>/reactivation/", views_user.reactivation, name="user-reactivation"),
    path("settings/users/<uuid:id>/password/", views_user.password, name="user-password"),
    path(
        "settings/users/<uuid:id>/old-password/ending/", views_user.old_password_ending, name="user-old-password-ending"
    ),
    path("settings/users/<uuid:id>/forced-password/", views_user.forced_password, name="user-forced-password"),
    path("settings/users/<uuid:id>/activation/", views_user.activation, name="user-activation"),
    path("settings/users/<uuid:id>/sessions/ending/", views_user.sessions_ending, name="user-sessions-ending"),
    path("settings/groups/", views_groups.group_list, name="groups"),
    path("settings/groups/new/", views_groups.new_group, name="new-group"),
    path("settings/groups/<uuid:id>/", views_groups.group, name="group"),
    path("settings/groups/<uuid:id>/deletion/", views_groups.group_deletion, name="group-deletion"),
]
