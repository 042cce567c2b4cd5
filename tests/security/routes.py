"""Every route of the four front doors, who may take it, and how its address is filled.

A new route is found by itself; it must be entered in CATALOGUE (who may come in, said a second time and independently
of the view) and, where its address has parameters, in FILLINGS.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

from django.urls import URLPattern, URLResolver

from countersign.people.permissions import Permission as P

PUBLIC, PERSON, ANYONE = "public", "person", "anyone signed in"  # ANYONE: a person of the instance, or a visit

OF_ALL = {"healthz": PUBLIC, "readyz": PUBLIC}
BARE = {**OF_ALL, "": PUBLIC}
INSTANCE = {
    **OF_ALL,
    # people
    "": ANYONE,
    "sign-in/": PUBLIC,
    "sign-out/": PERSON,
    "activation/<uuid:id>/": PUBLIC,
    "forgotten-password/": PUBLIC,
    "profile/": PERSON,
    "profile/password/": PERSON,
    "profile/sessions/ending/": PERSON,
    "my-activity/": PERSON,
    "settings/users/": P.MANAGE_USERS,
    "settings/users/new/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/inactivation/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/reactivation/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/password/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/old-password/ending/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/forced-password/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/activation/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/sessions/ending/": P.MANAGE_USERS,
    "settings/users/<uuid:id>/delivery/": P.MANAGE_USERS,
    "settings/groups/": P.MANAGE_PERMISSION_GROUPS,
    "settings/groups/new/": P.MANAGE_PERMISSION_GROUPS,
    "settings/groups/<uuid:id>/": P.MANAGE_PERMISSION_GROUPS,
    "settings/groups/<uuid:id>/deletion/": P.MANAGE_PERMISSION_GROUPS,
    # identity
    ".well-known/openid-configuration": PUBLIC,
    ".well-known/jwks.json": PUBLIC,
    "authorize/": PUBLIC,
    "token/": PUBLIC,
    "standing/": PUBLIC,
    "refusals/": PUBLIC,
    "dispatches/": PUBLIC,
    "checkpoints/": PUBLIC,
    "checkpoints/held/": PUBLIC,
    "settings/users/<uuid:id>/departure/": P.MANAGE_USERS,
    "launch-pad/": PERSON,
    # keyring
    "launch-pad/<uuid:id>/entry/": PERSON,
    "key-ring/": P.MANAGE_KEY_RING,
    "key-ring/new/": P.MANAGE_KEY_RING,
    "key-ring/deliveries/<uuid:id>/acceptance/": P.MANAGE_KEY_RING,
    "key-ring/rules/": P.MANAGE_KEY_RING,
    "key-ring/people/": P.MANAGE_KEY_RING,
    "key-ring/teams/": P.MANAGE_KEY_RING,
    "key-ring/teams/<uuid:id>/": P.MANAGE_KEY_RING,
    "key-ring/memberships/<uuid:id>/ending/": P.MANAGE_KEY_RING,
    "key-ring/assignments/<uuid:id>/ending/": P.MANAGE_KEY_RING,
    "key-ring/<uuid:id>/": P.MANAGE_KEY_RING,
    "key-ring/<uuid:id>/password/": P.MANAGE_KEY_RING,
    "key-ring/<uuid:id>/asking/": P.MANAGE_KEY_RING,
    "key-ring/<uuid:id>/ending/": P.MANAGE_KEY_RING,
    "key-ring/<uuid:id>/assignments/": P.MANAGE_KEY_RING,
    # customers, of which the rest is at the admin site
    "crossing/": PERSON,
    # access
    "sign-in/first-part/": PUBLIC,
    "sign-in/second-part/": PUBLIC,
    "sign-out/back-channel/": PUBLIC,
    "leave/": ANYONE,
    "visits/": P.MANAGE_THIRD_PARTY_ACCESS,
    "visits/<uuid:id>/ending/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/requirement/": P.MANAGE_ACCOUNT,
    "settings/third-party/<uuid:id>/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/<uuid:id>/suspensions/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/<uuid:id>/waiting-work/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/<uuid:id>/agreements/new/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/<uuid:id>/winding-down/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/<uuid:id>/winding-down/ending/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/<uuid:id>/certificates/new/": P.MANAGE_THIRD_PARTY_ACCESS,
    "certificates/<uuid:id>/pdf/": P.MANAGE_THIRD_PARTY_ACCESS,
    "suspensions/<uuid:id>/lifting/": P.MANAGE_THIRD_PARTY_ACCESS,
    "billing-users/<uuid:id>/end/": P.MANAGE_THIRD_PARTY_ACCESS,
    "billing-users/<uuid:id>/review/": P.MANAGE_THIRD_PARTY_ACCESS,
    "billing-users/<uuid:id>/preview/": P.MANAGE_THIRD_PARTY_ACCESS,
    "access-requests/<uuid:id>/": P.MANAGE_THIRD_PARTY_ACCESS,
    "access-requests/<uuid:id>/ending/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/third-party/support/": P.MANAGE_THIRD_PARTY_ACCESS,
    "support-requests/<uuid:id>/": P.MANAGE_THIRD_PARTY_ACCESS,
    "support-requests/<uuid:id>/ending/": P.MANAGE_THIRD_PARTY_ACCESS,
    "agreements/<uuid:id>/pdf/": P.MANAGE_THIRD_PARTY_ACCESS,
    "agreements/<uuid:id>/ending/": P.MANAGE_THIRD_PARTY_ACCESS,
    # training
    "training/": PERSON,
    "training/<uuid:id>/": PERSON,
    "settings/training/": P.MANAGE_TRAINING,
    "settings/training/people/<uuid:id>/": P.MANAGE_TRAINING,
    "settings/training/rules/": P.MANAGE_TRAINING,
    "settings/training/courses/new/": P.MANAGE_TRAINING,
    "settings/training/courses/<uuid:id>/": P.MANAGE_TRAINING,
    # watch
    "alerts/": P.MANAGE_THIRD_PARTY_ACCESS,
    "alerts/seen/": P.MANAGE_THIRD_PARTY_ACCESS,
    "alerts/<uuid:id>/seen/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/alerts/": P.MANAGE_THIRD_PARTY_ACCESS,
    # clients, ledger, clinical
    "clients/": P.VIEW_CLIENTS,
    "clients/new/": P.ADD_CLIENTS,
    "clients/export/": P.EXPORT_CLIENTS,
    "clients/<uuid:id>/": P.VIEW_CLIENTS,
    "clients/<uuid:id>/edit/": P.EDIT_CLIENTS,
    "clients/<uuid:id>/payers/": P.VIEW_CLIENTS,
    "clients/<uuid:id>/consents/": P.EDIT_CLIENTS,
    "clients/<uuid:id>/consents/revocation/": P.EDIT_CLIENTS,
    "settings/access-tags/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/access-tags/<uuid:id>/": P.MANAGE_THIRD_PARTY_ACCESS,
    "settings/access-tags/<uuid:id>/retirement/": P.MANAGE_THIRD_PARTY_ACCESS,
    "clients/<uuid:id>/ledger/": P.VIEW_LEDGER,
    "services/<uuid:id>/self-pay/": P.EDIT_LEDGER,
    "services/<uuid:id>/opening/": P.EDIT_LEDGER,
    "services/<uuid:id>/opening/ending/": P.EDIT_LEDGER,
    "clients/<uuid:id>/notes/": P.VIEW_NOTES,
    "clients/<uuid:id>/notes/new/": P.WRITE_NOTES,
    "clients/<uuid:id>/psychotherapy-notes/": P.VIEW_PSYCHOTHERAPY_NOTES,
    "notes/<uuid:id>/": P.VIEW_NOTES,
    "notes/<uuid:id>/edit/": P.WRITE_NOTES,
    "notes/<uuid:id>/signature/": P.WRITE_NOTES,
    "psychotherapy-notes/<uuid:id>/": P.VIEW_PSYCHOTHERAPY_NOTES,
    # disclosures
    "clients/<uuid:id>/disclosures/": P.KEEP_DISCLOSURES,
    "clients/<uuid:id>/disclosures/new/": P.KEEP_DISCLOSURES,
    "disclosures/<uuid:id>/": P.KEEP_DISCLOSURES,
    "disclosures/<uuid:id>/correction/": P.KEEP_DISCLOSURES,
    "clients/<uuid:id>/accountings/new/": P.KEEP_DISCLOSURES,
    "accountings/<uuid:id>/": P.KEEP_DISCLOSURES,
    "accountings/<uuid:id>/pdf/": P.KEEP_DISCLOSURES,
    "accountings/<uuid:id>/csv/": P.KEEP_DISCLOSURES,
    "accountings/<uuid:id>/extension/": P.KEEP_DISCLOSURES,
    "accountings/<uuid:id>/delivery/": P.KEEP_DISCLOSURES,
    # oversight
    "statements/": P.VIEW_REPORTS,
    "statements/<uuid:id>/<str:month>/": P.VIEW_REPORTS,
    "statements/<uuid:id>/<str:month>/pdf/": P.VIEW_REPORTS,
    "statements/<uuid:id>/<str:month>/reviews/": P.MANAGE_THIRD_PARTY_ACCESS,
    # reports
    "reports/user-audit/": P.VIEW_REPORTS,
    "reports/user-audit/export/": P.VIEW_REPORTS,
    "reports/general-log/": P.VIEW_GENERAL_LOG,
    "reports/general-log/export/": P.VIEW_GENERAL_LOG,
    "reports/general-log/<int:seq>/": P.VIEW_GENERAL_LOG,
    "reports/overview/": P.VIEW_GENERAL_LOG,
    "reports/visits/<uuid:id>/": P.VIEW_GENERAL_LOG,
    "reports/companies/<path:company>/": P.VIEW_GENERAL_LOG,
    "clients/<uuid:id>/opened/": P.VIEW_GENERAL_LOG,
    "record/": P.VIEW_GENERAL_LOG,
    "record/check/": P.VIEW_GENERAL_LOG,
    "record/download/": P.VIEW_GENERAL_LOG,
    "record/verifier/": P.VIEW_GENERAL_LOG,
    "record/checkpoint/": P.VIEW_GENERAL_LOG,
    "record/held/<int:id>/": P.VIEW_GENERAL_LOG,
    "record/events/<int:seq>/proof/": P.VIEW_GENERAL_LOG,
    "record/readers/": P.MANAGE_THIRD_PARTY_ACCESS,
    "record/readers/<int:id>/ending/": P.MANAGE_THIRD_PARTY_ACCESS,
    # metering
    "settings/listing/": P.MANAGE_ACCOUNT,
    "settings/account-charges/": P.VIEW_ACCOUNT_CHARGES,
    "settings/account-charges/<str:month>/": P.VIEW_ACCOUNT_CHARGES,
    "settings/account-charges/<str:month>/pdf/": P.VIEW_ACCOUNT_CHARGES,
    "settings/account-charges/<str:month>/csv/": P.VIEW_ACCOUNT_CHARGES,
}
CONSOLE = {
    "console/instances/": P.MANAGE_INSTANCES,
    "console/instances/new/": P.MANAGE_INSTANCES,
    "console/instances/<uuid:id>/": P.MANAGE_INSTANCES,
    "console/instances/<uuid:id>/changes/": P.MANAGE_INSTANCES,
    "console/instances/<uuid:id>/activations/": P.MANAGE_INSTANCES,
    "console/instances/<uuid:id>/access/": P.MANAGE_INSTANCES,
    "console/access/<uuid:id>/entry/": P.MANAGE_INSTANCES,
    "console/listings/": P.MANAGE_LISTINGS,
    "console/listings/<uuid:id>/": P.MANAGE_LISTINGS,
    "console/charges/": P.MANAGE_CHARGES,
    "console/charges/<str:month>/": P.MANAGE_CHARGES,
    "console/charges/<str:month>/pdf/": P.MANAGE_CHARGES,
    "console/charges/<str:month>/csv/": P.MANAGE_CHARGES,
    "console/price-plans/": P.MANAGE_CHARGES,
    "console/price-plans/new/": P.MANAGE_CHARGES,
    "console/listings/<uuid:id>/admin-site/": P.MANAGE_LISTINGS,
    "console/listings/<uuid:id>/admin-site/ending/": P.MANAGE_LISTINGS,
}
CUSTOMERS = {
    **OF_ALL,
    "": PERSON,
    "sign-in/": PUBLIC,
    "crossing/": PUBLIC,
    "sign-out/": PERSON,
    "customers/": PERSON,
    "customers/<uuid:id>/entry/": PERSON,
    "customers/<uuid:id>/favorite/": PERSON,
    "people/": P.MANAGE_KEY_RING,
}
CATALOGUE = {"instance": INSTANCE, "console": {**INSTANCE, **CONSOLE}, "customers": CUSTOMERS, "bare": BARE}

# Whoever holds this other permission may come in as well.
AS_GOOD = {
    "statements/": P.MANAGE_THIRD_PARTY_ACCESS,
    "statements/<uuid:id>/<str:month>/": P.MANAGE_THIRD_PARTY_ACCESS,
    "statements/<uuid:id>/<str:month>/pdf/": P.MANAGE_THIRD_PARTY_ACCESS,
}
# The practice's own people decide what a third party sees: closed to every visit, whatever it holds.
OWN_PEOPLE = {
    "clients/<uuid:id>/consents/", "clients/<uuid:id>/consents/revocation/", "services/<uuid:id>/self-pay/",
    "services/<uuid:id>/opening/", "services/<uuid:id>/opening/ending/",
}
# To whoever lacks this second permission, what they may not read is not there.
ALSO_NEEDS = {"notes/<uuid:id>/edit/": P.VIEW_NOTES}
# Nobody but a visit has anything to leave.
FOR_VISITS = {"leave/"}
# Posted to by machines, which hold no cookie: each proves itself by a signed assertion or token instead.
WITHOUT_CSRF = {
    "token/", "standing/", "refusals/", "dispatches/", "checkpoints/", "checkpoints/held/", "sign-out/back-channel/",
    "sign-in/first-part/",
}
# Answers that are refusals by their nature to somebody who brought nothing.
REFUSES_EMPTY_HANDS = {"sign-in/first-part/": 403, "sign-in/second-part/": 403, "leave/": 404}
# Asked by load balancers and by the machines of practices; a read of them tells nobody anything.
LEAVES_NO_EVENT = {"healthz", "readyz", ".well-known/openid-configuration", ".well-known/jwks.json"}
# Forms that anybody may look at: nothing is read and nobody is there, until they are sent.
EMPTY_FORMS = {"sign-in/", "forgotten-password/", "activation/<uuid:id>/"}


@dataclass(frozen=True)
class Route:
    door: str
    path: str
    view: object
    names: tuple

    @property
    def rule(self):
        return getattr(self.view, "rule", None)

    @property
    def methods(self):
        """The methods that `require_http_methods` lets through, or () when the view does not say."""
        return declared_methods(self.view)

    @property
    def who(self):
        return CATALOGUE[self.door].get(self.path)

    def __str__(self):
        return f"{self.door}: /{self.path}"


def declared_methods(view):
    while view is not None:
        for name, cell in zip(view.__code__.co_freevars, view.__closure__ or (), strict=True):
            if name == "request_method_list":
                return tuple(cell.cell_contents)
        view = getattr(view, "__wrapped__", None)
    return ()


def walk(patterns, door, before="", names=()):
    for entry in patterns:
        found = (*names, *entry.pattern.converters)
        if isinstance(entry, URLResolver):
            yield from walk(entry.url_patterns, door, before + str(entry.pattern), found)
        elif isinstance(entry, URLPattern):
            yield Route(door, before + str(entry.pattern), entry.callback, found)


def routes(door):
    return list(walk(import_module(f"countersign.urls.{door}").urlpatterns, door))


def provided(door):
    """The routes that stand in CATALOGUE and can be filled; `unprovided` complains of the others."""
    return [route for route in routes(door) if not unprovided([route], gone=False)]


@cache
def fillings():
    from tests.security import fillings

    return fillings.FILLINGS


def filled(route, instance, cast):
    """The route's address with parameters that exist at an instance. Fails for one that nobody provided for."""
    path, values, so_far = "/", {}, ""
    for segment in route.path.split("/"):
        so_far += segment
        if segment.startswith("<"):
            maker = fillings().get(so_far)
            assert maker is not None, f"nobody said how to fill {so_far}: add it to tests/security/fillings.py"
            values[so_far] = maker(cast, instance, values)
            segment = str(values[so_far])
        path += segment + "/"
        so_far += "/"
    return path[:-1] if path != "/" else path


def unprovided(found, *, gone=True):
    """Sentences about routes that nobody entered in CATALOGUE or FILLINGS, and about entries without a route."""
    faults = []
    for route in found:
        if route.who is None:
            faults.append(f"{route} stands in no CATALOGUE of tests/security/routes.py: say who may come in")
        parts = route.path.split("/")
        for number, part in enumerate(parts, 1):
            if part.startswith("<") and "/".join(parts[:number]) not in fillings():
                faults.append(f"{route}: add {'/'.join(parts[:number])} to tests/security/fillings.py")
    paths = {(route.door, route.path) for route in found}
    for door in {route.door for route in found} if gone else ():
        faults += [f"{door}: /{path} is gone" for path in CATALOGUE[door] if (door, path) not in paths]
    return faults


def undeclared(found):
    """Sentences about views that do not say who may come in, or by which methods, or say what nobody agreed to."""
    faults = []
    for route in found:
        if route.rule is None:
            faults.append(f"{route} declares no rule: @allows, @signed_in or @public")
        elif route.rule.other != AS_GOOD.get(route.path):
            faults.append(f"{route} lets in “{route.rule.other}” as well, and the catalogue does not say so")
        elif route.rule.permission and route.rule.visitors == (route.path in OWN_PEOPLE):
            faults.append(f"{route}: OWN_PEOPLE and the view do not agree on whether a visit may come in")
        elif route.who is not None and declared_who(route.rule) != route.who:
            faults.append(f"{route} lets in “{declared_who(route.rule)}”, and the catalogue says “{route.who}”")
        if not route.methods:
            faults.append(f"{route} does not say by which methods: @require_http_methods or @require_safe")
    return faults


def declared_who(rule):
    if rule.public:
        return PUBLIC
    if rule.permission:
        return rule.permission
    return ANYONE if rule.visitors else PERSON
