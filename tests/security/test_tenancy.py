"""Cases 28 and 41 to 43: what one instance gave out is worth nothing at another, and only the host says which it is."""

import re

import pytest
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.messages import constants
from django.core import mail, signing
from django.test import RequestFactory

from countersign.audit.actors import system
from countersign.instances import binding, secrets
from countersign.people import activations, post, sessions
from countersign.people.context import Messages
from countersign.people.models import Activation, Session
from tests.cast import PASSWORD


def test_a_cookie_that_was_set_before_the_sign_in_is_not_the_one_after_it(cast):
    """Case 28."""
    cast.administrator(cast.good_therapy)
    client = cast.client(cast.good_therapy)
    client.cookies[sessions.cookie_name()] = "chosen-by-somebody-else"

    client.post("/sign-in/", {"user_id": "admin", "password": PASSWORD})
    given = client.cookies[sessions.cookie_name()].value
    client.cookies[sessions.cookie_name()] = "chosen-by-somebody-else"

    assert given != "chosen-by-somebody-else" and len(given) >= 32
    assert client.get("/settings/users/").status_code == 302


def test_the_session_that_the_browser_had_is_dead_after_a_sign_in(cast):
    """Case 28: an attacker's own session, planted in the victim's browser."""
    cast.administrator(cast.good_therapy, "mallory", name="Mallory")
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    client = cast.signed_in(cast.good_therapy, "mallory")
    planted = client.cookies[sessions.cookie_name()].value

    client.post("/sign-in/", {"user_id": "priya", "password": PASSWORD})
    given = client.cookies[sessions.cookie_name()].value
    attacker = cast.client(cast.good_therapy)
    attacker.cookies[sessions.cookie_name()] = planted

    assert given != planted
    assert attacker.get("/settings/users/").status_code == 302
    with binding.bind(cast.good_therapy):
        assert [s.user.user_id for s in Session.objects.open().select_related("user")] == ["priya"]


def test_the_cookie_of_one_instance_is_anonymous_at_another_and_on_its_record(cast):
    """Case 41."""
    cast.administrator(cast.good_therapy)
    cast.administrator(cast.elm_street)
    client = cast.signed_in(cast.good_therapy)
    stranger = cast.client(cast.elm_street)
    stranger.cookies[sessions.cookie_name()] = client.cookies[sessions.cookie_name()].value

    answer = stranger.get("/settings/users/")
    assert answer.status_code == 302
    assert stranger.cookies[sessions.cookie_name()].value == "", "it is taken away"
    stranger.cookies[sessions.cookie_name()] = client.cookies[sessions.cookie_name()].value
    assert stranger.post("/settings/users/new/", {}).status_code == 401
    assert [event.person for event in cast.events(cast.elm_street, action="session.foreign")] == ["unknown"] * 2
    assert client.get("/settings/users/").status_code == 200


def test_the_cookies_of_an_instance_are_for_its_own_host_alone(cast):
    """Case 41: no Domain, so that the browser sends them to no other host; `__Host-` under TLS."""
    cast.administrator(cast.good_therapy)
    client = cast.client(cast.good_therapy)
    client.get("/sign-in/")
    client.post("/sign-in/", {"user_id": "admin", "password": PASSWORD})

    assert {sessions.cookie_name(), settings.CSRF_COOKIE_NAME} <= client.cookies.keys()
    for morsel in client.cookies.values():
        assert morsel["domain"] == "" and morsel["path"] == "/" and morsel["httponly"] and morsel["samesite"] == "Lax"


def test_even_the_same_row_in_another_database_is_not_found_there(cast):
    """Case 41: the digest is keyed by the instance's own secret."""
    cast.administrator(cast.good_therapy)
    client = cast.signed_in(cast.good_therapy)
    with binding.bind(cast.good_therapy):
        row = Session.objects.get()
    user = cast.administrator(cast.elm_street)
    with binding.bind(cast.elm_street):
        Session.objects.create(
            digest=row.digest, user=user, signed_in_at=row.signed_in_at, seen_at=row.seen_at, expires_at=row.expires_at
        )
    stranger = cast.client(cast.elm_street)
    stranger.cookies = client.cookies

    assert stranger.get("/settings/users/").status_code == 302


@pytest.mark.parametrize("signer", [
    lambda: signing.Signer(), lambda: signing.TimestampSigner(salt="x"), lambda: signing.get_cookie_signer(salt="x"),
], ids=["plain", "timestamp", "cookie"])
def test_a_value_signed_at_one_instance_is_refused_at_another(cast, signer):
    with binding.bind(cast.good_therapy):
        signed = signer().sign("value")
        assert signer().unsign(signed) == "value"
    with binding.bind(cast.elm_street), pytest.raises(signing.BadSignature):
        signer().unsign(signed)


def test_a_value_sealed_at_one_instance_is_not_opened_at_another(cast):
    with binding.bind(cast.good_therapy):
        sealed = secrets.seal("a purpose", b"value")
        assert secrets.unseal("a purpose", sealed) == b"value"
        with pytest.raises(InvalidToken):
            secrets.unseal("another purpose", sealed)
    with binding.bind(cast.elm_street), pytest.raises(InvalidToken):
        secrets.unseal("a purpose", sealed)


def test_no_two_instances_and_no_two_purposes_share_a_secret(cast):
    found = set()
    for instance in (cast.good_therapy, cast.elm_street, cast.acme):
        with binding.bind(instance):
            found |= {secrets.derive("one"), secrets.derive("two"), str(settings.SECRET_KEY).encode()}
    assert len(found) == 9


def test_a_message_of_one_instance_is_not_shown_at_another(cast):
    def request_at(instance, **cookies):
        request = RequestFactory().get("/")
        request.instance, request.COOKIES = instance, cookies
        return request

    with binding.bind(cast.good_therapy):
        storage = Messages(request_at(cast.good_therapy))
        storage.add(constants.SUCCESS, "Robin was saved.")
        cookie = {Messages.cookie_name: storage._encode(storage._queued_messages)}
        assert [str(m) for m in Messages(request_at(cast.good_therapy, **cookie))] == ["Robin was saved."]
    with binding.bind(cast.elm_street):
        assert list(Messages(request_at(cast.elm_street, **cookie))) == []


def test_a_form_of_one_instance_is_refused_at_another(cast):
    """Case 55: the token belongs to a cookie that the other host is never sent, and the origin is another."""
    cast.administrator(cast.elm_street)
    token = re.search(
        r'name="csrfmiddlewaretoken" value="(\w+)"', cast.client(cast.good_therapy).get("/sign-in/").content.decode()
    )[1]
    client = cast.signed_in(cast.elm_street, enforce_csrf_checks=False)
    client.handler.enforce_csrf_checks = True

    without_cookie = client.post("/sign-out/", {"csrfmiddlewaretoken": token})
    client.get("/settings/users/")
    own = client.cookies[settings.CSRF_COOKIE_NAME].value
    from_there = client.post(
        "/sign-out/", {"csrfmiddlewaretoken": own}, HTTP_ORIGIN="http://good-therapy.countersign.localhost:8000"
    )

    assert without_cookie.status_code == from_there.status_code == 403
    assert client.get("/settings/users/").status_code == 200


def test_an_activation_of_one_instance_is_refused_at_another(cast):
    """Case 42: link and code, at the host of another instance that has the same User ID."""
    user = cast.administrator(cast.good_therapy)
    cast.administrator(cast.elm_street)
    mail.outbox = []
    with binding.bind(cast.good_therapy):
        activation = activations.send(user, by=system())
    post.settle()
    code = re.search(r"^ +([A-Z0-9]{5}-[A-Z0-9]{5})$", mail.outbox[0].body, re.M)[1]
    new = "copper evening lamp 77"
    form = {"code": code, "password": new, "again": new, "password_again": new, "repeat": new}

    refused = cast.client(cast.elm_street).post(f"/activation/{activation.id}/", form)

    assert refused.status_code == 422
    with binding.bind(cast.good_therapy):
        assert Activation.objects.get(id=activation.id).used_at is None
    assert cast.signed_in(cast.elm_street).get("/settings/users/").status_code == 200
    assert len(cast.events(cast.elm_street, action="activation.refused")) == 1
    accepted = cast.client(cast.good_therapy).post(f"/activation/{activation.id}/", form)
    assert accepted.status_code == 302, "the same link and code work where they belong"


NAMING = [
    {"query_params": {"instance": "elm-street", "tenant": "elm-street", "host": "elm-street.countersign.localhost"}},
    {"HTTP_X_INSTANCE": "elm-street", "HTTP_X_TENANT": "elm-street"},
    {"HTTP_X_FORWARDED_HOST": "elm-street.countersign.localhost:8000"},
    {"HTTP_COOKIE": "instance=elm-street; tenant=elm-street"},
    {"SCRIPT_NAME": "/elm-street"},
    {"SERVER_NAME": "elm-street.countersign.localhost"},
]


@pytest.mark.parametrize("naming", NAMING, ids=lambda naming: next(iter(naming)))
def test_only_the_host_says_which_instance_it_is(cast, naming):
    """Case 43."""
    headers = {key: value for key, value in naming.items() if key != "query_params"}
    query = naming.get("query_params")

    response = cast.client(cast.good_therapy).get("/sign-in/", query_params=query, **headers)

    assert response.status_code == 200
    assert b"Good Therapy" in response.content and b"Elm Street" not in response.content


def test_a_body_that_names_another_instance_changes_nothing(cast):
    """Case 43."""
    cast.administrator(cast.elm_street, "ellis")
    wanted = {"user_id": "ellis", "password": PASSWORD, "instance": "elm-street", "tenant": str(cast.elm_street.id)}

    response = cast.client(cast.good_therapy).post("/sign-in/", wanted)

    assert response.status_code == 422
    assert len(cast.events(cast.good_therapy, action="sign-in.refused")) == 1
    assert cast.events(cast.elm_street, action="sign-in.accepted") == []


@pytest.mark.parametrize("path", ["/elm-street/", "/instances/elm-street/clients/", "/../elm-street/"])
def test_a_path_that_names_another_instance_is_missing(cast, path):
    """Case 43."""
    assert cast.client(cast.good_therapy).generic("GET", path).status_code == 404


@pytest.mark.parametrize("path", ["/static/../control.sqlite3", "/static/..%2f..%2fcontrol.sqlite3", "/media/x"])
def test_no_address_leads_to_a_file_of_an_instance(cast, path):
    """Case 45: instances have no files under an address at all."""
    assert cast.client(cast.good_therapy).generic("GET", path).status_code == 404
