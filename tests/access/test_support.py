"""Support comes in by the same door: a person asks, the instance approves, a visit with a bar, on both records."""

import uuid
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils import timezone

from countersign.access import approved, restored, support
from countersign.access.models import Visit
from countersign.access.models_support import SupportAnswer, SupportRequest
from countersign.audit.actors import system
from countersign.console.models import AccessAsked
from countersign.identity import dispatches, federation, tokens
from countersign.instances import binding, hosts
from countersign.people import accounts
from countersign.people.models import User, UserType
from countersign.people.permissions import Permission
from tests.browsing import Browser
from tests.cast import PASSWORD

LOOK = ["view_clients", "view_ledger"]


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


@pytest.fixture
def sam(cast):
    """Sam of Support in a browser, signed in at home."""
    return person(cast, "sam", "Sam Ortiz")


def person(cast, user_id, name):
    cast.user(cast.support, user_id, UserType.ADMINISTRATOR, name=name, email=f"{user_id}@example.org")
    return sign_in(cast, Browser(), user_id)


def sign_in(cast, browser, user_id):
    browser.post(f"{hosts.root(cast.support)}/sign-in/", {"user_id": user_id, "password": PASSWORD})
    return browser


def ask(cast, sam, **more):
    typed = {"why": "Claims of May show twice", "minutes": "60", "permissions": LOOK, **more}
    response = sam.post(f"{hosts.root(cast.support)}/console/instances/{cast.good_therapy.id}/access/", typed)
    dispatches.settle()
    return response


def asked(cast):
    with binding.bind(cast.good_therapy):
        return list(SupportRequest.objects.order_by("asked_at"))


def answer(cast, priya, **more):
    one = asked(cast)[-1]
    typed = {"outcome": "approve", "minutes": "60", "permissions": LOOK, "reason": "", **more}
    response = priya.post(f"/support-requests/{one.id}/", typed)
    dispatches.settle()
    return response


def of_support(cast):
    with binding.bind(cast.support):
        return list(AccessAsked.objects.order_by("asked_at"))


def enter(cast, sam, one=None):
    one = one or of_support(cast)[-1]
    return sam.post(f"{hosts.root(cast.support)}/console/access/{one.id}/entry/", {})


def go(cast, sam, path):
    return sam.get(hosts.root(cast.good_therapy) + path)


def inside(cast, sam, priya, **more):
    assert ask(cast, sam).status_code == 200, sam.text
    assert answer(cast, priya, **more).status_code == 302
    assert enter(cast, sam).status_code == 200, sam.text
    assert sam.url.startswith(hosts.root(cast.good_therapy)), sam.text
    return sam


def reasons(cast, instance, action):
    return [event.reason for event in cast.events(instance, action=action)]


def words(text):
    return " ".join(text.split())


def later(monkeypatch, **span):
    """The clock goes on for everybody; whoever is in has been seen a moment ago."""
    real = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(**span))


def test_a_visit_of_a_named_person_with_the_bar_on_both_records(cast, sam, priya):
    ask(cast, sam)
    (one,) = asked(cast)
    page = words(priya.get("/settings/third-party/").content.decode())
    assert f'href="/support-requests/{one.id}/"' in page
    assert "Sam Ortiz, 1 hour" in page
    page = words(priya.get(f"/support-requests/{one.id}/").content.decode())
    assert "Claims of May show twice" in page
    assert answer(cast, priya).status_code == 302

    enter(cast, sam)

    assert "You are in Good Therapy, Inc." in words(sam.text)
    assert "as Sam Ortiz of Support" in words(sam.text)
    assert go(cast, sam, "/clients/").status_code == 200
    here = [(e.person, e.company, e.result) for e in cast.events(cast.good_therapy, action="clients.listed")]
    assert set(here) == {("Sam Ortiz", "Support", "ok")}
    for instance, actions in (
        (cast.good_therapy, ("support.asked", "support.approved", "sign-in.first-part.accepted",
                             "sign-in.first-part.brought", "visit.began")),
        (cast.support, ("support.asked", "support.answered", "support.used", "identity.entered")),
    ):
        assert [len(cast.events(instance, action=action)) for action in actions] == [1] * len(actions)
    (began,) = cast.events(cast.good_therapy, action="visit.began")
    assert (began.iss, began.source) == (hosts.root(cast.support), "third party")
    sam.post(f"{hosts.root(cast.good_therapy)}/leave/", {})
    assert len(cast.events(cast.good_therapy, action="visit.left")) == 1


def test_nothing_without_an_approval(cast, sam, priya):
    ask(cast, sam)
    with binding.bind(cast.good_therapy):
        assert not User.objects.filter(user_id__startswith="support:").exists()
    enter(cast, sam)
    assert "has not approved that you come in" in sam.text
    assert answer(cast, priya, outcome="refuse", reason="Call us first").status_code == 302
    enter(cast, sam)
    assert "has not approved that you come in" in sam.text
    assert "Call us first" in sam.text
    with binding.bind(cast.good_therapy):
        assert not Visit.objects.exists()


def test_it_looks_and_does_nothing_else(cast, sam, priya):
    cast.user(cast.good_therapy, "cole", name="Cole")
    inside(cast, sam, priya, permissions=LOOK)
    root = hosts.root(cast.good_therapy)

    for path in ("/settings/users/", "/settings/third-party/", "/reports/general-log/", "/clients/export/"):
        assert go(cast, sam, path).status_code == 403, path
    assert go(cast, sam, "/clients/").status_code == 200
    with binding.bind(cast.good_therapy):  # whatever somebody wrote into the key: the approval counts
        User.objects.filter(user_id__startswith="support:").update(
            permissions=["view_clients", "edit_clients", "add_clients", "export_clients", "view_notes"]
        )
    for path in ("/clients/new/", "/clients/export/", "/reports/user-audit/"):
        assert go(cast, sam, path).status_code == 403, path
    assert sam.post(f"{root}/clients/new/", {}).status_code == 403


def test_reports_are_looked_at_and_not_taken_away(cast, sam, priya):
    ask(cast, sam, permissions=["view_reports", "view_general_log"])
    answer(cast, priya, permissions=["view_reports", "view_general_log"])
    enter(cast, sam)

    assert go(cast, sam, "/reports/user-audit/").status_code == 200
    for path in ("/reports/user-audit/export/", "/reports/general-log/export/"):
        response = go(cast, sam, path)
        assert response.status_code == 403
        assert "neither changes anything nor takes a file away" in response.content.decode()
    rules = {event.rule for event in cast.events(cast.good_therapy, action="page.refused")}
    assert rules == {"look only"}


def test_whoever_approves_gives_no_more_than_they_hold_and_no_more_than_was_asked(cast, sam):
    cast.user(cast.good_therapy, "dee", name="Dee", permissions=["manage_third_party_access", "view_clients"])
    dee = cast.signed_in(cast.good_therapy, "dee")
    ask(cast, sam, minutes="30")

    response = answer(cast, dee, minutes="30")
    assert response.status_code == 422
    assert "You cannot let anybody see what you may not see yourself" in response.content.decode()
    for wrong in ({"minutes": "60"}, {"minutes": "5"}, {"minutes": ""}, {"permissions": ["view_claims"]},
                  {"permissions": []}, {"outcome": "refuse"}):
        assert answer(cast, dee, **{"minutes": "30", "permissions": ["view_clients"], **wrong}).status_code == 422
    assert answer(cast, dee, minutes="15", permissions=["view_clients"], reason="Clients are enough").status_code == 302
    assert answer(cast, dee, minutes="15", permissions=["view_clients"]).status_code == 422  # once

    (one,) = of_support(cast)
    assert (one.state, one.approved, one.because) == ("approved", ["view_clients"], "Clients are enough")
    assert enter(cast, sam).status_code == 200
    assert go(cast, sam, "/clients/").status_code == 200
    assert timedelta(minutes=14) < one.expires_at - timezone.now() <= timedelta(minutes=15)


def test_it_ends_by_itself_at_its_time(cast, sam, priya, monkeypatch):
    inside(cast, sam, priya, minutes="15")
    later(monkeypatch, minutes=14)
    assert go(cast, sam, "/clients/").status_code == 200
    later(monkeypatch, minutes=2)  # and 14 before

    go(cast, sam, "/clients/")

    assert "the time that was approved is over" in reasons(cast, cast.good_therapy, "visit.ended")
    enter(cast, sign_in(cast, sam, "sam"))
    assert "The time that was approved is over" in sam.text
    with binding.bind(cast.good_therapy):
        support.close_over()
        support.close_over()
        assert not User.objects.active().filter(user_id__startswith="support:").exists()
    assert len(cast.events(cast.good_therapy, action="support.over")) == 1


def test_the_instance_ends_it_at_once(cast, sam, priya):
    inside(cast, sam, priya)
    (one,) = asked(cast)
    assert "End now" in priya.get("/settings/third-party/").content.decode()

    assert priya.post(f"/support-requests/{one.id}/ending/", {"reason": "Enough"}).status_code == 302
    dispatches.settle()

    assert go(cast, sam, "/clients/").status_code != 200 or "Sign in" in sam.text
    assert reasons(cast, cast.good_therapy, "visit.ended") == ["the approval is over: Enough"]
    assert reasons(cast, cast.support, "entry.shut") == ["the approval is over: Enough"]
    enter(cast, sam)
    assert "has ended what it had approved" in sam.text
    assert priya.post(f"/support-requests/{one.id}/ending/", {}).status_code == 422  # over already
    assert "Enough" in priya.get("/settings/third-party/support/").content.decode()


def test_a_request_is_its_persons_alone(cast, sam, priya):
    ask(cast, sam)
    answer(cast, priya)
    ria = person(cast, "ria", "Ria Voss")

    enter(cast, ria)
    assert "This was asked for by somebody else" in ria.text
    (one,) = of_support(cast)
    status, told = first_part(cast, one.id, sub=str(uuid.uuid4()))
    assert (status, told["because"]) == (422, "it was asked for by another person")
    # Sam's ticket in the browser of somebody else of Support
    ticket = first_part(cast, one.id, sub=str(one.user_id))[1]["ticket"]
    ria.get(f"{hosts.root(cast.good_therapy)}/sign-in/first-part/?ticket={ticket}")
    ria.post(ria.url, {"user_id": "ria", "password": PASSWORD})
    assert "You cannot enter Good Therapy, Inc." in ria.text
    assert "This was asked for by somebody else" in ria.text
    with binding.bind(cast.good_therapy):
        assert not Visit.objects.exists()


def test_a_check_at_support_that_is_left_out_is_found(cast, sam, priya, monkeypatch):
    left = [check for check in settings.ENTRY_CHECKS if check != "countersign.console.entering.why_not"]
    monkeypatch.setattr(settings, "ENTRY_CHECKS", left)

    with pytest.raises(AssertionError, match="You cannot enter Good Therapy"):
        test_a_request_is_its_persons_alone(cast, sam, priya)


def test_a_ticket_and_a_message_count_once(cast, sam, priya):
    ask(cast, sam)
    answer(cast, priya)
    (one,) = of_support(cast)
    ticket = first_part(cast, one.id, sub=str(one.user_id))[1]["ticket"]
    address = f"{hosts.root(cast.good_therapy)}/sign-in/first-part/?ticket={ticket}"
    sam.get(address)
    Browser().get(address)
    assert "the ticket was used before" in reasons(cast, cast.good_therapy, "sign-in.second-part.refused")

    assert told(cast, id=str(one.id)) == "this was asked for already"


def test_a_leaver_of_support_is_out_and_their_approval_over(cast, sam, priya):
    inside(cast, sam, priya)
    with binding.bind(cast.support):
        cast_admin = User.objects.get(user_id="sam")
        accounts.create(name="Lee", user_id="lee", password=PASSWORD, type=UserType.ADMINISTRATOR, by=system())
        accounts.inactivate(cast_admin, by=system())
    dispatches.settle()

    assert reasons(cast, cast.good_therapy, "support.ended") == ["the person left Support"]
    with binding.bind(cast.good_therapy):
        assert not Visit.objects.live().exists()
    status, answer_ = first_part(cast, of_support(cast)[0].id, sub=str(cast_admin.id))
    assert (status, answer_["because"]) == (422, "the approval is over: the person left Support")


def test_a_request_nobody_answers_lapses(cast, sam, priya, monkeypatch):
    ask(cast, sam)
    (one,) = asked(cast)
    assert first_part(cast, of_support(cast)[0].id, sub=one.sub)[1]["because"] == "it is not answered yet"
    ask(cast, sam)
    assert "You have asked this instance already" in sam.text

    with binding.bind(cast.good_therapy):
        monkeypatch.setattr(support, "LAPSES_AFTER", timedelta(0))
        assert not support.waiting().exists()
    response = answer(cast, priya)
    assert response.status_code == 422
    assert "asked more than 72 hours ago" in response.content.decode() or "Nobody answered" in response.content.decode()


def test_a_restored_instance_lets_nobody_of_support_in(cast, sam, priya):
    ask(cast, sam)
    answer(cast, priya)
    with binding.bind(cast.good_therapy), transaction.atomic():
        done = restored.shut_again()
    assert done["Support's access ended"] == ["Sam Ortiz, 1 hour"]
    enter(cast, sam)
    assert "system was restored from a backup" in sam.text
    ask(cast, sam)
    with binding.bind(cast.good_therapy), transaction.atomic():
        restored.shut_again()
        assert not support.waiting().exists()
        assert not support.live().exists()


@pytest.mark.parametrize(("changes", "why"), [
    ({"person": ""}, "it names nobody"),
    ({"sub": None}, "it names nobody"),
    ({"why": " "}, "it does not say why"),
    ({"minutes": 14}, "it does not say for how long, from 15 minutes to 24 hours"),
    ({"minutes": 1441}, "it does not say for how long, from 15 minutes to 24 hours"),
    ({"minutes": True}, "it does not say for how long, from 15 minutes to 24 hours"),
    ({"permissions": []}, "it does not say what is to be seen"),
    ({"permissions": ["view_notes"]}, "Support can never be let see this"),
    ({"permissions": ["manage_users"]}, "Support can never be let see this"),
    ({"permissions": ["everything"]}, "Support can never be let see this"),
    ({"id": "5"}, "it has no name"),
])
def test_what_is_not_asked_properly_is_refused_and_leaves_nothing(cast, changes, why):
    assert told(cast, **changes) == why
    assert asked(cast) == []


def test_only_support_asks_and_only_support_enters_so(cast, sam, priya):
    assert told(cast, sender=cast.acme) == "only Support asks for this"
    ask(cast, sam)
    answer(cast, priya)
    (one,) = of_support(cast)
    status, answer_ = first_part(cast, one.id, sub=str(one.user_id), sender=cast.acme)
    assert (status, answer_["because"]) == (422, "")
    assert "only Support comes in so" in reasons(cast, cast.good_therapy, "sign-in.first-part.refused")
    client = cast.client(cast.good_therapy)
    assert client.post("/sign-in/first-part/", {"purpose": "support", "id": str(one.id), "sub": "1"}).status_code == 401


def test_the_key_behind_it_is_on_no_list_and_changed_by_nobody(cast, sam, priya):
    inside(cast, sam, priya)
    with binding.bind(cast.good_therapy):
        key = User.objects.get(user_id__startswith="support:")
    assert key.user_id not in priya.get("/settings/users/").content.decode()
    for path in (f"/settings/users/{key.id}/", f"/settings/users/{key.id}/delivery/", f"/billing-users/{key.id}/end/",
                 f"/billing-users/{key.id}/review/", f"/settings/third-party/{cast.support.id}/"):
        assert priya.get(path).status_code == 404, path
    page = priya.get("/settings/third-party/").content.decode()
    assert "No billing company can come in" in page
    client = cast.client(cast.good_therapy)
    for password in ("!", "", PASSWORD):
        assert client.post("/sign-in/", {"user_id": key.user_id, "password": password}).status_code == 422


def test_what_was_asked_and_answered_stays_as_it_was(cast, sam, priya):
    ask(cast, sam)
    answer(cast, priya)
    with binding.bind(cast.good_therapy):
        with pytest.raises(DatabaseError), transaction.atomic():
            SupportAnswer.objects.all()._raw_delete("default")
        assert SupportAnswer.objects.count() == 1


def test_what_support_can_see_is_a_part_of_what_a_billing_user_can():
    assert approved.LOOKS <= {one for one in Permission if one.startswith("view_")}
    assert not approved.LOOKS & {Permission.VIEW_NOTES, Permission.VIEW_PSYCHOTHERAPY_NOTES}


def first_part(cast, mark, *, sub, sender=None):
    sender = sender or cast.support
    issuer = hosts.root(cast.good_therapy)
    with binding.bind(sender):
        return federation.call("POST", f"{issuer}/sign-in/first-part/", data={
            "purpose": "support", "id": str(mark), "sub": sub, "person": "Sam Ortiz", "user_id": "sam",
            **tokens.assertion(audience=issuer),
        })


def told(cast, *, sender=None, **changes):
    """What becomes of a request that is sent as it is: "" or why it was refused for good."""
    body = {
        "id": str(uuid.uuid4()), "person": "Sam Ortiz", "sub": "5", "user_id": "sam", "why": "Claims show twice",
        "minutes": 60, "permissions": LOOK, **changes,
    }
    sender = sender or cast.support
    with binding.bind(sender):
        sent = dispatches.send(hosts.root(cast.good_therapy), "support.asked", body, name="Good Therapy, Inc.")
    dispatches.settle()
    with binding.bind(sender):
        sent.refresh_from_db()
    assert sent.taken_at or sent.refused_at, sent.fault
    return sent.fault
