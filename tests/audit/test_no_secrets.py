"""No password, token or code is ever on the record."""

import json

from django.core.serializers.json import DjangoJSONEncoder
from django.forms import model_to_dict

from countersign.audit.actors import system
from countersign.instances import binding
from countersign.people import accounts
from countersign.people.models import Session, User, UserType
from tests.cast import KEY, PASSWORD

WRONG, NEW = "eleven wrong horses dancing", "another quiet harbor 77"


def test_no_event_holds_a_password_or_anything_that_opens_a_session(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    cast.key()
    cast.client(cast.good_therapy).post("/sign-in/", {"user_id": "priya", "password": WRONG})
    cast.client(cast.good_therapy).post("/sign-in/", {"user_id": "acme-billing", "password": WRONG})
    cast.client(cast.good_therapy).post("/sign-in/", {"user_id": "acme-billing", "password": KEY})
    client = cast.signed_in(cast.good_therapy, "priya")
    token = client.cookies["session"].value
    client.get(f"/reports/general-log/?person={PASSWORD[:4]}")
    with binding.bind(cast.good_therapy):
        accounts.create(
            name="Cole", user_id="cole", password=NEW, type=UserType.REGULAR, by=system(), permissions=["view_notes"]
        )
        accounts.set_password(User.objects.get(user_id="priya"), password=NEW, by=system())
        hashes = [*User.objects.values_list("password", flat=True), *Session.objects.values_list("digest", flat=True)]

    kept = json.dumps([model_to_dict(event) for event in cast.events(cast.good_therapy)], cls=DjangoJSONEncoder)
    actions = {event.action for event in cast.events(cast.good_therapy)}
    assert {"sign-in.refused", "sign-in.first-part.refused", "sign-in.accepted", "user.created"} <= actions
    assert "user.password.set" in actions
    assert [secret for secret in (WRONG, PASSWORD, KEY, NEW, token, *hashes) if secret in kept] == []
    assert "Priya Raman" in kept, "the search finds what is there"
