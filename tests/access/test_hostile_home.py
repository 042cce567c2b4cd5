"""A home that answers the token endpoint with what it should not: forged, another's, broken, too large, or nothing.

Security-cases 17-21, 25, 34, 65; D5. The home is a real HTTP peer that stands in for ACME; the practice is whole.
"""

import json
import time
from urllib.parse import parse_qs

import pytest

from countersign.instances import hosts
from tests.access.steps import host, opens, refusals, visits
from tests.browsing import Browser
from tests.identity import forge
from tests.identity.wire import answered

SENTENCE = "You could not be signed in."


class HostileHome:
    """Plays ACME: its published keys, and a token endpoint that answers with `token(form)` and whatever it makes."""

    def __init__(self, cast, wire, token):
        self.cast, self.wire, self.token, self.reports = cast, wire, token, []

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/token/":
            return self.token(start_response)
        if environ["PATH_INFO"] == "/refusals/":
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
            self.reports += parse_qs(body)["reason"]
            return answered(start_response, {})
        return self.wire.application(environ, start_response)


def walk_into(cast, wire, make):
    """(home, response): a first part at the practice, and an answer that a hostile ACME redeems.

    make(cast, nonce): the ID token, or a WSGI answer to the token request.
    """
    cast.key()
    browser = Browser()
    form = {"user_id": "acme-billing", "password": "seven lanterns over water"}
    first = browser.post(hosts.root(cast.good_therapy) + "/sign-in/", form, follow=False)
    asked = {name: values[0] for name, values in parse_qs(first["Location"].partition("?")[2]).items()}

    def token(start_response):
        made = make(cast, asked["nonce"])
        if callable(made):
            return made(start_response)
        return answered(start_response, {"id_token": made, "token_type": "N_A"})

    home = wire.stands_in[host(cast.acme)] = HostileHome(cast, wire, token)
    url = f"{asked['redirect_uri']}?code={'c' * 48}&state={asked['state']}&iss={hosts.root(cast.acme)}"
    return home, browser, browser.get(url, follow=False)


def statement(*, key=None, headers=(), **changes):
    def make(cast, nonce):
        claims = forge.id_token_claims(cast.acme, cast.good_therapy, **{"nonce": nonce, **changes})
        return forge.signed(claims, key(cast) if key else forge.key_of(cast.acme), **dict(headers))
    return make


def body(content, *headers, status="200 OK"):
    def make(cast, nonce):
        def answer(start_response):
            start_response(status, [("Content-Type", "application/json"), *headers])
            return [content]
        return answer
    return make


def slowly(cast, nonce):
    def answer(start_response):
        start_response("200 OK", [("Content-Type", "application/json")])
        return drops()
    def drops():
        for _ in range(30):
            time.sleep(0.2)
            yield b" "
    return answer


LIES = {
    "a stranger's key": (
        statement(key=lambda cast: forge.stranger(kid=forge.key_of(cast.acme).kid)),
        "the signature is not the issuer's: BadSignatureError",
    ),
    "another company's key": (
        statement(key=lambda cast: forge.key_of(cast.rival)), "the key is unknown to the issuer",
    ),
    "alg none": (statement(headers={"alg": "none"}), "the token is signed in a way that is not accepted"),
    "another practice": (statement(aud="http://elm-street.countersign.localhost:8000"), "meant for somebody else"),
    "another nonce": (statement(nonce="n" * 43), "the nonce is another's"),
    "another key": (statement(billing_user="acme-payments"), "the home answered for another Billing user"),
    "no key": (statement(billing_user=forge.GONE), "the home answered for another Billing user"),
    "expired": (statement(exp=1), "expired"),
    "an old sign-in": (statement(auth_time=int(time.time()) - 13 * 3600), "the sign-in at the home is too old"),
    "no ID token": (body(b"{}"), "no ID token: 200 "),
    "an error": (body(b'{"error": "invalid_grant"}', status="400 Bad"), "no ID token: 400 invalid_grant"),
    "an error page": (body(b"<h1>Oh no</h1>", status="500 Oh no"), "answered 500, not JSON"),
    "a list": (body(b"[]"), "answered something that is no JSON object"),
    "deep nesting": (body(b"[" * 60_000), "answered 200, not JSON"),
    "too much": (body(b" " * 70_000), "the answer is too large"),
    "something packed": (body(b"\x1f\x8b", ("Content-Encoding", "gzip")), "the answer is packed"),
    "a redirect": (
        body(b"", ("Location", "http://169.254.169.254/latest/meta-data/"), status="302 Found"), "no ID token: 302 ",
    ),
    "one byte at a time": (slowly, "the answer is too slow"),
    "an id_token that is no text": (body(json.dumps({"id_token": ["a"]}).encode()), "no ID token: 200 "),
}


@pytest.mark.parametrize(("make", "reason"), LIES.values(), ids=LIES)
def test_a_lie_of_the_home_lets_nobody_in_and_is_recorded_on_both_sides(cast, wire, make, reason):
    home, browser, response = walk_into(cast, wire, make)

    assert response.status_code == 403 and SENTENCE in response.content.decode()
    assert reason not in response.content.decode()
    (refusal,) = refusals(cast)
    assert (refusal.reason, refusal.object, refusal.user_id) == (reason, "ACME Billing", "acme-billing")
    assert home.reports == [reason.strip()] or home.reports == [reason]
    assert visits(cast) == [] and not opens(cast, browser)


def test_a_true_statement_of_the_same_peer_lets_in(cast, wire):
    """What the table above differs from in one thing each."""
    _, browser, response = walk_into(cast, wire, statement())

    assert response.status_code == 302 and opens(cast, browser)
    assert [visit.person for visit in visits(cast)] == ["Jane Doe"]


UNREADABLE = [["text"], [{"kty": "EC"}], [{"kty": "oct", "k": "AAAA"}], [{"kty": []}], [None], "text", {},
              [{"kty": "EC", "crv": "P-256"}], [{"kty": "EC", "crv": "P-256", "x": 7, "y": [], "kid": {}}]]


@pytest.mark.parametrize("published", UNREADABLE, ids=str)
def test_keys_that_cannot_be_read_are_a_refusal_and_not_an_error(cast, wire, published):
    application = wire.application

    def keys(environ, start_response):
        if environ["HTTP_HOST"] == host(cast.acme) and environ["PATH_INFO"] == "/.well-known/jwks.json":
            return answered(start_response, {"keys": published})
        return application(environ, start_response)

    wire.application = keys
    home, _, response = walk_into(cast, wire, statement())

    assert response.status_code == 403
    assert len(refusals(cast)) == len(home.reports) == 1


def test_names_that_a_home_makes_up_are_one_line_in_the_page_and_in_the_record(cast, wire):
    name = "Jane\r\n\u202eDoe\x00 <script>alert(1)</script>" + "x" * 300

    _, browser, response = walk_into(cast, wire, statement(name=name, email="j\x00@example.org"))

    assert response.status_code == 302
    (visit,) = visits(cast)
    assert (len(visit.person), visit.person[:17], visit.email) == (200, "Jane Doe <script>", "j @example.org")
    page = browser.get(hosts.root(cast.good_therapy) + "/clients/", follow=False).content.decode()
    assert "<script>alert" not in page and "Jane Doe &lt;script&gt;" in page
