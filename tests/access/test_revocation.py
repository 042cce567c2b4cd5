"""Who is out, and when: a change at the practice counts from the next request, one at home within a minute at most.

Security-cases 1, 2, 5, 7-10, 12-14, D2, D9. Time is moved by changing what was written down, never by sleeping.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from countersign.__main__ import run
from countersign.access.models import Visit
from countersign.audit.actors import system
from countersign.identity import dispatches, notices, parties
from countersign.identity.models import Entry
from countersign.instances import binding, catalogue, hosts
from countersign.instances.models import InstanceState, ListingState
from countersign.people import accounts, groups
from countersign.people.models import PermissionGroup, Session
from countersign.people.permissions import Permission
from tests.access.steps import host, opens, refusals, visits
from tests.cast import KEY, PASSWORD

NEW_PASSWORD = "eight swans on the weir"


@pytest.fixture
def still(monkeypatch):
    """`timezone.now` stands still: a second more or less must not hang on how busy the machine is."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


@pytest.fixture
def inside(cast):
    """Jane is in Good Therapy; there is something behind the door to lose."""
    cast.jane()
    cast.key()
    browser = cast.visit()
    assert opens(cast, browser)
    return browser


def user(instance, user_id):
    with binding.bind(instance):
        return accounts.User.objects.get(user_id=user_id)


def at(instance, verb, *args, **kwargs):
    """Do something at an instance, and let its messages arrive."""
    with binding.bind(instance):
        verb(*args, by=system(), **kwargs)
    notices.settle()
    dispatches.settle()


def silent_for(cast, seconds):
    """As if the home had last confirmed the visits so many seconds ago."""
    with binding.bind(cast.good_therapy):
        Visit.objects.update(confirmed_at=timezone.now() - timedelta(seconds=seconds))


def endings(cast):
    """(who ended it, why) of every visit that has an ending."""
    with binding.bind(cast.good_therapy):
        return [(v.ending.by, v.ending.reason) for v in Visit.objects.filter(ending__isnull=False)]


AT_HOME = {
    "inactivated": (accounts.inactivate, {}, "the user was inactivated"),
    "a new password": (accounts.set_password, {"password": NEW_PASSWORD}, "the password was changed"),
    "signed out everywhere": (accounts.sign_out_everywhere, {}, "signed out everywhere"),
}


@pytest.mark.parametrize(("verb", "more", "why"), AT_HOME.values(), ids=AT_HOME)
def test_a_change_at_home_is_pushed_and_the_next_request_is_refused(cast, inside, verb, more, why):
    at(cast.acme, verb, user(cast.acme, "jane"), **more)

    assert not opens(cast, inside)
    assert endings(cast) == [("ACME Billing (home)", f"ended at home: {why}")]
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    assert (ended.object, ended.reason) == ("Jane Doe, for ACME Billing", f"ended at home: {why}")


@pytest.mark.parametrize(("verb", "more", "why"), AT_HOME.values(), ids=AT_HOME)
def test_with_the_message_lost_the_poll_finds_it_after_a_minute(cast, inside, wire, still, verb, more, why):
    wire.refuse(host(cast.good_therapy), "/sign-out/back-channel/", "/dispatches/")
    at(cast.acme, verb, user(cast.acme, "jane"), **more)
    assert opens(cast, inside)  # not asked yet
    silent_for(cast, 59)
    assert opens(cast, inside)

    silent_for(cast, 60)

    assert not opens(cast, inside)
    assert endings(cast) == [("Countersign", f"ended at home: {why}")]


def test_a_poll_that_is_answered_counts_for_another_minute(cast, inside, wire):
    silent_for(cast, 61)
    wire.asked.clear()

    answers = [opens(cast, inside), opens(cast, inside)]

    assert answers == [True, True]
    assert wire.paths("acme-billing").count("/standing/") == 1


def test_a_silent_home_suspends_after_two_minutes_and_nothing_is_lost(cast, inside, wire, still):
    wire.silence(host(cast.acme))
    silent_for(cast, 119)
    assert opens(cast, inside)

    silent_for(cast, 120)
    response = inside.get(hosts.root(cast.good_therapy) + "/clients/", follow=False)

    assert response.status_code == 503
    assert "ACME Billing has not confirmed this sign-in for two minutes" in inside.text
    (refused,) = cast.events(cast.good_therapy, action="page.refused")
    assert (refused.person, refused.visit) == ("Jane Doe", str(visits(cast)[0].id))
    assert endings(cast) == []
    wire.stands_in.clear()
    assert opens(cast, inside)


def test_a_home_that_cannot_verify_us_just_now_suspends_and_does_not_end(cast, inside, wire):
    """401 may mean that it could not fetch our keys; only 403 says that it serves us no more."""
    wire.refuse(host(cast.acme), "/standing/", status="401 Who?")
    silent_for(cast, 121)

    assert inside.get(hosts.root(cast.good_therapy) + "/clients/", follow=False).status_code == 503
    assert endings(cast) == []


def test_a_suspended_visit_does_nothing_by_post_either(cast, inside, wire):
    wire.silence(host(cast.acme))
    silent_for(cast, 121)

    response = inside.post(hosts.root(cast.good_therapy) + "/clients/new/", {"last_name": "X"}, follow=False)

    assert response.status_code == 503


def test_a_new_password_of_the_key_ends_its_visits_and_the_old_one_opens_nothing(cast, inside):
    at(cast.good_therapy, accounts.set_password, user(cast.good_therapy, "acme-billing"), password=NEW_PASSWORD)

    assert not opens(cast, inside)
    assert endings(cast) == [("Countersign", "the password was changed")]
    browser = cast.first_part(password=KEY)
    assert "is not right" in browser.text
    assert "/authorize/" in cast.first_part(password=NEW_PASSWORD).url


def test_inactivating_the_billing_user_ends_the_visits_of_everybody_behind_it(cast, inside):
    cast.user(cast.acme, "june", name="June Lee")
    second = cast.visit(user_id="june")

    at(cast.good_therapy, accounts.inactivate, user(cast.good_therapy, "acme-billing"))

    assert not opens(cast, inside) and not opens(cast, second)
    assert endings(cast) == [("Countersign", "the user was inactivated")] * 2
    at(cast.good_therapy, accounts.reactivate, user(cast.good_therapy, "acme-billing"), grantable=None)
    assert not opens(cast, inside)


def test_another_key_of_the_same_company_is_untouched(cast, inside):
    cast.user(cast.acme, "june", name="June Lee")
    cast.key("acme-payments")
    other = cast.visit("acme-payments", "june")

    at(cast.good_therapy, accounts.inactivate, user(cast.good_therapy, "acme-billing"))

    assert opens(cast, other) and not opens(cast, inside)


def test_a_group_that_loses_a_permission_counts_at_the_next_request(cast, inside):
    with binding.bind(cast.good_therapy):
        group = PermissionGroup.objects.get(name="Billing full cycle")
        remaining = [p for p in group.permissions if p != Permission.VIEW_CLIENTS]
        groups.change(
            group, by=system(), name=group.name, description=group.description, permissions=remaining,
            grantable=frozenset(Permission),
        )

    response = inside.get(hosts.root(cast.good_therapy) + "/clients/", follow=False)

    assert response.status_code == 403
    assert endings(cast) == []


def test_a_key_that_moves_to_another_company_puts_the_first_one_out_and_history_stays(cast, inside):
    key = user(cast.good_therapy, "acme-billing")
    cast.agreed(company=cast.rival)
    with binding.bind(cast.good_therapy):
        accounts.change(
            key, by=system(), grantable=None, name=key.name, email="", type=key.type, groups=key.groups.all(),
            permissions=[], billing_company=cast.rival.id,
        )

    assert not opens(cast, inside)
    assert endings(cast) == [("Countersign", "the Billing user was given to another company")]
    assert [v.company for v in visits(cast)] == ["ACME Billing"]
    assert cast.first_part().url.startswith(hosts.root(cast.rival))


@pytest.mark.parametrize("state", [ListingState.SUSPENDED, ListingState.DELISTED])
def test_support_ends_every_visit_of_a_company_and_listing_it_again_revives_none(cast, inside, state):
    cast.installation.list(cast.acme, state, "complaints")

    assert not opens(cast, inside)
    assert endings(cast) == [("Countersign", "ACME Billing is not a listed billing company")]
    cast.installation.list(cast.acme, ListingState.LISTED, "cleared")
    assert not opens(cast, inside)
    assert opens(cast, cast.visit())


def test_a_visit_that_made_no_request_while_the_company_was_suspended_is_over_all_the_same(cast, inside):
    cast.installation.list(cast.acme, ListingState.SUSPENDED, "complaints")
    cast.installation.list(cast.acme, ListingState.LISTED, "cleared")

    assert not opens(cast, inside)
    assert endings(cast) == [("Countersign", "ACME Billing was not a listed billing company for a while")]


def test_a_suspended_company_instance_ends_its_visits(cast, inside):
    catalogue.change_state(cast.acme, state=InstanceState.SUSPENDED, by="Support", reason="unpaid")

    assert not opens(cast, inside)


def test_a_home_that_stops_a_practice_puts_its_people_out_and_issues_nothing_for_it(cast, inside):
    with binding.bind(cast.acme):
        party = parties.find(hosts.root(cast.good_therapy))
    at(cast.acme, parties.stop, party)

    assert not opens(cast, inside)
    assert endings(cast) == [("ACME Billing (home)", "ended at home: the company stopped serving this practice")]
    browser = cast.first_part()
    assert "asked in a way that is not accepted" in browser.text
    with binding.bind(cast.acme):
        assert Entry.objects.filter(ended_at=None).count() == 0


def test_a_practice_that_was_stopped_is_told_by_the_poll_when_the_message_is_lost(cast, inside, wire):
    wire.refuse(host(cast.good_therapy), "/sign-out/back-channel/")
    with binding.bind(cast.acme):
        party = parties.find(hosts.root(cast.good_therapy))
    at(cast.acme, parties.stop, party)
    silent_for(cast, 60)

    assert not opens(cast, inside)
    assert endings(cast) == [("Countersign", "ended at home: the home does not serve this practice any more")]


def test_leaving_ends_that_visit_and_no_other(cast, inside):
    other = cast.visit()

    inside.post(hosts.root(cast.good_therapy) + "/leave/")

    assert not opens(cast, inside) and opens(cast, other)
    assert endings(cast) == [("Jane Doe", "left")]


def test_signing_out_at_home_ends_every_visit_of_that_person_and_of_nobody_else(cast, inside):
    cast.user(cast.acme, "june", name="June Lee")
    again, june = cast.visit(), cast.visit(user_id="june")

    inside.post(hosts.root(cast.acme) + "/sign-out/")
    notices.settle()

    assert [opens(cast, b) for b in (inside, again, june)] == [False, False, True]
    assert endings(cast) == [("ACME Billing (home)", "ended at home: signed out")] * 2


def test_nothing_of_a_visit_is_kept_by_the_browser(cast, inside):
    page = inside.get(hosts.root(cast.good_therapy) + "/clients/", follow=False)
    left = inside.post(hosts.root(cast.good_therapy) + "/leave/", follow=False)

    assert "no-store" in page["Cache-Control"]
    assert left["Clear-Site-Data"] == '"cache"'


def test_the_practice_ends_a_visit_with_one_button(cast, inside):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    practice = cast.signed_in(cast.good_therapy, "priya")
    (visit,) = visits(cast)

    practice.post(f"/visits/{visit.id}/ending/")
    practice.post(f"/visits/{visit.id}/ending/")

    assert not opens(cast, inside)
    assert endings(cast) == [("Priya Raman", "ended by the practice")]
    assert [e.result for e in cast.events(cast.good_therapy, action="visit.ended")] == ["ok", "refused"]


def test_time_limits_end_a_visit(cast, inside):
    other = cast.visit()
    (first, second), now = visits(cast), timezone.now()
    with binding.bind(cast.good_therapy):
        Session.objects.filter(id=first.session_id).update(seen_at=now - timedelta(minutes=15))
        Session.objects.filter(id=second.session_id).update(expires_at=now)

    assert not opens(cast, inside) and not opens(cast, other)
    expired = [event.reason for event in cast.events(cast.good_therapy, action="session.expired")]
    assert expired == ["idle for 15 minutes", "absolute limit of 12 hours"]


def test_what_ran_out_of_time_is_not_ended_a_second_time_by_what_happens_later(cast, inside):
    (visit,) = visits(cast)
    with binding.bind(cast.good_therapy):
        Session.objects.filter(id=visit.session_id).update(seen_at=timezone.now() - timedelta(days=3))

    at(cast.acme, accounts.inactivate, user(cast.acme, "jane"))
    at(cast.good_therapy, accounts.inactivate, user(cast.good_therapy, "acme-billing"))

    assert endings(cast) == [("Countersign", "idle for 15 minutes")]
    assert cast.events(cast.good_therapy, action="visit.ended") == []
    assert len(cast.events(cast.good_therapy, action="session.expired")) == 1
    assert not opens(cast, inside)


def test_whoever_never_comes_back_is_on_the_record_all_the_same(cast, inside, capsys):
    """The visit ran out of time, and nobody makes a request or signs in after it."""
    (visit,) = visits(cast)
    with binding.bind(cast.good_therapy):
        Session.objects.filter(id=visit.session_id).update(seen_at=timezone.now() - timedelta(minutes=20))

    assert [run(["daily"]) for _ in range(2)] == [0, 0], capsys.readouterr().out

    (expired,) = cast.events(cast.good_therapy, action="session.expired")
    assert (expired.person, expired.company, expired.visit) == ("Jane Doe", "ACME Billing", str(visit.id))
    assert expired.reason == "idle for 15 minutes" and expired.changes["Ended at"].endswith("Z")
    assert endings(cast) == [("Countersign", "idle for 15 minutes")]
    assert not opens(cast, inside)


def test_a_leaver_is_noticed_at_every_practice_and_the_home_knows_which_those_were(cast, inside):
    """Case 14, as far as the first landing goes: a row at the practice at once, the list at home from the entries."""
    cast.agreed(cast.elm_street)
    with binding.bind(cast.elm_street):
        accounts.create(
            name="ACME", user_id="acme-elm", type="billing", by=system(), password=KEY, billing_company=cast.acme.id
        )
    browser = cast.first_part(browser=inside)
    browser.post(f"{hosts.root(cast.elm_street)}/sign-in/", {"user_id": "acme-elm", "password": KEY})
    browser.post(browser.url)
    assert browser.url.startswith(hosts.root(cast.elm_street))

    at(cast.acme, accounts.inactivate, user(cast.acme, "jane"))

    for practice in (cast.good_therapy, cast.elm_street):
        (ended,) = cast.events(practice, action="visit.ended")
        assert ended.reason == "ended at home: the user was inactivated"
    entered = {event.object for event in cast.events(cast.acme, action="identity.entered")}
    assert entered == {"Good Therapy, Inc.", "Elm Street Counseling"}


@pytest.mark.parametrize(("verb", "more"), [(v, m) for v, m, _ in AT_HOME.values()], ids=AT_HOME)
def test_whoever_was_revoked_at_home_does_not_come_in_again_with_what_they_had(cast, inside, verb, more):
    """D9: the open session at home, the old password and a new sign-in are all shut."""
    at(cast.acme, verb, user(cast.acme, "jane"), **more)

    browser = cast.first_part(browser=inside)

    assert "Continue as" not in browser.text
    if verb is not accounts.sign_out_everywhere:
        assert "is not right" in cast.second_part(browser, password=PASSWORD).content.decode()
    assert not opens(cast, inside)
    assert refusals(cast) == []
