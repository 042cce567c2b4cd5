"""A company asks for more for some hours; the practice answers; what was granted ends by itself, and nothing else."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.utils import timezone

from countersign.access import asking
from countersign.access.models_asking import AccessAnswer, AccessRequest
from countersign.identity import dispatches
from countersign.instances import binding, hosts
from countersign.people.models import User
from countersign.people.permissions import Permission

TOLD = []


def note(received):
    TOLD.append(received.body)


@pytest.fixture
def key(cast, monkeypatch):
    TOLD.clear()
    monkeypatch.setitem(settings.DISPATCHES, "access.decided", "tests.access.test_asking.note")
    cast.jane()
    return cast.key(groups=["Billing claims only"])


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


def ask(cast, company=None, **changes):
    """What ACME sends; returns what became of it: "" or why it was refused for good."""
    company = company or cast.acme
    body = {
        "id": str(uuid.uuid4()), "billing_user": "acme-billing", "permission": "view_notes", "hours": 8,
        "why": "The payer asks for the notes of a claim", "person": "Jane Doe", "sub": "5", "user_id": "jane",
        **changes,
    }
    with binding.bind(company):
        sent = dispatches.send(hosts.root(cast.good_therapy), "access.asked", body, name="Good Therapy, Inc.")
    dispatches.settle()
    with binding.bind(company):
        sent.refresh_from_db()
    assert sent.taken_at or sent.refused_at
    return sent.fault


def asked(cast):
    with binding.bind(cast.good_therapy):
        return list(AccessRequest.objects.select_related("key"))


def granted(cast, key, at=None):
    with binding.bind(cast.good_therapy):
        return asking.granted(key.id, cast.acme.id, at)


def words(response):
    return " ".join(response.content.decode().split())


def test_what_is_asked_is_on_record_gives_nothing_and_waits_on_the_page(cast, priya, key):
    inside = cast.visit()
    assert ask(cast) == ""

    (one,) = asked(cast)
    assert str(one) == "View notes for acme-billing, 8 hours"
    (event,) = cast.events(cast.good_therapy, action="access.asked")
    assert (event.person, event.company, event.reason) == (
        "Jane Doe", "ACME Billing", "The payer asks for the notes of a claim"
    )
    page = words(priya.get("/settings/third-party/"))
    assert f'href="/access-requests/{one.id}/"' in page
    assert granted(cast, key) == frozenset()
    assert "You may not open this page" in cast.go(inside, f"/clients/{uuid.uuid4()}/notes/").content.decode()


@pytest.mark.parametrize(("changes", "why"), [
    ({"permission": "manage_users"}, "no Billing user can be given this permission here"),
    ({"permission": "view_psychotherapy_notes"}, "no Billing user can be given this permission here"),
    ({"permission": "everything"}, "no Billing user can be given this permission here"),
    ({"permission": ["view_notes"]}, "no Billing user can be given this permission here"),
    ({"permission": "view_claims"}, "the Billing user holds this permission already"),
    ({"billing_user": "somebody"}, "no such Billing user is active here"),
    ({"hours": 0}, "it does not say for how many hours, from 1 to 720"),
    ({"hours": 721}, "it does not say for how many hours, from 1 to 720"),
    ({"hours": "8"}, "it does not say for how many hours, from 1 to 720"),
    ({"hours": True}, "it does not say for how many hours, from 1 to 720"),
    ({"why": " "}, "it does not say why"),
    ({"person": ""}, "it names nobody"),
    ({"id": "x"}, "it names nobody"),
])
def test_what_cannot_be_asked_is_refused_for_good(cast, key, changes, why):
    assert ask(cast, **changes) == why
    assert asked(cast) == []


def test_another_company_asks_for_nothing_with_this_key_and_nobody_twice(cast, key):
    assert ask(cast, company=cast.rival) == "no such Billing user is active here"
    assert ask(cast) == ""
    assert ask(cast) == "this was asked for already and is not answered yet"
    assert len(asked(cast)) == 1


def test_approved_for_one_hour_it_opens_at_the_next_request_and_ends_by_itself(cast, priya, key, monkeypatch):
    inside = cast.visit()
    ask(cast)
    (one,) = asked(cast)
    path = f"/clients/{uuid.uuid4()}/notes/"
    assert inside.get(hosts.root(cast.good_therapy) + path, follow=False).status_code == 403

    answer = priya.post(f"/access-requests/{one.id}/", {"outcome": "grant", "hours": "1", "reason": "for this claim"})
    assert answer.status_code == 302

    assert inside.get(hosts.root(cast.good_therapy) + path, follow=False).status_code == 404, "in, and no such client"
    dispatches.settle()
    assert [(t["granted"], t["permission"], t["because"]) for t in TOLD] == [(True, "view_notes", "for this claim")]
    now = timezone.now()
    assert granted(cast, key, now + timedelta(minutes=59)) == {Permission.VIEW_NOTES}
    assert granted(cast, key, now + timedelta(minutes=61)) == frozenset()
    moved = SimpleNamespace(now=lambda: now + timedelta(minutes=61))
    monkeypatch.setattr(asking, "timezone", moved)
    assert inside.get(hosts.root(cast.good_therapy) + path, follow=False).status_code == 403
    with binding.bind(cast.good_therapy):
        assert Permission.VIEW_NOTES not in User.objects.get(id=key.id).holds(kind=cast.good_therapy.kind)


def test_a_grant_is_taken_back_before_its_time(cast, priya, key):
    inside = cast.visit()
    ask(cast)
    (one,) = asked(cast)
    priya.post(f"/access-requests/{one.id}/", {"outcome": "grant", "hours": "8"})
    assert granted(cast, key) == {Permission.VIEW_NOTES}

    assert priya.post(f"/access-requests/{one.id}/ending/").status_code == 302
    assert priya.post(f"/access-requests/{one.id}/ending/").status_code == 422

    assert granted(cast, key) == frozenset()
    assert "You may not open this page" in cast.go(inside, f"/clients/{uuid.uuid4()}/notes/").content.decode()
    dispatches.settle()
    assert [t["granted"] for t in TOLD] == [True, False]


def test_refused_needs_words_and_the_company_reads_them(cast, priya, key):
    ask(cast)
    (one,) = asked(cast)
    silent = priya.post(f"/access-requests/{one.id}/", {"outcome": "refuse"})
    assert silent.status_code == 422 and "Say why, in a few words." in words(silent)

    form = {"outcome": "refuse", "reason": "Ask the clinician"}
    assert priya.post(f"/access-requests/{one.id}/", form).status_code == 302
    again = priya.post(f"/access-requests/{one.id}/", form)

    assert again.status_code == 422 and asking.ANSWERED in words(again)
    dispatches.settle()
    assert [(t["granted"], t["because"]) for t in TOLD] == [(False, "Ask the clinician")]
    assert granted(cast, key) == frozenset()
    (event,) = cast.events(cast.good_therapy, action="access.denied")
    assert event.reason == "Ask the clinician"


@pytest.mark.parametrize(("form", "said"), [
    ({"outcome": "grant", "hours": "9"}, asking.LONGER),
    ({"outcome": "grant", "hours": "0"}, "Enter a whole number of hours"),
    ({"outcome": "grant", "hours": "soon"}, "Enter a whole number of hours"),
    ({"outcome": "grant", "hours": ""}, "Enter for how many hours."),
    ({"outcome": "more", "hours": "1"}, "Select a valid choice"),
])
def test_a_wrong_answer_is_said_beside_the_field_and_grants_nothing(cast, priya, key, form, said):
    ask(cast)
    (one,) = asked(cast)
    answer = priya.post(f"/access-requests/{one.id}/", form)

    assert answer.status_code == 422 and said in words(answer)
    with binding.bind(cast.good_therapy):
        assert AccessAnswer.objects.count() == 0


def test_nobody_approves_what_they_do_not_hold(cast, key):
    cast.user(cast.good_therapy, "mia", permissions=[Permission.MANAGE_THIRD_PARTY_ACCESS])
    mia = cast.signed_in(cast.good_therapy, "mia")
    ask(cast)
    (one,) = asked(cast)
    answer = mia.post(f"/access-requests/{one.id}/", {"outcome": "grant", "hours": "1"})

    assert answer.status_code == 422 and asking.NOT_HELD in words(answer)
    assert granted(cast, key) == frozenset()


def test_a_grant_never_reaches_above_the_ceiling_whatever_was_stored(cast, key):
    """Planted in the database: nothing in the code writes it."""
    inside = cast.visit()
    ask(cast)
    (one,) = asked(cast)
    with binding.bind(cast.good_therapy):
        AccessAnswer.objects.create(
            request=one, key=key, permission="manage_users", expires_at=timezone.now() + timedelta(hours=1),
            answered_by="-",
        )
    assert inside.get(hosts.root(cast.good_therapy) + "/settings/users/", follow=False).status_code == 403
