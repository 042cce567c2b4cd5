import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core import mail

from countersign.instances import binding
from countersign.people import passwords, post
from countersign.people.models import Activation
from tests.people.rooms import details, text, user

FRESH = "copper kettle evening 88"


@pytest.fixture
def priya(cast):
    cast.administrator(cast.good_therapy, "priya", name="Priya Raman")
    return cast.signed_in(cast.good_therapy, "priya")


def sent():
    """(path, code) of the only mail that was sent since the last look."""
    post.settle()
    (letter,) = mail.outbox
    mail.outbox.clear()
    link = re.search(r"http://\S+", letter.body)[0]
    return link.partition(":8000")[2], re.search(r"^   ([A-Z0-9]{5}-[A-Z0-9]{5})$", letter.body, re.M)[1]


def invited(priya, user_id="jo"):
    response = priya.post("/settings/users/new/", details(
        user_id=user_id, password="", email=f"{user_id}@example.org", activation="on",
    ))
    assert response.status_code == 302, text(response)
    return sent()


def test_a_user_without_a_password_activates_with_link_and_code(cast, priya):
    path, code = invited(priya)
    client = cast.client(cast.good_therapy)

    response = client.post(path, {"code": code.lower().replace("-", " "), "password": FRESH})

    assert (response.status_code, response["Location"]) == (302, "/sign-in/")
    cast.signed_in(cast.good_therapy, "jo", FRESH)
    (event,) = cast.events(cast.good_therapy, action="activation.used")
    assert (event.person, event.user_id) == ("Jo Park", "jo")


def test_the_mail_links_to_the_instance_whatever_the_host_header_says_and_holds_no_secret_in_the_link(cast, priya):
    priya.post("/settings/users/new/", details(password="", email="jo@example.org", activation="on"),
               HTTP_X_FORWARDED_HOST="evil.example", HTTP_FORWARDED="host=evil.example")
    post.settle()

    (letter,) = mail.outbox
    (activation,) = _activations(cast.good_therapy)

    assert letter.to == ["jo@example.org"]
    assert f"http://good-therapy.countersign.localhost:8000/activation/{activation.id}/\n" in letter.body
    assert "evil" not in letter.body + letter.subject


def test_an_activation_needs_an_address_and_a_person(cast, priya):
    no_address = priya.post("/settings/users/new/", details(password="", activation="on"))
    a_key = priya.post("/settings/users/new/", details(
        password="", type="billing", billing_company=cast.acme.id, email="x@example.org", activation="on",
    ))

    assert [r.status_code for r in (no_address, a_key)] == [422, 422]
    post.settle()
    assert mail.outbox == []


def test_nobody_signs_in_before_the_activation(cast, priya):
    invited(priya)

    for password in ("", "!", FRESH):
        response = cast.client(cast.good_therapy).post("/sign-in/", {"user_id": "jo", "password": password})
        assert response.status_code == 422


def test_every_failure_gets_the_same_answer_and_is_on_the_record(cast, priya):
    """Unknown link, wrong code, used, expired, ended by five wrong codes, inactive: one message, six reasons."""
    client = cast.client(cast.good_therapy)
    answers = [client.post("/activation/00000000-0000-0000-0000-000000000001/", {"code": "A", "password": FRESH})]

    path, code = invited(priya, "used")
    cast.client(cast.good_therapy).post(path, {"code": code, "password": FRESH})
    answers.append(client.post(path, {"code": code, "password": FRESH}))

    path, code = invited(priya, "expired")
    with binding.bind(cast.good_therapy):
        activation = Activation.objects.get(user__user_id="expired")
        assert activation.expires_at - activation.sent_at == timedelta(hours=72)
        Activation.objects.filter(id=activation.id).update(
            expires_at=activation.expires_at - timedelta(seconds=settings.ACTIVATION_SECONDS + 1)
        )
    answers.append(client.post(path, {"code": code, "password": FRESH}))

    path, code = invited(priya, "guessed")
    answers += [client.post(path, {"code": "AAAAA-AAAAA", "password": FRESH}) for _ in range(5)]
    answers.append(client.post(path, {"code": code, "password": FRESH}))

    path, code = invited(priya, "left")
    priya.post(f"/settings/users/{user(cast.good_therapy, 'left').id}/inactivation/")
    answers.append(client.post(path, {"code": code, "password": FRESH}))

    assert {r.status_code for r in answers} == {422}
    assert len({_without_what_differs(r) for r in answers}) == 1
    assert len(cast.events(cast.good_therapy, action="activation.refused", result="refused")) == len(answers)
    for user_id in ("expired", "guessed", "left"):
        response = client.post("/sign-in/", {"user_id": user_id, "password": FRESH})
        assert response.status_code == 422


def test_a_weak_password_does_not_use_up_the_code(cast, priya):
    path, code = invited(priya)
    client = cast.client(cast.good_therapy)

    weak = client.post(path, {"code": code, "password": "short"})
    strong = client.post(path, {"code": code, "password": FRESH})

    assert weak.status_code == 422 and "at least 15 characters" in text(weak)
    assert strong.status_code == 302


def test_a_newer_activation_ends_the_older(cast, priya):
    path, code = invited(priya)
    priya.post(f"/settings/users/{user(cast.good_therapy, 'jo').id}/activation/")
    newer, newer_code = sent()
    client = cast.client(cast.good_therapy)

    assert client.post(path, {"code": code, "password": FRESH}).status_code == 422
    assert client.post(newer, {"code": newer_code, "password": FRESH}).status_code == 302


def test_another_address_ends_what_was_sent_to_the_old_one(cast, priya):
    path, code = invited(priya)
    jo = user(cast.good_therapy, "jo")
    page = text(priya.get(f"/settings/users/{jo.id}/"))
    priya.post(f"/settings/users/{jo.id}/", {
        "name": jo.name, "type": "regular", "email": "new@example.org",
        "version": page.partition('name="version" value="')[2][:16],
    })

    response = cast.client(cast.good_therapy).post(path, {"code": code, "password": FRESH})

    assert response.status_code == 422


def test_link_and_code_of_one_instance_are_worth_nothing_at_another(cast, priya):
    """Security case 42: not even when the very row, with its digest, stands in the other database."""
    path, code = invited(priya)
    cast.user(cast.elm_street, "jo", name="Jo Park")
    (stolen,) = _activations(cast.good_therapy)
    unknown = cast.client(cast.elm_street).post(path, {"code": code, "password": FRESH})
    with binding.bind(cast.elm_street):
        Activation.objects.create(
            id=stolen.id, digest=stolen.digest, sent_by="x", expires_at=stolen.expires_at,
            user=type(stolen.user).objects.get(user_id="jo"),
        )

    copied = cast.client(cast.elm_street).post(path, {"code": code, "password": FRESH})
    at_home = cast.client(cast.good_therapy).post(path, {"code": code, "password": FRESH})

    assert [r.status_code for r in (unknown, copied, at_home)] == [422, 422, 302]
    assert [e.reason for e in cast.events(cast.elm_street, action="activation.refused")] == [
        "unknown activation", "wrong code",
    ]


@pytest.fixture
def hashed(monkeypatch):
    """How often a password was hashed or checked, the expensive part of an answer."""
    calls = []
    for name in ("make_password", "check_password"):
        plain = getattr(passwords, name)
        monkeypatch.setattr(
            passwords, name, lambda *a, plain=plain, name=name, **k: (calls.append(name), plain(*a, **k))[1]
        )
    return calls


def test_forgotten_password_answers_the_same_whoever_is_asked_about(cast, priya, hashed):
    """Security case 37: text, status, headers, and the number of password hashes; the mail leaves afterwards."""
    cast.user(cast.good_therapy, "cole", email="cole@example.org")
    cast.user(cast.good_therapy, "nomail")
    cast.user(cast.good_therapy, "left", email="left@example.org")
    priya.post(f"/settings/users/{user(cast.good_therapy, 'left').id}/inactivation/")
    cast.key()
    hashed.clear()

    answers = {}
    for user_id in ("cole", "nobody", "nomail", "left", "acme-billing"):
        client = cast.client(cast.good_therapy)
        before = len(hashed)
        response = client.post("/forgotten-password/", {"user_id": user_id})
        answers[user_id] = (
            response.status_code, _without_what_differs(response), sorted(response.headers.items()),
            sorted(response.cookies), len(hashed) - before,
        )

    assert len({repr(answer) for answer in answers.values()}) == 1
    post.settle()
    assert [letter.to for letter in mail.outbox] == [["cole@example.org"]]
    assert [e.object for e in cast.events(cast.good_therapy, action="password.reset.asked")] == list(answers)
    refused = cast.events(cast.good_therapy, action="password.reset.refused")
    assert sorted((e.object, e.reason) for e in refused) == [
        ("ACME Billing (acme-billing)", "Billing user"), ("Left (left)", "inactive user"),
        ("Nomail (nomail)", "no e-mail address"), ("nobody", "unknown User ID"),
    ]


def test_the_sign_in_costs_one_hash_whoever_tries(cast, hashed):
    """Security case 37."""
    cast.user(cast.good_therapy, "cole")
    counts = {}
    for user_id in ("cole", "nobody"):
        hashed.clear()
        cast.client(cast.good_therapy).post("/sign-in/", {"user_id": user_id, "password": "wrong and long enough"})
        counts[user_id] = len(hashed)

    assert counts == {"cole": 1, "nobody": 1}


def test_a_reset_lets_the_person_choose_and_ends_open_sessions(cast, priya):
    cast.user(cast.good_therapy, "cole", email="cole@example.org")
    signed_in = cast.signed_in(cast.good_therapy, "cole")
    client = cast.client(cast.good_therapy)
    client.post("/forgotten-password/", {"user_id": " COLE "})
    path, code = sent()

    response = client.post(path, {"code": code, "password": FRESH})

    assert response.status_code == 302 and signed_in.get("/profile/").status_code == 302
    cast.signed_in(cast.good_therapy, "cole", FRESH)


def test_nobody_is_flooded_with_mail(cast):
    cast.user(cast.good_therapy, "cole", email="cole@example.org")
    client = cast.client(cast.good_therapy)

    answers = []
    for _ in range(6):
        answers.append(client.post("/forgotten-password/", {"user_id": "cole"}).status_code)
        post.settle()

    assert answers == [200] * 6 and len(mail.outbox) == 3


def test_a_mail_server_that_is_away_shows_nothing_to_who_asked(cast, monkeypatch, caplog):
    cast.user(cast.good_therapy, "cole", email="cole@example.org")
    monkeypatch.setattr(post.EmailMessage, "send", _broken)
    client = cast.client(cast.good_therapy)

    known, unknown = (client.post("/forgotten-password/", {"user_id": who}) for who in ("cole", "nobody"))

    post.settle()
    assert _without_what_differs(known) == _without_what_differs(unknown)
    assert [record.getMessage() for record in caplog.records] == ["A mail could not be sent."]


def _broken(message):
    raise ConnectionRefusedError


def _activations(instance):
    with binding.bind(instance):
        return list(Activation.objects.select_related("user"))


def _without_what_differs(response):
    """The page without its CSRF token and the code that was typed."""
    return re.sub(r'name="(csrfmiddlewaretoken|code)" value="[^"]*"', "", text(response))
