"""Who may use which key, from when to when; whoever may not any more is out, whatever becomes of the message."""

import time
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from countersign.audit.actors import system
from countersign.identity import notices
from countersign.identity.models import RelyingParty
from countersign.instances import binding, hosts
from countersign.keyring import assignments, lists
from countersign.keyring.models import Assignment, Membership
from countersign.people import accounts
from countersign.people.models import User, UserType
from tests.access.steps import opens
from tests.cast import PASSWORD
from tests.keyring.ringing import ADA, assign, at_home, enter, jane_holds_a_key, put_in

DAY = timedelta(days=1)


@pytest.fixture
def moved(monkeypatch):
    """Moves the clock of everything: moved(timedelta)."""
    now, clock, off = timezone.now, time.time, [timedelta(0)]
    monkeypatch.setattr(timezone, "now", lambda: now() + off[0])
    monkeypatch.setattr(time, "time", lambda: clock() + off[0].total_seconds())
    return lambda delta: off.__setitem__(0, off[0] + delta)


@pytest.fixture
def ada(cast):
    cast.administrator(cast.acme, "ada", "Ada Whitlock")
    return cast.signed_in(cast.acme, "ada")


def today(cast):
    with binding.bind(cast.acme):
        return assignments.today()


def why_not(cast, user, billing_user="acme-billing"):
    with binding.bind(cast.acme):
        return assignments.why_not(user, RelyingParty(client_id=hosts.root(cast.good_therapy)), billing_user)


def ended(cast):
    notices.settle()
    return [event.reason for event in cast.events(cast.good_therapy, action="visit.ended")]


def june(cast):
    return cast.user(cast.acme, "june", UserType.RESTRICTED, name="June Park")


def test_each_reason_is_named(cast):
    jane = cast.jane()
    assert why_not(cast, jane) == "", "a key that is in no ring is everybody's, as it was"
    key, day = put_in(cast), today(cast)
    assert why_not(cast, jane) == "The key acme-billing is not assigned to you"
    later = assign(cast, key, jane, begins_on=day + 2 * DAY)
    assert why_not(cast, jane) == f"The key acme-billing is assigned to you from {day + 2 * DAY:%m/%d/%Y}"
    with binding.bind(cast.acme):
        assignments.end(later, by=ADA)
        Assignment.objects.create(key=key, user=jane, begins_on=day - 3 * DAY, ends_on=day - DAY, made_by="Ada")
    assert why_not(cast, jane) == f"Your assignment of the key acme-billing ended on {day - DAY:%m/%d/%Y}"
    assign(cast, key, jane)
    assert why_not(cast, jane) == ""


def test_days_are_those_of_the_companys_zone(cast, monkeypatch):
    jane = cast.jane()
    key = put_in(cast)
    with binding.bind(cast.acme):
        Assignment.objects.create(
            key=key, user=jane, begins_on=date(2026, 3, 10), ends_on=date(2026, 3, 10), made_by="Ada"
        )
    zone = ZoneInfo("America/New_York")
    for hour, minute, day, may in ((23, 59, 9, False), (0, 0, 10, True), (23, 59, 10, True), (0, 0, 11, False)):
        moment = datetime(2026, 3, day, hour, minute, tzinfo=zone)
        monkeypatch.setattr(timezone, "now", lambda moment=moment: moment.astimezone(ZoneInfo("UTC")))
        with timezone.override(ZoneInfo("Asia/Tokyo")):
            assert (why_not(cast, jane) == "") is may, moment


def test_taking_it_back_ends_the_visit_with_a_message_at_once(cast, ada):
    jane, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    enter(cast, browser, key)
    with binding.bind(cast.acme):
        (one,) = Assignment.objects.filter(user=jane)

    ada.post(f"/key-ring/assignments/{one.id}/ending/")

    assert ended(cast) == ["ended at home: the key was taken back"]
    assert not opens(cast, browser)
    ada.post(f"/key-ring/assignments/{one.id}/ending/")
    assert [e.result for e in cast.events(cast.acme, action="assignment.ended")] == ["ok", "refused"]


def test_what_still_stands_is_left_alone(cast, ada):
    """Assigned twice, or June beside her: who may still use the key stays in."""
    jane, _, key = jane_holds_a_key(cast)
    assign(cast, key, june(cast))
    second = assign(cast, key, jane)
    browsers = at_home(cast), at_home(cast, "june")
    for browser in browsers:
        enter(cast, browser, key)

    ada.post(f"/key-ring/assignments/{second.id}/ending/")

    assert ended(cast) == [] and all(opens(cast, browser) for browser in browsers)


def test_the_clock_alone_ends_it_and_the_poll_finds_that(cast, moved, monkeypatch):
    jane = cast.jane()
    cast.key()
    key = put_in(cast)
    assign(cast, key, jane, ends_on=today(cast))
    monkeypatch.setattr(settings, "IDLE_SECONDS", 4 * 86400)
    monkeypatch.setattr(settings, "ABSOLUTE_SECONDS", 4 * 86400)
    browser = at_home(cast)
    enter(cast, browser, key)
    assert opens(cast, browser)

    moved(DAY)

    assert not opens(cast, browser)
    last = f"{today(cast) - DAY:%m/%d/%Y}"
    assert ended(cast) == [f"ended at home: Your assignment of the key acme-billing ended on {last}"]


def test_a_team_holds_a_key_for_whoever_is_in_it(cast, ada):
    jane = cast.jane()
    cast.key()
    key = put_in(cast)
    response = ada.post("/key-ring/teams/", {"name": "Full cycle"})
    team = response["Location"].rstrip("/").rpartition("/")[2]
    ada.post(f"/key-ring/{key.id}/assignments/", {"to": f"team {team}", "begins_on": f"{today(cast):%m/%d/%Y}"})
    assert why_not(cast, jane)

    assert ada.post(response["Location"], {"to": jane.id}).status_code == 302
    browser = at_home(cast)
    enter(cast, browser, key)
    assert opens(cast, browser)

    with binding.bind(cast.acme):
        member = Membership.objects.get(user=jane)
    ada.post(f"/key-ring/memberships/{member.id}/ending/")
    assert ended(cast) == ["ended at home: the person left the team that may use the key"]
    assert why_not(cast, jane) == "The key acme-billing is not assigned to you"
    page = ada.post(response["Location"], {"to": jane.id}).status_code, ada.post(response["Location"], {"to": jane.id})
    assert page[0] == 302 and "in this team already" in page[1].content.decode()
    assert "a team of this name already" in ada.post("/key-ring/teams/", {"name": "Full cycle"}).content.decode()


@pytest.mark.parametrize(("changes", "said"), [
    ({"begins_on": "13/45/2026"}, "Enter a date such as 03/15/2026."),
    ({"ends_on": "01/01/2020"}, "The last day must not be before the first."),
    ({"begins_on": "01/01/2020", "ends_on": "01/02/2020"}, "This day is over."),
    ({"to": ""}, "Choose"),
    ({"to": "somebody"}, "Select a valid choice"),
    ({"begins_on": ""}, "Enter"),
])
def test_bad_input_is_named_beside_its_field_and_nothing_is_saved(cast, ada, changes, said):
    cast.key()
    key, jane = put_in(cast), cast.jane()

    response = ada.post(
        f"/key-ring/{key.id}/assignments/", {"to": jane.id, "begins_on": f"{today(cast):%m/%d/%Y}", **changes}
    )

    assert response.status_code == 422 and said in response.content.decode()
    with binding.bind(cast.acme):
        assert not Assignment.objects.exists()


def test_nobody_inactive_is_assigned_and_whoever_becomes_so_is_out(cast, ada):
    jane, _, key = jane_holds_a_key(cast)
    browser = at_home(cast)
    enter(cast, browser, key)
    with binding.bind(cast.acme):
        accounts.inactivate(User.objects.get(id=jane.id), by=system())
        jane.refresh_from_db()
        with pytest.raises(ValidationError, match="Jane Doe is inactive"):
            assignments.assign(key, to=jane, begins_on=assignments.today(), ends_on=None, by=ADA, grantor=User())

    assert ended(cast) == ["ended at home: the user was inactivated"]
    page = ada.get(f"/key-ring/{key.id}/").content.decode()
    assert "Person inactive" in page


def test_nobody_gives_a_key_to_themselves_directly_or_by_a_team(cast):
    cast.key()
    key = put_in(cast)
    jo = cast.user(cast.acme, "jo", name="Jo Castellano", permissions=["manage_key_ring"])
    client, day = cast.signed_in(cast.acme, "jo", PASSWORD), f"{today(cast):%m/%d/%Y}"
    with binding.bind(cast.acme):
        team = assignments.make_team(name="Mine", by=ADA)
    refused = [
        client.post(f"/key-ring/{key.id}/assignments/", {"to": jo.id, "begins_on": day}),
        client.post(f"/key-ring/teams/{team.id}/", {"to": jo.id}),
    ]
    with binding.bind(cast.acme):
        assignments.join(team, jo, by=ADA, grantor=User(type="administrator"))
    refused.append(client.post(f"/key-ring/{key.id}/assignments/", {"to": f"team {team.id}", "begins_on": day}))

    assert [response.status_code for response in refused] == [422] * 3
    assert all(assignments.NOT_ONESELF in response.content.decode() for response in refused)
    assert why_not(cast, jo) and client.post(f"/launch-pad/{key.id}/entry/").status_code == 422


def test_the_launch_pad_lists_what_one_may_use_now_and_nothing_else(cast):
    jane, _, _ = jane_holds_a_key(cast)
    cast.key("acme-payments")
    cast.key("acme-claims")
    assign(cast, put_in(cast, "acme-payments"), jane, begins_on=today(cast) + DAY)
    assign(cast, put_in(cast, "acme-claims"), june(cast))

    page = cast.signed_in(cast.acme, "jane", PASSWORD).get("/launch-pad/").content.decode()

    assert "acme-billing" in page and "acme-payments" not in page and "acme-claims" not in page
    assert 'class="tag good">Live' in page


def test_the_page_of_people_and_customers_and_that_of_one_key_agree(cast, ada):
    _, _, key = jane_holds_a_key(cast)
    june(cast)
    with binding.bind(cast.acme):
        columns, rows = lists.people()
        assert [str(one) for one in columns] == ["acme-billing of Good Therapy, Inc."]
        assert {user.name: cells for user, cells in rows} == {
            "Ada Whitlock": [False], "Jane Doe": [True], "June Park": [False],
        }
    assert ada.get("/key-ring/people/").content.decode().count(">Yes<") == 1
    assert "Jane Doe (jane)" in ada.get(f"/key-ring/{key.id}/").content.decode()
