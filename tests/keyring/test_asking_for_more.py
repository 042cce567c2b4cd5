"""*Ask for more*: what goes to the practice, and bad input."""

import pytest

from countersign.identity import dispatches
from countersign.identity.models import Dispatch
from countersign.instances import binding, hosts
from countersign.keyring import ring
from tests.keyring.ringing import ADA, put_in


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
    assert sent == [(hosts.root(cast.good_therapy), {
        "billing_user": "acme-billing", "permission": "release_claims", "why": "Ms. Kerr is on leave", "hours": 4,
        "sub": str(ada.id), "person": "Ada Whitlock", "user_id": "ada",
    })]
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
