"""What each route leaves on the record, said a second time and independently of the views; and what each action tells.

A new route: add what reading it is called to READS and what sending its form is called to SENDS, and a valid form to
tests/security/bodies.py. A new action that tells of a change: add to TELLS of which rows.
"""

from countersign.people.models import UserType

ALL = None  # every column of the row is told by the action itself


def _review(kind):
    """Whoever comes first signs the statement off; whoever comes then adds a remark."""
    return ("statement.reviewed",) if kind.type == UserType.ADMINISTRATOR else ("statement.remarked",)


def _signature(kind):
    return ("page.sent",) if kind.type == UserType.BILLING else ("note.signed",)


# Reading: the one action; of others (forms, confirmations) it is "page.opened".
READS = {
    "": "home.opened",
    "profile/": "profile.opened",
    "my-activity/": "own-activity.opened",
    "launch-pad/": "launch-pad.opened",
    "settings/users/": "users.listed",
    "settings/users/<uuid:id>/": "user.opened",
    "settings/users/<uuid:id>/inactivation/": "user.opened",
    "settings/users/<uuid:id>/password/": "user.opened",
    "settings/users/<uuid:id>/departure/": "departure.opened",
    "settings/groups/": "groups.listed",
    "settings/groups/<uuid:id>/": "group.opened",
    "visits/": "visits.listed",
    "clients/": "clients.listed",
    "clients/export/": "clients.exported",
    "clients/<uuid:id>/": "client.opened",
    "clients/<uuid:id>/edit/": "client.opened",
    "clients/<uuid:id>/payers/": "payers.opened",
    "clients/<uuid:id>/ledger/": "ledger.opened",
    "clients/<uuid:id>/notes/": "notes.listed",
    "clients/<uuid:id>/psychotherapy-notes/": "psychotherapy-notes.listed",
    "notes/<uuid:id>/": "note.opened",
    "notes/<uuid:id>/edit/": "note.opened",
    "psychotherapy-notes/<uuid:id>/": "psychotherapy-note.opened",
    "reports/user-audit/": "user-audit.opened",
    "reports/user-audit/export/": "user-audit.exported",
    "reports/general-log/": "general-log.opened",
    "reports/general-log/export/": "general-log.exported",
    "reports/general-log/<int:seq>/": "event.opened",
    "reports/overview/": "overview.opened",
    "reports/visits/<uuid:id>/": "visit.opened",
    "reports/companies/<path:company>/": "company-month.opened",
    "clients/<uuid:id>/opened/": "client-history.opened",
    "record/": "record.opened",
    "record/check/": "record.checked",
    "record/download/": "record.exported",
    "record/verifier/": "verifier.downloaded",
    "record/checkpoint/": "checkpoint.downloaded",
    "record/held/<int:id>/": "checkpoint.downloaded",
    "record/events/<int:seq>/proof/": "receipt.given",
    "statements/": "statements.listed",
    "statements/<uuid:id>/<str:month>/": "statement.opened",
    "statements/<uuid:id>/<str:month>/pdf/": "statement.downloaded",
    "alerts/": "alerts.listed",
    "settings/alerts/": "alert-rules.opened",
    "clients/<uuid:id>/disclosures/": "disclosures.listed",
    "disclosures/<uuid:id>/": "disclosure.opened",
    "disclosures/<uuid:id>/correction/": "disclosure.opened",
    "accountings/<uuid:id>/": "accounting.opened",
    "accountings/<uuid:id>/pdf/": "accounting.downloaded",
    "accountings/<uuid:id>/csv/": "accounting.exported",
    "console/instances/": "instances.listed",
    "console/instances/<uuid:id>/": "instance.opened",
    "console/listings/": "listings.listed",
    "settings/account-charges/": "account-charges.opened",
    "settings/account-charges/<str:month>/": "charges.opened",
    "settings/account-charges/<str:month>/pdf/": "charges.downloaded",
    "settings/account-charges/<str:month>/csv/": "charges.exported",
    "console/charges/": "charges.listed",
    "console/charges/<str:month>/": "charges.opened",
    "console/charges/<str:month>/pdf/": "charges.downloaded",
    "console/charges/<str:month>/csv/": "charges.exported",
    "console/price-plans/": "price-plans.listed",
}
# Addresses whose form is read under the general name.
FORMS = {
    "profile/password/", "settings/users/new/", "settings/groups/new/", "settings/groups/<uuid:id>/deletion/",
    "clients/new/", "clients/<uuid:id>/notes/new/", "clients/<uuid:id>/disclosures/new/",
    "clients/<uuid:id>/accountings/new/", "console/instances/new/", "console/listings/<uuid:id>/",
    "console/price-plans/new/",
}
# Sending a form that is accepted: the actions, in order; or a function of the kind of user.
SENDS = {
    "sign-out/": ("signed-out",),
    "leave/": ("visit.left",),
    "profile/password/": ("password.changed",),
    "profile/sessions/ending/": ("signed-out.everywhere",),
    "settings/users/new/": ("user.created",),
    "settings/users/<uuid:id>/": ("user.changed",),
    "settings/users/<uuid:id>/inactivation/": ("user.inactivated",),
    "settings/users/<uuid:id>/reactivation/": ("user.reactivated",),
    "settings/users/<uuid:id>/password/": ("user.password.set", "user.password.forced"),
    "settings/users/<uuid:id>/forced-password/": ("user.password.forced",),
    "settings/users/<uuid:id>/activation/": ("activation.sent",),
    "settings/users/<uuid:id>/sessions/ending/": ("user.signed-out",),
    "settings/groups/new/": ("group.created",),
    "settings/groups/<uuid:id>/": ("group.changed",),
    "settings/groups/<uuid:id>/deletion/": ("group.deleted",),
    "visits/<uuid:id>/ending/": ("visit.ended",),
    "clients/new/": ("client.added",),
    "clients/<uuid:id>/edit/": ("client.changed",),
    "clients/<uuid:id>/notes/new/": ("note.written",),
    "notes/<uuid:id>/edit/": ("note.changed",),
    "notes/<uuid:id>/signature/": _signature,
    "record/readers/": ("checkpoint.mail.changed",),
    "record/readers/<int:id>/ending/": ("checkpoint.mail.changed",),
    "statements/<uuid:id>/<str:month>/reviews/": _review,
    "alerts/seen/": ("alert.seen",),
    "alerts/<uuid:id>/seen/": ("alert.seen",),
    "settings/alerts/": ("alert-rules.changed",),
    "clients/<uuid:id>/disclosures/new/": ("disclosure.recorded",),
    "disclosures/<uuid:id>/correction/": ("disclosure.corrected",),
    "clients/<uuid:id>/accountings/new/": ("accounting.asked",),
    "accountings/<uuid:id>/extension/": ("accounting.extended",),
    "accountings/<uuid:id>/delivery/": ("accounting.given",),
    "console/instances/new/": ("instance.created",),
    "console/instances/<uuid:id>/changes/": ("instance.suspended",),
    "console/instances/<uuid:id>/activations/": ("activation.sent",),
    "console/listings/<uuid:id>/": ("listing.changed",),
    "console/price-plans/new/": ("price-plan.set",),
}
# What Support does here is also on the record of the instance it concerns, as Support.
ELSEWHERE = {
    ("GET", "console/instances/<uuid:id>/"): ("instance.opened",),
    ("POST", "console/instances/<uuid:id>/changes/"): ("instance.suspended",),
    ("POST", "console/instances/<uuid:id>/activations/"): ("activation.sent",),
    ("POST", "console/listings/<uuid:id>/"): ("listing.changed",),
}

SESSION_OVER = {
    "people_session": {"ended_at", "ended_by", "ended_because"},
    "access_ending": ALL,
    "access_presession": {"expires_at"},
    "identity_entry": {"ended_at", "ended_because"},
}
PASSWORD = {
    "people_user": {"password", "password_forced_at", "password_forced_by"}, "people_activation": {"expires_at"},
    **SESSION_OVER,
}
# Action → {table: the columns that the action's own name tells}; every other column must stand in its changes. The
# first table is the one without whose change the event would tell what did not happen.
TELLS = {
    "sign-in.accepted": {"people_session": ALL},
    "sign-in.first-part.accepted": {"access_presession": ALL},
    "sign-in.second-part.refused": {},
    "visit.began": {"access_visit": ALL, "people_session": ALL, "access_presession": ALL},
    "visit.ended": SESSION_OVER,
    "visit.left": SESSION_OVER,
    "signed-out": SESSION_OVER,
    "signed-out.everywhere": SESSION_OVER,
    "session.expired": SESSION_OVER,
    "user.signed-out": SESSION_OVER,
    "identity.party.registered": {"identity_relyingparty": ALL},
    "identity.confirmed": {"identity_code": ALL},
    "identity.entered": {"identity_entry": ALL, "identity_code": {"used_at", "entry_id"}},
    "identity.keys.rotated": {"identity_signingkey": ALL},
    "password.changed": PASSWORD,
    "user.password.set": PASSWORD,
    "activation.used": {**PASSWORD, "people_activation": {"used_at", "expires_at"}},
    "activation.sent": {"people_activation": ALL},
    "activation.refused": {"people_activation": {"attempts"}},
    "user.password.forced": {"people_user": {"password_forced_at", "password_forced_by"}},
    "user.created": {
        "people_user": {"id", "look", "password", "created_at", "created_by", "inactivated_by", "password_forced_by"},
        "people_user_groups": ALL, "people_activetime": ALL,
    },
    "user.changed": {"people_user": set(), "people_user_groups": {"groups"}, "people_activation": {"expires_at"},
                     "people_activetime": ALL, **SESSION_OVER},
    "user.inactivated": {"people_user": {"inactivated_at", "inactivated_by"}, "people_activation": {"expires_at"},
                         "identity_departure": ALL, "identity_departure_notices": ALL, "people_activetime": ALL,
                         **SESSION_OVER},
    "user.reactivated": {"people_user": {"inactivated_at", "inactivated_by"}, "people_activetime": ALL,
                         "identity_departure": {"returned_at", "returned_by"}},
    "group.created": {"people_permissiongroup": {"id"}},
    "group.changed": {"people_permissiongroup": set()},
    "group.deleted": {"people_permissiongroup": {"id"}},
    "client.added": {"clients_client": {"id", "filed_as", "version", "created_at", "created_by"}},
    "client.changed": {"clients_client": {"filed_as", "version"}},
    "note.written": {
        "clinical_progressnote": {"id", "client_id", "title", "body", "written_at", "written_by", "version"},
    },
    "note.changed": {"clinical_progressnote": {"version"}},
    "note.signed": {"clinical_progressnote": {"signed_at", "signed_by_id", "version"}},
    "checkpoint.mail.changed": {"audit_checkpointreader": ALL},
    "statement.reviewed": {"oversight_review": ALL},
    "statement.remarked": {"oversight_review": ALL},
    "alert.seen": {"watch_alert": {"seen_at", "seen_by"}},
    "alert-rules.changed": {"watch_rules": ALL},
    "disclosure.recorded": {"disclosures_disclosure": ALL},
    "disclosure.corrected": {"disclosures_disclosure": ALL, "disclosures_correction": ALL},
    "accounting.asked": {"disclosures_accounting": ALL},
    "accounting.extended": {"disclosures_extension": ALL},
    "accounting.given": {"disclosures_delivery": ALL},
    "instance.created": {"instances_instance": ALL, "instances_instancechange": ALL},
    "instance.suspended": {"instances_instance": {"state"}, "instances_instancechange": ALL},
    "instance.resumed": {"instances_instance": {"state"}, "instances_instancechange": ALL},
    "listing.changed": {"instances_listingchange": ALL, "instances_listing": ALL},
    "price-plan.set": {"metering_priceplan": ALL},
    "charges.frozen": {"metering_statement": ALL},
}
