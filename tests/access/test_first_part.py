"""`POST /sign-in/first-part/`: only a listed company, in its own name, with what it sealed itself."""

import json

import pytest

from countersign.access import stages
from countersign.access.models import Ticket
from countersign.identity import sealing
from countersign.instances import binding, hosts, listings
from countersign.instances.models import ListingState
from tests.cast import KEY
from tests.identity import forge


@pytest.fixture
def key(cast):
    return cast.key()


def form(cast, sender=None, /, **changes):
    sender = sender or cast.acme
    inside = {"user_id": "acme-billing", "password": KEY, "sub": "a-person", **changes.pop("inside", {})}
    with binding.bind(changes.pop("sealed_by", sender)):
        sealed = sealing.seal_for(hosts.root(changes.pop("sealed_for", cast.good_therapy)), inside)
    return {
        "purpose": "enter", "sealed": sealed, "person": "Jane Doe", "home_user_id": "jane",
        **forge.assertion(sender, cast.good_therapy), **changes,
    }


def post(cast, sent):
    response = cast.client(cast.good_therapy).post("/sign-in/first-part/", sent)
    return response.status_code, json.loads(response.content)


def tickets(cast):
    with binding.bind(cast.good_therapy):
        return Ticket.objects.count()


def test_what_is_right_gives_a_ticket_kept_as_a_digest(cast, key):
    status, answer = post(cast, form(cast))

    assert status == 200 and answer["expires_in"] == 60 and tickets(cast) == 1
    with binding.bind(cast.good_therapy):
        assert answer["ticket"] not in str(Ticket.objects.values())
    (event,) = cast.events(cast.good_therapy, action="sign-in.first-part.accepted")
    assert (event.person, event.sub, event.company, event.billing_user) == (
        "Jane Doe", "a-person", "ACME Billing", "acme-billing",
    )


def test_looking_whether_it_is_right_gives_none(cast, key):
    assert post(cast, form(cast, purpose="check")) == (200, {}) and tickets(cast) == 0


@pytest.mark.parametrize("changes", [
    {"client_assertion": ""}, {"client_assertion_type": "x"}, {"sealed": ""}, {"sealed": "a.b.c.d.e"}, {"person": ""},
    {"inside": {"sub": ""}}, {"inside": {"sub": None}}, {"inside": {"password": 7}}, {"inside": {"user_id": ["x"]}},
    {"inside": {"password": "\ud800"}}, {"inside": {"password": "x" * 201}},
], ids=str)
def test_whoever_proves_nothing_or_names_nobody_is_no_client(cast, key, changes):
    assert post(cast, form(cast, **changes)) == (401, {"error": "invalid_client"})
    assert tickets(cast) == 0


def test_no_company_uses_what_another_has_sealed_or_sealed_for_another(cast, key):
    assert post(cast, form(cast, cast.rival, sealed_by=cast.acme))[0] == 401
    assert post(cast, form(cast, sealed_for=cast.elm_street))[0] == 401


def test_an_assertion_counts_once(cast, key):
    sent = form(cast)

    assert [post(cast, sent)[0] for _ in range(2)] == [200, 401] and tickets(cast) == 1


def test_another_purpose_is_none(cast, key):
    assert post(cast, form(cast, purpose="open"))[0] == 400 and tickets(cast) == 0


def test_whoever_is_not_listed_is_told_so_and_it_is_recorded(cast, key):
    listings.change(cast.acme, state=ListingState.SUSPENDED, by="the test", reason="x")

    assert post(cast, form(cast)) == (403, {"error": "not listed"}) and tickets(cast) == 0
    (event,) = cast.events(cast.good_therapy, action="sign-in.first-part.refused")
    assert event.reason == "ACME Billing is not a listed billing company"


def test_whatever_else_must_hold_at_the_door_holds_here_and_is_said(cast, key, monkeypatch):
    def still_bound(key, company_id):
        raise stages.Refused("there is no agreement in force")

    monkeypatch.setattr(stages, "still_bound", still_bound)

    assert post(cast, form(cast)) == (422, {"error": "refused", "because": "there is no agreement in force"})
    assert post(cast, form(cast, inside={"password": "x" * 20}))[1]["error"] == "wrong"
    assert tickets(cast) == 0


def test_a_practice_that_is_no_company_brings_no_first_part(cast, key):
    assert post(cast, form(cast, cast.elm_street)) == (403, {"error": "not listed"})


@pytest.mark.parametrize("ticket", ["", "x", "x" * 5000, "é", "\x00", None])
def test_a_browser_without_a_ticket_of_ours_is_refused(cast, key, ticket):
    response = cast.client(cast.good_therapy).get("/sign-in/first-part/", {"ticket": ticket} if ticket else None)

    assert response.status_code == 403
    (event,) = cast.events(cast.good_therapy, action="sign-in.second-part.refused")
    assert event.reason == "there is no such ticket"
