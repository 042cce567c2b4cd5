"""Every route × every kind of user gives the answer that the catalogue says (tests/security/routes.py)."""

import itertools
import uuid

import pytest
from django.conf import settings
from django.db.models import Max
from django.http import HttpResponse
from django.urls import clear_url_caches, path
from django.views.decorators.http import require_safe

from countersign.audit.models import Event
from countersign.instances import binding
from countersign.instances.models import InstanceKind
from countersign.people import sessions
from countersign.people.gate import allows, public
from countersign.people.models import Session, User, UserType
from countersign.people.permissions import Permission, offered
from countersign.urls import instance as front
from tests.cast import KEY
from tests.security import state
from tests.security.fillings import FROM
from tests.security.kinds import (
    ANONYMOUS,
    MISSING,
    REFUSED,
    SUPPORT,
    TO_SIGN_IN,
    WRONG_METHOD,
    Kind,
    Visitor,
    kinds_for,
    verdict,
)
from tests.security.routes import (
    CATALOGUE,
    CONSOLE,
    LEAVES_NO_EVENT,
    PUBLIC,
    REFUSES_EMPTY_HANDS,
    WITHOUT_CSRF,
    Route,
    filled,
    provided,
    routes,
    undeclared,
    unprovided,
    walk,
)

pytestmark = pytest.mark.usefixtures("home_not_asked")

DOORS = ("instance", "console", "customers", "bare")
METHODS = ("GET", "POST")
# What a reading may touch: the record, and when somebody was last seen.
TOUCHED_BY_READING = ("audit_event", "people_session")
HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": ("same-origin", "no-referrer"),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": ("no-store", "private, no-store"),
}


def last_event(instance):
    with binding.bind(instance):
        return Event.objects.aggregate(last=Max("seq"))["last"] or 0


def faults_of(found, cast, instance, site=None):
    """Sentences about each route that answers some kind of user other than the catalogue says."""
    visitor, faults = Visitor(cast, instance, site), []
    for route in found:
        if route.who == PUBLIC:
            continue
        for kind, method in itertools.product(kinds_for(route.who, instance.kind), METHODS):
            if method not in route.methods:
                continue
            address = filled(route, instance, cast)
            visitor.become(kind)
            before = last_event(instance)
            got = verdict(visitor.send(method, address))
            if got != kind.expected(route):
                faults.append(f"{method} {route}, {kind.name}: {got}, not {kind.expected(route)}")
            if kind.type and last_event(instance) == before:
                faults.append(f"{method} {route}, {kind.name}: left no event")
    return faults


def test_every_route_is_known_and_says_who_may_come_in():
    found = [route for door in DOORS for route in routes(door)]

    assert len(found) > 20
    assert not (faults := unprovided(found)), "\n".join(["", *faults])
    assert not (faults := undeclared(found)), "\n".join(["", *faults])


def test_the_lists_of_exceptions_are_short():
    assert len(WITHOUT_CSRF) <= 8 and len(LEAVES_NO_EVENT) <= 5
    known = {path for paths in CATALOGUE.values() for path in paths}
    assert known >= LEAVES_NO_EVENT


def test_every_route_of_a_practice_answers_each_kind_of_user_as_the_catalogue_says(cast):
    assert faults_of(provided("instance"), cast, cast.good_therapy) == []


def test_every_page_of_the_console_answers_each_kind_of_user_as_the_catalogue_says(cast):
    console = [route for route in provided("console") if route.path in CONSOLE]

    assert faults_of(console, cast, cast.support) == []


def test_every_page_of_an_admin_site_answers_each_kind_of_user_as_the_catalogue_says(cast):
    assert faults_of(provided("customers"), cast, cast.acme, cast.site()) == []


def test_an_admin_site_serves_nothing_else_and_is_no_way_into_the_company(cast):
    """The administrator of the company, signed in there: what is not the admin site's is missing at its host."""
    visitor = Visitor(cast, cast.acme, cast.site())
    visitor.become(Kind("administrator", UserType.ADMINISTRATOR))
    others = [route for route in provided("console") if route.path not in CATALOGUE["customers"]]

    got = {route.path: verdict(visitor.send(route.methods[0], filled(route, cast.acme, cast))) for route in others}

    assert len(got) > 80 and set(got.values()) == {MISSING}, got


def test_no_form_of_an_admin_site_without_its_token_is_taken_and_no_get_changes_anything(cast):
    site = cast.site()
    visitor, faults = Visitor(cast, cast.acme, site, enforce_csrf_checks=True), []
    somebody = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.BILLING_COMPANY))
    for route in provided("customers"):
        address = filled(route, cast.acme, cast)
        for method in route.methods:
            visitor.become(somebody)
            before = state.of_all(cast.acme, without=TOUCHED_BY_READING)
            got = verdict(visitor.send(method, address, {"csrfmiddlewaretoken": "a" * 64, "favorite": "on"}))
            if method == "POST" and got != REFUSED:
                faults.append(f"{method} {route}: {got}")
            if state.of_all(cast.acme, without=TOUCHED_BY_READING) != before:
                faults.append(f"{method} {route}: changed something")
    assert not faults, "\n".join(["", *faults])


def test_the_console_is_served_at_no_other_host(cast):
    visitor = Visitor(cast, cast.good_therapy)
    everything = Kind("administrator", UserType.ADMINISTRATOR)

    got = {
        route.path: verdict(visitor.become(everything).send("GET", filled(route, cast.good_therapy, cast)))
        for route in provided("console") if route.path in CONSOLE
    }

    assert got == dict.fromkeys(CONSOLE, MISSING)


def test_public_routes_open_nothing_and_break_for_nobody(cast):
    visitor, faults = Visitor(cast, cast.good_therapy), []
    for route in provided("instance"):
        if route.who != PUBLIC:
            continue
        for kind, method in itertools.product([ANONYMOUS, SUPPORT, Kind("nobody", UserType.REGULAR)], METHODS):
            response = visitor.become(kind).send(method, filled(route, cast.good_therapy, cast))
            wanted = (200, 302, 400, 401, 404, 422, REFUSES_EMPTY_HANDS.get(route.path))
            wanted = wanted if method in route.methods else (405,)
            if response.status_code not in wanted:
                faults.append(f"{method} {route}, {kind.name}: {response.status_code}")
            if kind is ANONYMOUS and sessions.cookie_name() in response.cookies:
                faults.append(f"{method} {route} gave a session to nobody")
    assert not faults, "\n".join(["", *faults])


def test_the_bare_domain_serves_nothing_of_any_instance(cast):
    visitor = Visitor(cast, cast.good_therapy)
    visitor.client.defaults.update(SERVER_NAME=settings.BASE_DOMAIN, HTTP_HOST=settings.BASE_HOST)
    visitor.become(Kind("administrator", UserType.ADMINISTRATOR))
    known = {route.path for route in provided("bare")}

    answers = {path: visitor.send("GET", f"/{path}").status_code for path in CATALOGUE["console"] if "<" not in path}

    assert {path: status for path, status in answers.items() if path not in known and status != 404} == {}
    assert b"Good Therapy" not in visitor.send("GET", "/").content


def test_a_method_that_a_view_does_not_know_is_405(cast):
    visitor, faults = Visitor(cast, cast.good_therapy), []
    somebody = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.PRACTICE))
    for route in provided("instance"):
        address = filled(route, cast.good_therapy, cast)
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - set(route.methods):
            got = verdict(visitor.become(somebody).send(method, address))
            if got != WRONG_METHOD:
                faults.append(f"{method} {route}: {got}")
    assert not faults, "\n".join(["", *faults])


def test_with_the_key_alone_every_route_is_shut(cast):
    cast.key()
    visitor = Visitor(cast, cast.good_therapy)
    response = visitor.send("POST", "/sign-in/", {"user_id": "acme-billing", "password": KEY})
    assert response.status_code == 302 and not response["Location"].startswith("/")
    given = {name: morsel.value for name, morsel in visitor.client.cookies.items()}
    assert given, "the first part is remembered by a cookie, or this test shows nothing"
    faults = []

    for route in provided("instance"):
        if route.who == PUBLIC:
            continue
        for method in route.methods:
            visitor.client.cookies.load(given)
            got = verdict(visitor.send(method, filled(route, cast.good_therapy, cast)))
            if got not in (TO_SIGN_IN, REFUSED):
                faults.append(f"{method} {route}: {got}")

    assert not faults, "\n".join(["", *faults])
    with binding.bind(cast.good_therapy):
        assert not Session.objects.filter(individual=None).exists()
        assert [event for event in Event.objects.all() if not event.person.strip()] == []


def test_a_session_of_a_key_without_a_person_is_shut_all_the_same(cast):
    """Planted in the database: nothing in the code opens one."""
    visitor, faults = Visitor(cast, cast.good_therapy), []
    key = Kind("key alone", UserType.BILLING, frozenset({Permission.VIEW_CLIENTS}))
    visitor.become(key)
    with binding.bind(cast.good_therapy):
        with pytest.raises(sessions.NoIndividual):
            sessions.start(FROM, User.objects.get(type=UserType.BILLING))
        Session.objects.update(individual=None)
    for route in provided("instance"):
        if route.who != PUBLIC and "GET" in route.methods:
            got = verdict(visitor.send("GET", filled(route, cast.good_therapy, cast)))
            if got != TO_SIGN_IN:
                faults.append(f"{route}: {got}")
    assert not faults, "\n".join(["", *faults])


def test_what_belongs_to_another_instance_is_missing_and_the_question_is_recorded(cast):
    """Cases 41 and 48, D10: ids made at Elm Street, asked for at Good Therapy by somebody who may do everything."""
    visitor, faults, asked = Visitor(cast, cast.good_therapy), [], 0
    somebody = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.PRACTICE))
    for route in provided("instance"):
        if route.who == PUBLIC or not any(part.startswith("<uuid:") for part in route.path.split("/")):
            continue  # the public one, an activation, tells nobody whether it exists: tests/instances
        for method, where in itertools.product(route.methods, (cast.elm_street, None)):
            address = filled(route, where or cast.good_therapy, cast)
            if where is None:
                address = "/".join(str(uuid.uuid4()) if len(part) == 36 else part for part in address.split("/"))
            visitor.become(somebody)
            before, were = last_event(cast.good_therapy), state.of_instance(cast.elm_street)
            got = verdict(visitor.send(method, address))
            asked += 1
            if got != MISSING:
                faults.append(f"{method} {route}: {got}, not {MISSING}")
            if last_event(cast.good_therapy) == before:
                faults.append(f"{method} {route}: nothing on the record")
            if state.of_instance(cast.elm_street) != were:
                faults.append(f"{method} {route}: changed Elm Street")
    assert not faults, "\n".join(["", *faults])
    assert asked > 20


@pytest.mark.parametrize("override", [{}, {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"}])
def test_no_get_changes_anything(cast, override):
    """Case 55: neither by itself nor dressed as something else."""
    visitor, faults = Visitor(cast, cast.good_therapy), []
    somebody = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.PRACTICE))
    data = {"_method": "DELETE", "csrfmiddlewaretoken": "x"} if override else None
    for route in provided("instance"):
        if "GET" not in route.methods:
            continue
        address = filled(route, cast.good_therapy, cast)
        visitor.become(somebody)
        before = state.of_all(cast.good_therapy, without=TOUCHED_BY_READING)
        visitor.send("GET", address, data, **override)
        if state.of_all(cast.good_therapy, without=TOUCHED_BY_READING) != before:
            faults.append(str(route))
    assert not faults, "\n".join(["", *faults])


def test_every_form_without_its_token_is_refused_and_changes_nothing(cast):
    """Case 55."""
    visitor, faults, seen = Visitor(cast, cast.good_therapy, enforce_csrf_checks=True), [], set()
    somebody = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.PRACTICE))
    for route in provided("instance"):
        if "POST" not in route.methods:
            continue
        address = filled(route, cast.good_therapy, cast)
        visitor.become(somebody)
        before = state.of_all(cast.good_therapy, without=("audit_event",))
        event = last_event(cast.good_therapy)
        got = verdict(visitor.send("POST", address, {"csrfmiddlewaretoken": "a" * 64}))
        if getattr(route.view, "csrf_exempt", False):
            seen.add(route.path)
            continue
        if got != REFUSED:
            faults.append(f"{route}: {got}")
        if state.of_all(cast.good_therapy, without=("audit_event",)) != before:
            faults.append(f"{route}: changed something")
        if last_event(cast.good_therapy) == event:
            faults.append(f"{route}: nothing on the record")
    assert not faults, "\n".join(["", *faults])
    assert seen <= WITHOUT_CSRF


def test_every_answer_carries_the_headers_that_keep_it_to_one_person(cast):
    visitor, faults = Visitor(cast, cast.good_therapy), []
    somebody = Kind("administrator", UserType.ADMINISTRATOR, offered(InstanceKind.PRACTICE))
    for route in provided("instance"):
        for kind, method in itertools.product((ANONYMOUS, somebody), METHODS):
            response = visitor.become(kind).send(method, filled(route, cast.good_therapy, cast))
            wrong = {
                name for name, value in HEADERS.items()
                if not response.get(name, "").startswith(value)
            }
            if wrong and route.path not in LEAVES_NO_EVENT - {"sign-in/"}:
                faults.append(f"{method} {route}: {', '.join(sorted(wrong))}")
    assert not faults, "\n".join(["", *faults])


def test_an_address_that_is_not_there_is_recorded_for_whoever_is_signed_in(cast):
    visitor = Visitor(cast, cast.good_therapy).become(Kind("somebody", UserType.REGULAR))

    assert verdict(visitor.send("GET", "/no/such/page/")) == MISSING
    assert [e.object for e in cast.events(cast.good_therapy, action="page.missing")] == ["/no/such/page/"]


# Planted faults: what these checks are there to find.


@require_safe
def undeclared_view(request):
    return HttpResponse("anybody reads this")


@allows(Permission.VIEW_REPORTS)
@require_safe
def wrong_view(request):
    return HttpResponse("clients")


@public
@require_safe
def silent_view(request):
    return HttpResponse("clients")


planted = [
    path("planted/undeclared/", undeclared_view),
    path("planted/wrong/", wrong_view),
    path("planted/open/", silent_view),
]


@pytest.fixture
def with_planted(monkeypatch):


    monkeypatch.setattr(front, "urlpatterns", [*front.urlpatterns, *planted])
    for name in ("planted/undeclared/", "planted/wrong/", "planted/open/"):
        monkeypatch.setitem(CATALOGUE["instance"], name, Permission.VIEW_CLIENTS)
    clear_url_caches()
    yield list(walk(planted, "instance"))
    clear_url_caches()


def test_an_undeclared_view_is_refused_to_everybody(cast, with_planted):
    visitor = Visitor(cast, cast.good_therapy)
    for kind in kinds_for(Permission.VIEW_CLIENTS, InstanceKind.PRACTICE):
        assert visitor.become(kind).send("GET", "/planted/undeclared/").status_code == 403, kind.name


def test_a_view_without_a_rule_or_with_a_wrong_one_is_found_by_what_it_declares(with_planted):
    assert undeclared(with_planted) == [
        "instance: /planted/undeclared/ declares no rule: @allows, @signed_in or @public",
        "instance: /planted/wrong/ lets in “view_reports”, and the catalogue says “view_clients”",
        "instance: /planted/open/ lets in “public”, and the catalogue says “view_clients”",
    ]


def test_a_view_with_a_wrong_permission_is_found_by_how_it_answers(cast, with_planted):
    found = {fault.partition(",")[0] for fault in faults_of(with_planted, cast, cast.good_therapy)}

    assert found == {f"GET instance: /planted/{name}/" for name in ("undeclared", "wrong", "open")}


def test_a_route_that_nobody_provided_for_is_found():
    route = Route("instance", "gossip/<uuid:id>/", undeclared_view, ("id",))

    faults = unprovided([route])

    assert faults[:2] == [
        "instance: /gossip/<uuid:id>/ stands in no CATALOGUE of tests/security/routes.py: say who may come in",
        "instance: /gossip/<uuid:id>/: add gossip/<uuid:id> to tests/security/fillings.py",
    ]
    assert "instance: /sign-in/ is gone" in faults
