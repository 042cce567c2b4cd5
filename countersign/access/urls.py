from django.urls import path

from countersign.access import (
    views,
    views_agreements,
    views_asking,
    views_delivery,
    views_first_part,
    views_terms,
    views_winding,
)

urlpatterns = [
    path("sign-in/first-part/", views_first_part.first_part, name="first-part"),
    path("sign-in/second-part/", views.second_part, name="second-part"),
    path("sign-out/back-channel/", views.back_channel, name="back-channel"),
    path("leave/", views.leave, name="leave"),
    path("settings/users/<uuid:id>/delivery/", views_delivery.delivery, name="delivery"),
    path("visits/", views.visit_list, name="visits"),
    path("visits/<uuid:id>/ending/", views.visit_ending, name="visit-ending"),
    path("settings/third-party/", views_terms.third_party, name="third-party"),
    path("settings/third-party/requirement/", views_terms.requirement, name="agreement-requirement"),
    path("settings/third-party/<uuid:id>/", views_terms.company, name="third-party-company"),
    path("settings/third-party/<uuid:id>/suspensions/", views_terms.suspensions, name="suspensions"),
    path("settings/third-party/<uuid:id>/waiting-work/", views_terms.waiting_work, name="waiting-work"),
    path("settings/third-party/<uuid:id>/agreements/new/", views_agreements.new_agreement, name="new-agreement"),
    path("settings/third-party/<uuid:id>/winding-down/", views_winding.winding_down, name="winding-down"),
    path("settings/third-party/<uuid:id>/winding-down/ending/", views_winding.winding_down_ending, name="go-on"),
    path("settings/third-party/<uuid:id>/certificates/new/", views_winding.new_certificate, name="new-certificate"),
    path("certificates/<uuid:id>/pdf/", views_winding.certificate_paper, name="certificate-paper"),
    path("suspensions/<uuid:id>/lifting/", views_terms.lifting, name="suspension-lifting"),
    path("billing-users/<uuid:id>/end/", views_terms.key_end, name="key-end"),
    path("billing-users/<uuid:id>/review/", views_terms.review, name="key-review"),
    path("access-requests/<uuid:id>/", views_asking.answer, name="access-request"),
    path("access-requests/<uuid:id>/ending/", views_asking.grant_ending, name="grant-ending"),
    path("agreements/<uuid:id>/pdf/", views_agreements.agreement_paper, name="agreement-paper"),
    path("agreements/<uuid:id>/ending/", views_agreements.agreement_ending, name="agreement-ending"),
]
