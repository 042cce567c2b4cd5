"""What a practice believes of an ID token: a table of tokens that differ from a right one in one thing each.

security-cases 16-21, 25, 30 (auth_time), D5. An RP that accepts any signature passes most suites: the last tests plant
such verifiers and show that the table finds each of them.
"""

import json
import time
from types import SimpleNamespace

import pytest

from countersign.identity import relying, tokens
from countersign.identity.federation import FederationError
from countersign.instances import binding, hosts
from tests.identity import forge
from tests.identity.forge import GONE

pytestmark = pytest.mark.usefixtures("still")
NONCE = "n" * 43
OTHER_KIND = "the token is of another kind"
NOT_THIS_WAY = "the token is signed in a way that is not accepted"
NOT_THE_ISSUERS = "the signature is not the issuer's: "
UNKNOWN_KEY = "the key is unknown to the issuer"
MALFORMED = "the token is malformed"
HOURS = 3600


def id_token(cast, *, key=None, headers=(), **changes):
    claims = forge.id_token_claims(cast.acme, cast.good_therapy, **{"nonce": NONCE, **changes})
    return forge.signed(claims, key or forge.key_of(cast.acme), **dict(headers))


def claim(name, make, reason):
    """A row: the token is ACME's own and right but for one claim. make: value, or a function of the time or cast."""
    def row(cast):
        return id_token(cast, **{name: make(cast) if callable(make) else make})
    return row, reason


def now(seconds):
    return lambda cast: time.time() + seconds


def root(change):
    return lambda cast: change(hosts.root(cast.acme))


def ours(cast):
    return hosts.root(cast.good_therapy)


def header(reason, **headers):
    return lambda cast: id_token(cast, headers=headers), reason


def _own_key_in_header(cast):
    key = forge.stranger()
    return id_token(cast, key=key, headers={"jwk": key.as_dict(private=False)})


SIGNATURES = {
    "a stranger's key under ACME's key id": (
        lambda cast: id_token(cast, key=forge.stranger(kid=forge.key_of(cast.acme).kid)),
        NOT_THE_ISSUERS + "BadSignatureError",
    ),
    "a stranger's key under its own id": (
        lambda cast: id_token(cast, key=forge.stranger()), UNKNOWN_KEY,
    ),
    "the key of another listed company": (
        lambda cast: id_token(cast, key=forge.key_of(cast.rival)), UNKNOWN_KEY,
    ),
    "the key of another listed company under ACME's key id": (
        lambda cast: id_token(cast, key=forge.key_of(cast.rival), headers={"kid": forge.key_of(cast.acme).kid}),
        NOT_THE_ISSUERS + "BadSignatureError",
    ),
    "the practice's own key": (
        lambda cast: id_token(cast, key=forge.key_of(cast.good_therapy)), UNKNOWN_KEY,
    ),
    "no signature": (lambda cast: forge.unsigned(id_token(cast)), NOT_THE_ISSUERS + "BadSignatureError"),
    "another person under the old signature": (
        lambda cast: forge.altered(id_token(cast), sub="somebody-else"), NOT_THE_ISSUERS + "BadSignatureError",
    ),
    "alg none": header(NOT_THIS_WAY, alg="none"),
    "alg nOnE": header(NOT_THIS_WAY, alg="nOnE"),
    "no alg": header(MALFORMED, alg=GONE),
    "alg as a list": header(NOT_THIS_WAY, alg=["ES256"]),
    "HS256 with the public key as the secret": header(NOT_THIS_WAY, alg="HS256"),
    "ES384": header(NOT_THIS_WAY, alg="ES384"),
    "its own key in the header": (_own_key_in_header, NOT_THIS_WAY),
    "an address of keys in the header": header(NOT_THIS_WAY, jku="https://evil.example/jwks.json"),
    "an address of certificates in the header": header(NOT_THIS_WAY, x5u="https://evil.example/chain.pem"),
    "a certificate in the header": header(NOT_THIS_WAY, x5c=["MIIB"]),
    "a critical extension": header(NOT_THIS_WAY, crit=["exp"]),
    "no key id": header(OTHER_KIND, kid=GONE),
    "a key id that is no text": header(OTHER_KIND, kid=7),
    "a logout token's type": header(OTHER_KIND, typ="logout+jwt"),
    "an access token's type": header(OTHER_KIND, typ="at+jwt"),
}
WHOSE = {
    "no issuer": claim("iss", GONE, "another issuer"),
    "issuer with a final slash": claim("iss", root(lambda iss: iss + "/"), "another issuer"),
    "issuer in capitals": claim("iss", root(str.upper), "another issuer"),
    "issuer over another scheme": claim("iss", root(lambda iss: iss.replace("http:", "https:")), "another issuer"),
    "issuer that looks alike": claim("iss", root(lambda iss: iss.replace("acme", "аcme")), "another issuer"),
    "issuer that looks alike, in punycode": claim(
        "iss", root(lambda iss: iss.replace("acme-billing", "xn--cme-billing-1nj")), "another issuer"
    ),
    "issuer as a list": claim("iss", root(lambda iss: [iss]), "another issuer"),
    "another listed company": claim("iss", lambda cast: hosts.root(cast.rival), "another issuer"),
    "another listed company's own statement": (
        lambda cast: id_token(cast, key=forge.key_of(cast.rival), iss=hosts.root(cast.rival)), UNKNOWN_KEY,
    ),
    "for the neighbour": claim("aud", lambda cast: hosts.root(cast.elm_street), "meant for somebody else"),
    "for us and the neighbour": claim(
        "aud", lambda cast: [ours(cast), hosts.root(cast.elm_street)], "meant for somebody else"
    ),
    "for us with a slash": claim("aud", lambda cast: ours(cast) + "/", "meant for somebody else"),
    "for nobody": claim("aud", GONE, "meant for somebody else"),
    "for an empty list": claim("aud", [], "meant for somebody else"),
    "no nonce": claim("nonce", GONE, "the nonce is another's"),
    "another nonce": claim("nonce", "m" * 43, "the nonce is another's"),
    "a nonce that is no text": claim("nonce", [NONCE], "the nonce is another's"),
}
WHEN = {
    "expired 61 s ago": claim("exp", now(-61), "expired"),
    "no exp": claim("exp", GONE, "exp is missing"),
    "exp in words": claim("exp", "tomorrow", "exp is missing"),
    "exp true": claim("exp", True, "exp is missing"),
    "exp that is no number": claim("exp", float("nan"), "exp is missing"),
    "exp never": claim("exp", float("inf"), "exp is missing"),
    "made 62 s from now": claim("iat", now(62), "from the future"),
    "made ten minutes ago": claim("iat", now(-600), "too old"),
    "no iat": claim("iat", GONE, "iat is missing"),
    "iat that is no number": claim("iat", float("nan"), "iat is missing"),
    "not before 62 s from now": claim("nbf", now(62), "from the future"),
    "not before some day": claim("nbf", "some day", "from the future"),
    "signed in 13 hours ago": claim(
        "auth_time", lambda cast: int(time.time()) - 13 * HOURS, "the sign-in at the home is too old"
    ),
    "signed in tomorrow": claim(
        "auth_time", lambda cast: int(time.time()) + 24 * HOURS, "the ID token does not say when they signed in"
    ),
    "no auth_time": claim("auth_time", GONE, "the ID token does not say when they signed in"),
    "auth_time in words": claim("auth_time", "just now", "the ID token does not say when they signed in"),
}
NOBODY, NO_WAY = "the ID token names nobody", "the ID token does not say how they signed in"
WHO = {
    "no sub": claim("sub", GONE, NOBODY),
    "an empty sub": claim("sub", "", NOBODY),
    "a sub that is no text": claim("sub", 7, NOBODY),
    "a sub without end": claim("sub", "x" * 101, NOBODY),
    "a sub with a line break": claim("sub", "jane\nadmin", NOBODY),
    "no sid": claim("sid", GONE, NOBODY),
    "a sid without end": claim("sid", "x" * 101, NOBODY),
    "no name": claim("name", GONE, NOBODY),
    "a blank name": claim("name", " \u200b\t", NOBODY),
    "a name that is no text": claim("name", {"first": "Jane"}, NOBODY),
    "no amr": claim("amr", GONE, NO_WAY),
    "an empty amr": claim("amr", [], NO_WAY),
}
SHAPES = {
    "nothing": (lambda cast: "", MALFORMED),
    "three dots": (lambda cast: "...", MALFORMED),
    "letters": (lambda cast: "a.b.c", MALFORMED),
    "a header that is a list": (lambda cast: forge.joined(["alg"], b"{}"), MALFORMED),
    "claims that are a list": (
        lambda cast: forge.joined({"alg": "ES256", "kid": "k"}, b"[]", forge.stranger()), MALFORMED
    ),
    "claims nested 50,000 deep": (
        lambda cast: forge.joined({"alg": "ES256", "kid": "k"}, b"[" * 50_000, forge.stranger()), MALFORMED
    ),
}
FAULTS = {**SIGNATURES, **WHOSE, **WHEN, **WHO, **SHAPES}


def believed(cast, token):
    """The Individual, or why not."""
    with binding.bind(cast.good_therapy):
        try:
            return relying.individual(token, issuer=hosts.root(cast.acme), nonce=NONCE)
        except FederationError as error:
            return str(error)


def holes(cast, rows):
    """The rows of the table whose token is believed although something is wrong with it."""
    return {name for name, (make, _) in rows.items() if isinstance(believed(cast, make(cast)), relying.Individual)}


def test_every_fault_of_an_id_token_is_refused_for_its_own_reason(cast):
    answers = {name: believed(cast, make(cast)) for name, (make, _) in FAULTS.items()}

    assert answers == {name: reason for name, (_, reason) in FAULTS.items()}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("exp", now(-59)), ("iat", now(59)), ("nbf", now(59)), ("iat", now(-55)), ("nbf", GONE),
        ("auth_time", lambda cast: int(time.time()) - 11 * HOURS), ("aud", lambda cast: [ours(cast)]),
    ],
)
def test_clocks_may_differ_by_59_seconds_and_what_is_right_is_believed(cast, name, value):
    found = believed(cast, claim(name, value, "")[0](cast))

    assert (found.iss, found.name, found.email) == (hosts.root(cast.acme), "Jane Doe", "jane@example.org")


def test_a_name_is_one_line_however_the_home_writes_it(cast):
    token = id_token(
        cast, name="Jane\r\n\u202eDoe\x00" + "x" * 300, email="j\x00@example.org", preferred_username=["jane"]
    )

    found = believed(cast, token)

    assert (found.name, found.email, found.user_id) == ("Jane Doe " + "x" * 191, "j @example.org", "")


def accepts_any_signature(token, *, issuer, typ="JWT"):
    return json.loads(forge.base64.urlsafe_b64decode(token.split(".")[1] + "=="))


def test_the_table_catches_a_verifier_that_accepts_anything(cast, monkeypatch):
    assert holes(cast, SIGNATURES) == set()

    monkeypatch.setattr(tokens, "verified", accepts_any_signature)

    assert holes(cast, SIGNATURES) == set(SIGNATURES)


def test_the_table_catches_a_verifier_that_trusts_the_key_in_the_header(cast, monkeypatch):
    def trusting(token, *, issuer, typ="JWT"):
        key = json.loads(forge.base64.urlsafe_b64decode(token.split(".")[0] + "==")).get("jwk")
        if key is None:
            raise FederationError("no key")
        return tokens.jwt.decode(token, forge.ECKey.import_key(key), ["ES256"]).claims

    monkeypatch.setattr(tokens, "verified", trusting)

    assert holes(cast, SIGNATURES) == {"its own key in the header"}


@pytest.mark.parametrize(
    ("check", "rows", "reasons"),
    [
        ("meant_for_us", WHOSE, {"another issuer", "meant for somebody else"}),
        ("timely", WHEN, {"expired", "exp is missing"}),
    ],
)
def test_the_table_catches_a_check_that_is_left_out(cast, monkeypatch, check, rows, reasons):
    monkeypatch.setattr(tokens, check, lambda *a, **k: None)

    assert holes(cast, {name: row for name, row in rows.items() if row[1] in reasons}) == {
        name for name, row in rows.items() if row[1] in reasons
    }


def test_the_table_catches_a_relying_party_that_forgets_the_nonce(cast, monkeypatch):
    monkeypatch.setattr(relying, "hmac", SimpleNamespace(compare_digest=lambda a, b: True))

    assert holes(cast, WHOSE) == {"another nonce"}
