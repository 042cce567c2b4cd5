"""*Ask for more*: what goes to the practice, and bad input."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from countersign.access import asking
from countersign.access.models_asking import AccessRequest
from countersign.audit.actors import system
from countersign.identity import dispatches
from countersign.identity.models import Dispatch
from countersign.instances import binding, hosts
from countersign.keyring import ring
from countersign.keyring.models import MoreAsked
from countersign.people.permissions import Permission
from tests.access.steps import opens
from tests.keyring.ringing import ADA, assign, put_in


@pytest.fixture
def asked(cast):
    """POST to the page as Ada; returns (response, bodies of what was dispatched)."""
    ada, key = cast.administrator(cast.acme, "ada", "Ada Whitlock"), put_in(cast)
    client = cast.signed_in(cast.acme, "ada")

    def ask(**form):
        right = {"permission": "release_claims", "why": "Ms. Kerr is on leave", "hours": "4"}
        response = client.post(f"/key-ring/{key.id}/asking/", {**right, **form})
        dispatches.settle()
        with binding.bind(cast.acme):
            return response, [(one.issuer, one.body) for one in Dispatch.objects.filter(kind="access.asked")], ada, key

    return ask


def test_the_practice_is_told_who_asks_for_what_why_and_for_how_long(cast, asked):
    response, sent, ada, key = asked()

    assert response.status_code == 302
    ((issuer, body),) = sent
    assert uuid.UUID(body.pop("id")) and (issuer, body) == (hosts.root(cast.good_therapy), {
        "billing_user": "acme-billing", "permission": "release_claims", "why": "Ms. Kerr is on leave", "hours": 4,
        "sub": str(ada.id), "person": "Ada Whitlock", "user_id": "ada",
    })
    (event,) = cast.events(cast.acme, action="key.more.asked")
    assert (event.person, event.object_id, event.changes["hours"]) == ("Ada Whitlock", str(key.id), 4)


@pytest.mark.parametrize(("form", "said"), [
    ({"permission": "manage_users"}, "Select a valid choice"), ({"permission": ""}, "Choose"), ({"why": " "}, "Enter"),
    ({"hours": "0"}, "Enter a whole number from 1 to 720."), ({"hours": "721"}, "Enter a whole number from 1 to 720."),
    ({"hours": "some"}, "Enter a whole number from 1 to 720."), ({"why": "x" * 301}, "300"),
])
def test_bad_input_is_named_and_nobody_is_asked(cast, asked, form, said):
    response, sent, _, _ = asked(**form)

    assert response.status_code == 422 and said in response.content.decode() and sent == []


def test_with_a_key_that_has_ended_nothing_is_asked(cast, asked):
    _, before, _, key = asked()
    with binding.bind(cast.acme):
        ring.end(key, by=ADA, reason="over")

    response, sent, _, _ = asked()

    assert response.status_code == 404 and sent == before


# The whole way, and what comes back


def answer(cast, **how):
    with binding.bind(cast.good_therapy):
        request = AccessRequest.objects.latest("asked_at")
        asking.answer(request, by=system("Priya Raman"), grantable=frozenset(Permission), **how)
    dispatches.settle()


def may_add(cast, browser):
    return opens(cast, browser, "/clients/new/")


def row(cast):
    with binding.bind(cast.acme):
        return MoreAsked.objects.get()


def test_asked_here_granted_there_for_one_hour_used_and_over_by_itself(cast, asked, monkeypatch):
    at_practice = cast.key()
    ask = asked(permission="add_clients", hours="4")
    assign(cast, ask[3], cast.jane())
    browser = cast.visit()
    page = f"/key-ring/{ask[3].id}/"
    ada = cast.signed_in(cast.acme, "ada")
    assert ">Waiting<" in ada.get(page).content.decode() and not may_add(cast, browser)

    answer(cast, hours=1, reason="For the audit")

    assert may_add(cast, browser)
    assert row(cast).is_live and ">Granted<" in ada.get(page).content.decode()
    (event,) = cast.events(cast.acme, action="key.more.answered")
    assert event.person == "Good Therapy, Inc." and event.reason == "For the audit"
    later = timezone.now() + timedelta(minutes=61)
    monkeypatch.setattr(asking, "timezone", SimpleNamespace(now=lambda: later))
    with binding.bind(cast.acme):
        MoreAsked.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert not may_add(cast, browser) and ">Over<" in ada.get(page).content.decode()
    assert at_practice.user_id == "acme-billing" and opens(cast, browser)  # the visit itself goes on


def test_refused_and_why_is_read_at_the_company(cast, asked):
    cast.key()
    *_, key = asked(permission="add_clients")

    answer(cast, reason="Ask Cole first")

    shown = cast.signed_in(cast.acme, "ada").get(f"/key-ring/{key.id}/").content.decode()
    assert ">Not granted<" in shown and "Ask Cole first" in shown


def test_what_the_practice_does_not_even_take_is_said_too(cast, asked):
    *_, key = asked()  # there is no such Billing user at the practice

    shown = cast.signed_in(cast.acme, "ada").get(f"/key-ring/{key.id}/").content.decode()
    assert ">Not taken<" in shown and "no such Billing user is active here" in shown


@pytest.mark.parametrize("changes", [
    {"id": "x"}, {"id": str(uuid.UUID(int=7))}, {"granted": "yes"}, {"granted": True, "expires_at": None},
    {"granted": True, "expires_at": "2027-01-01T00:00:00"}, {"granted": None},
], ids=str)
def test_an_answer_that_is_none_counts_for_nothing(cast, asked, changes):
    cast.key()
    asked()
    body = {"id": str(row(cast).mark), "granted": False, "expires_at": None, "because": "-", **changes}
    with binding.bind(cast.good_therapy):
        dispatches.send(hosts.root(cast.acme), "access.decided", body, name="ACME Billing")
    dispatches.settle()

    assert row(cast).answered_at is None and len(cast.events(cast.acme, action="dispatch.refused")) == 1


def test_another_practice_answers_nothing_that_it_was_not_asked(cast, asked):
    cast.key()
    asked()
    body = {"id": str(row(cast).mark), "granted": True, "expires_at": "2030-01-01T00:00:00+00:00", "because": ""}
    with binding.bind(cast.elm_street):
        dispatches.send(hosts.root(cast.acme), "access.decided", body, name="ACME Billing")
    dispatches.settle()

    assert row(cast).granted is None
