"""What happened and what was recorded are the same, one to one: every route, as every kind of user."""

import pytest

from countersign.audit import record
from tests.record import comparing, driving
from tests.record.expected import FORMS, READS, SENDS
from tests.security.bodies import BODIES, NOTE
from tests.security.kinds import Kind
from tests.security.routes import CATALOGUE, CONSOLE, EMPTY_FORMS, LEAVES_NO_EVENT, PUBLIC, provided

pytestmark = pytest.mark.usefixtures("home_not_asked")


def said(found):
    return "\n".join(["", *found])


def of(seen):
    return [fault for one in seen for fault in comparing.faults(one)]


def unfound(seen):
    """Sentences about each event of a run whose absence the comparison would not notice."""
    found = []
    for one in seen:
        found += [f"{one}: {e.action}" for e in one.events if not comparing.faults(one.without(e))]
        found += [
            f"{one}: {e.action} elsewhere" for e in one.elsewhere if not comparing.faults(one.without_elsewhere(e))
        ]
    return found


def test_a_practice_records_every_request_of_every_kind_of_user_one_to_one(cast):
    seen = driving.drive(provided("instance"), cast, cast.good_therapy)

    assert not (found := of(seen)), said(found)
    written = {event.action for one in seen for event in one.events}
    assert len(seen) > 500 and len(written) > 45, (len(seen), sorted(written))
    assert not (found := unfound(seen)), said(found)
    assert NOTE not in str([(e.object, e.changes, e.reason) for one in seen for e in one.events])
    # Each action in turn is one that nobody writes any more: the run as a whole finds it.
    for action in written:
        dropped = [one.without(e) for one in seen for e in one.events if e.action == action]
        assert of(dropped), f"{action} could be left unwritten and nobody would notice"


def test_support_records_what_it_does_in_its_own_record_and_in_the_other_instances(cast):
    console = [route for route in provided("console") if route.path in CONSOLE]

    seen = driving.drive(console, cast, cast.support)

    assert not (found := of(seen)), said(found)
    assert not (found := unfound(seen)), said(found)
    assert {e.action for one in seen for e in one.elsewhere} == {
        "instance.opened", "instance.suspended", "activation.sent", "listing.changed", "admin-site.began",
        "admin-site.ended", "support.asked",
    }


def test_an_admin_site_records_every_request_in_the_record_of_its_company(cast):
    """Rival's: what is planted there as a visit is one of ACME's, and nobody visits themselves."""
    found, site = provided("customers"), cast.site(cast.rival, "rival-customers")

    seen = [
        *driving.drive(found, cast, cast.rival, site), *driving.drive_public(found, cast, cast.rival, site),
        *driving.drive_stale(found, cast, cast.rival, site),
    ]

    assert not (wrong := of(seen)), said(wrong)
    assert not (wrong := unfound(seen)), said(wrong)
    assert {e.action for one in seen for e in one.events} >= {"customers.listed", "customer.marked", "key.used"}


def test_whose_time_is_over_is_on_the_record_once_whatever_they_ask_for(cast):
    seen = driving.drive_stale(provided("instance"), cast, cast.good_therapy)

    assert not (found := of(seen)), said(found)
    assert not (found := unfound(seen)), said(found)
    assert driving.visits_without_an_ending(cast.good_therapy) == []


def test_public_routes_leave_nothing_of_nobody_and_one_event_of_whoever_is_signed_in(cast):
    seen = driving.drive_public(provided("instance"), cast, cast.good_therapy)

    assert not (found := of(seen)), said(found)
    assert not (found := unfound(seen)), said(found)
    silent = {one.route.path for one in seen if not any(two.events for two in seen if two.route == one.route)}
    assert silent == LEAVES_NO_EVENT
    read = {one.route.path for one in seen if one.method == "GET" and one.kind.type is None and one.status == 200}
    assert read - LEAVES_NO_EVENT == EMPTY_FORMS


def test_the_routes_that_write_nothing_are_these_and_no_others():
    doors = ("instance", "console", "customers")
    found = {route.path for door in doors for route in provided(door) if route.rule.silent}

    assert found == LEAVES_NO_EVENT == {
        "healthz", "readyz", ".well-known/openid-configuration", ".well-known/jwks.json",
    }
    assert {path for path, who in CATALOGUE["instance"].items() if who == PUBLIC} >= EMPTY_FORMS


def test_every_route_says_what_it_leaves_on_the_record():
    found = []
    for route in (*provided("instance"), *provided("console"), *provided("customers")):
        if route.who == PUBLIC:
            continue
        if {"GET"} & set(route.methods) and route.path not in {*READS, *FORMS}:
            found.append(f"{route}: say in tests/record/expected.py, READS (or FORMS), what reading it is called")
        if "POST" in route.methods and route.path not in SENDS:
            found.append(f"{route}: say in tests/record/expected.py, SENDS, what sending it leaves on the record")
        if "POST" in route.methods and route.path not in BODIES:
            found.append(f"{route}: add a form that is accepted to tests/security/bodies.py")
    assert not found, said(found)


# Planted faults: one write is left out, and the comparison finds it.


@pytest.fixture
def dropping(monkeypatch):
    """Makes the record lose one action, wherever it is written."""
    write = record.write

    def lose(action):
        monkeypatch.setattr(
            record, "write", lambda actor, what, **more: None if what == action else write(actor, what, **more)
        )

    return lose


@pytest.mark.parametrize(
    "action",
    ["client.opened", "client.changed", "clients.exported", "note.signed", "user.changed", "user.password.forced",
     "page.refused", "page.missing", "visit.ended", "visit.left", "session.foreign", "group.deleted"],
)
def test_an_event_that_nobody_writes_any_more_is_found(cast, dropping, action):
    asked = {path for path, wanted in SENDS.items() if not callable(wanted) and action in wanted}
    asked |= {path for path, wanted in READS.items() if action == wanted}
    asked |= {"notes/<uuid:id>/signature/"} if action == "note.signed" else set()
    routes = [r for r in provided("instance") if r.path in (asked or {"clients/", "leave/", "visits/"})]
    assert of(driving.drive(routes, cast, cast.good_therapy)) == []

    dropping(action)

    assert of(driving.drive(routes, cast, cast.good_therapy)), action


def test_an_expiry_that_nobody_writes_any_more_is_found(cast, dropping):
    routes = [route for route in provided("instance") if route.path == "clients/"]
    dropping("session.expired")

    assert of(driving.drive_stale(routes, cast, cast.good_therapy))


def test_an_event_with_a_wrong_word_is_found(cast):
    (seen,) = [
        one for one in driving.drive([r for r in provided("instance") if r.path == "clients/<uuid:id>/edit/"], cast,
                                     cast.good_therapy)
        if one.method == "POST" and one.kind == Kind("administrator", one.kind.type, one.kind.holds)
    ]
    (event,) = seen.events
    assert comparing.faults(seen) == []

    for name, lie in {
        "person": "Somebody Else", "source": "support", "sub": "", "visit": "x", "result": "refused", "client_id": "",
        "action": "client.opened", "address": "", "browser": "", "changes": {},
    }.items():
        truth = getattr(event, name)
        setattr(event, name, lie)
        assert comparing.faults(seen), name
        setattr(event, name, truth)
    for column in list(event.changes):
        kept = event.changes.pop(column)
        assert comparing.faults(seen), column
        event.changes[column] = [kept[1], kept[0]]
        assert comparing.faults(seen), column
        event.changes[column] = kept
