"""A client that is not a Billing user's is not there, by any route; and what somebody of theirs sees, could leak.

Every route whose address names something of a client is found by itself: filling it makes a client.
"""

from datetime import date
from itertools import product

import pytest
from django.http import HttpResponse
from django.urls import clear_url_caches, path
from django.views.decorators.http import require_safe

from countersign.audit import record
from countersign.audit.actors import system
from countersign.audit.models import Event
from countersign.clients import listing, models
from countersign.clients.consent import Consent
from countersign.clients.models import Client, ClientQuerySet
from countersign.instances import binding
from countersign.people.gate import allows
from countersign.people.models import AccessTag, User, UserType
from countersign.people.permissions import BILLING_CEILING, Permission
from countersign.urls import instance as front
from tests.security.kinds import ALLOWED, MISSING, REFUSED, Kind, Visitor, verdict
from tests.security.routes import CATALOGUE, PUBLIC, filled, provided, walk

pytestmark = pytest.mark.usefixtures("home_not_asked")

CANARY = "Quillfeather"
# What locks the client → the Billing user it is locked to, beside one who has the tag, the switch and the consent.
TAG, SWITCH, CONSENT = "without the tag", "without the switch", "without a consent in force"
NARROW = {TAG: {"sees_part_2": True}, SWITCH: {"tagged": True}, CONSENT: {"tagged": True, "sees_part_2": True}}
WIDE = {"tagged": True, "sees_part_2": True}


class Practice:
    """Good Therapy with a tag, a Billing user that may see its clients and three that may not."""

    def __init__(self, cast):
        self.cast, self.where = cast, cast.good_therapy
        self.visitor = Visitor(cast, self.where)
        with binding.bind(self.where):
            self.tag = AccessTag.objects.create(name="Adults", created_by="the test")
        self.wide = self.billing_user("wide", **WIDE)
        self.narrow = {why: self.billing_user(why, **reach) for why, reach in NARROW.items()}

    def billing_user(self, name, *, tagged=False, sees_part_2=False):
        kind = Kind(f"visit {name}", UserType.BILLING, BILLING_CEILING)
        self.visitor.become(kind)
        with binding.bind(self.where):
            user = self.visitor.users[kind]
            User.objects.filter(id=user.id).update(sees_part_2=sees_part_2)
            user.tags.set([self.tag] if tagged else [])
        return kind

    def lock(self, client, why=None):
        """Make the client one whom only the wide Billing user sees, for this reason; without one for all to see."""
        with binding.bind(self.where):
            client.tags.set([self.tag] if why == TAG else [])
            # Filed first, so that it stands on the first page of the list however many clients the walk has made.
            Client.objects.filter(id=client.id).update(
                part_2=why in (SWITCH, CONSENT), last_name=CANARY, filed_as="a",
            )
            Consent.objects.filter(client=client).delete()
            if why == SWITCH:
                Consent.objects.create(client=client, given_on=date(2026, 1, 5), recorded_by="the test")

    def of_a_client(self, route):
        """(address, the client made with it), or None for a route that is about no client."""
        if route.who == PUBLIC or "<uuid:id>" not in route.path:
            return None
        with binding.bind(self.where):
            before = set(Client.objects.values_list("id", flat=True))
        address = filled(route, self.where, self.cast)
        with binding.bind(self.where):
            client = Client.objects.exclude(id__in=before).first()
        return client and (address, client)

    def tell(self, client):
        """Put the client's name on the record, as whom an event is about and as what others searched for."""
        with binding.bind(self.where):
            client.refresh_from_db()
            record.write(system(), "client.opened", client=client)
            record.write(system(), "clients.searched", changes={"q": CANARY})
            return Event.objects.filter(action="client.opened").latest("seq")

    def ask(self, kind, method, address):
        return self.visitor.become(kind).send(method, address)


def names(response):
    return CANARY.encode() in (b"".join(response) if response.streaming else response.content)


def leaks(practice, routes):
    """(how many routes are about a client, sentences about each that shows one to whom it is not there)."""
    faults, asked = [], 0
    for route in routes:
        found = practice.of_a_client(route)
        if not found:
            continue
        address, client = found
        asked += 1
        for method, why in product({"GET", "POST"} & set(route.methods), NARROW):
            practice.lock(client, why)
            before = len(practice.cast.events(practice.where, action="page.missing"))
            response = practice.ask(practice.narrow[why], method, address)
            # What no Billing user may do at all is refused before anybody looks for the client.
            wanted = (MISSING,) if route.rule.visitors and route.who in BILLING_CEILING else (REFUSED,)
            if verdict(response) not in wanted or names(response):
                faults.append(f"{method} {route}, {why}: {verdict(response)}")
            elif wanted == (MISSING,) and len(practice.cast.events(practice.where, action="page.missing")) == before:
                faults.append(f"{method} {route}, {why}: not on the record")
            practice.lock(client, why if why != CONSENT else None)
            if wanted == (MISSING,) and verdict(practice.ask(practice.wide, method, address)) != ALLOWED:
                faults.append(f"{method} {route}: nor is it there for who has all, so nothing could leak")
    return asked, faults


def shown(practice, routes, kind, client):
    """The addresses without a client in them at which somebody of this kind reads the client's name."""
    found = set()
    for route in routes:
        if route.who != PUBLIC and "GET" in route.methods and not practice.of_a_client(route):
            practice.tell(client)
            if names(practice.ask(kind, "GET", filled(route, practice.where, practice.cast))):
                found.add(route.path)
    return found


@pytest.fixture
def practice(cast):
    return Practice(cast)


def test_a_client_that_is_not_theirs_is_missing_at_every_route(practice):
    asked, faults = leaks(practice, provided("instance"))

    assert not faults, "\n".join(["", *faults])
    assert asked >= 24


@pytest.mark.parametrize("why", NARROW)
def test_no_list_search_report_or_export_names_a_client_that_is_not_theirs(practice, why):
    routes = [route for route in provided("instance") if route.path != "leave/"]
    client = practice.of_a_client(next(r for r in routes if r.path == "clients/<uuid:id>/"))[1]
    practice.lock(client, why)

    assert shown(practice, routes, practice.narrow[why], client) == set()

    practice.lock(client, why if why != CONSENT else None)
    assert shown(practice, routes, practice.wide, client) >= {
        "clients/", "clients/export/", "reports/general-log/", "reports/general-log/export/", "record/download/",
    }


@pytest.mark.parametrize("why", NARROW)
def test_an_event_about_a_client_that_is_not_theirs_is_missing_too(practice, why):
    routes = {route.path: route for route in provided("instance")}
    client = practice.of_a_client(routes["clients/<uuid:id>/"])[1]
    practice.lock(client, why)
    seq = practice.tell(client).seq
    addresses = [f"/reports/general-log/{seq}/", f"/record/events/{seq}/proof/"]

    hidden = [practice.ask(practice.narrow[why], "GET", address).status_code for address in addresses]
    whole = practice.ask(practice.narrow[why], "GET", "/record/download/").status_code
    practice.lock(client, why if why != CONSENT else None)
    seen = [practice.ask(practice.wide, "GET", address).status_code for address in (*addresses, "/record/download/")]

    assert (hidden, whole, seen) == ([404, 404], 403, [200, 200, 200])


def test_a_client_that_is_not_theirs_is_no_place_from_which_a_list_continues(practice):
    routes = {route.path: route for route in provided("instance")}
    client = practice.of_a_client(routes["clients/<uuid:id>/"])[1]
    practice.lock(client, TAG)

    answers = [
        practice.ask(kind, "GET", f"/clients/?after={client.id}").status_code
        for kind in (practice.narrow[TAG], practice.wide)
    ]

    assert answers == [404, 200]


# Planted faults: each guard is shown to find what it is there for.


@allows(Permission.VIEW_CLIENTS)
@require_safe
def around(request, id):
    return HttpResponse(str(Client.objects.get(id=id)))


def test_a_view_that_goes_around_the_set_is_found(practice, monkeypatch):
    planted = [path("clients/<uuid:id>/planted/", around)]
    monkeypatch.setattr(front, "urlpatterns", [*front.urlpatterns, *planted])
    monkeypatch.setitem(CATALOGUE["instance"], "clients/<uuid:id>/planted/", Permission.VIEW_CLIENTS)
    clear_url_caches()
    try:
        asked, faults = leaks(practice, list(walk(planted, "instance")))
    finally:
        clear_url_caches()

    assert asked == 1
    assert faults == [f"GET instance: /clients/<uuid:id>/planted/, {why}: allowed" for why in NARROW]


@pytest.mark.parametrize(("dropped", "found"), [("tags", {TAG}), ("part_2", {SWITCH, CONSENT}), ("consent", {CONSENT})])
def test_a_condition_that_is_forgotten_is_found(practice, monkeypatch, dropped, found):
    kept = ClientQuerySet.visible_to

    def forgetful(clients, user):
        if dropped == "tags":
            return kept(clients, user) | clients.filter(part_2=False)
        if dropped == "part_2":
            return clients.filter(tags=None)
        return kept(clients, user) | clients.filter(part_2=True) if user.sees_part_2 else kept(clients, user)

    monkeypatch.setattr(models.ClientQuerySet, "visible_to", forgetful)
    routes = [route for route in provided("instance") if route.path == "clients/<uuid:id>/"]
    monkeypatch.setattr(listing, "FIRST_PAGE", {})

    _, faults = leaks(practice, routes)

    assert {why for why in NARROW if any(why in fault for fault in faults)} == found
