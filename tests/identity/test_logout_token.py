"""What a practice believes of a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.6), ASVS 10.5.5."""

import time

from countersign.access.models import Visit
from countersign.instances import binding, hosts
from tests.identity import forge
from tests.identity.forge import GONE


def logout_token(cast, visit, *, key=None, typ="logout+jwt", headers=(), **changes):
    claims = forge.logout_claims(cast.acme, cast.good_therapy, **{"sub": visit.sub, "sid": visit.sid, **changes})
    return forge.signed(claims, key or forge.key_of(cast.acme), typ=typ, **dict(headers))


def claim(**changes):
    return lambda cast, visit: logout_token(cast, visit, **changes)


def _as_rival(cast, visit):
    return logout_token(cast, visit, iss=hosts.root(cast.rival), key=forge.key_of(cast.rival))


def _under_our_id(cast, visit):
    return logout_token(cast, visit, key=forge.stranger(kid=forge.key_of(cast.acme).kid))


FORGED = {
    "of type JWT": (claim(typ="JWT"), "the token is of another kind"),
    "without a type": (claim(typ=GONE), "the token is of another kind"),
    "without events": (claim(events=GONE), "this is no logout token"),
    "with another event": (claim(events={"http://x/y": {}}), "this is no logout token"),
    "with events as a list": (
        claim(events=["http://schemas.openid.net/event/backchannel-logout"]), "this is no logout token",
    ),
    "with a nonce": (claim(nonce="n"), "this is no logout token"),
    "for the neighbour": (
        lambda cast, visit: logout_token(cast, visit, aud=hosts.root(cast.elm_street)), "meant for somebody else",
    ),
    "without exp": (claim(exp=GONE), "exp is missing"),
    "expired": (lambda cast, visit: logout_token(cast, visit, exp=time.time() - 61), "expired"),
    "old": (lambda cast, visit: logout_token(cast, visit, iat=time.time() - 181), "too old"),
    "from the future": (lambda cast, visit: logout_token(cast, visit, iat=time.time() + 62), "from the future"),
    "without sid": (claim(sid=GONE), "the logout token names nobody"),
    "without sub": (claim(sub=GONE), "the logout token names nobody"),
    "without jti": (claim(jti=GONE), "the logout token names nobody"),
    "with an empty sub": (claim(sub=""), "the logout token names nobody"),
    "by an unknown issuer": (claim(iss="https://evil.example"), "an unknown issuer"),
    "by an issuer with a slash": (
        lambda cast, visit: logout_token(cast, visit, iss=hosts.root(cast.acme) + "/"), "an unknown issuer",
    ),
    "by nobody": (claim(iss=GONE), "the token names no issuer"),
    "with a stranger's key": (
        lambda cast, visit: logout_token(cast, visit, key=forge.stranger()), "the key is unknown to the issuer",
    ),
    "with a stranger's key under ACME's id": (_under_our_id, "the signature is not the issuer's: BadSignatureError"),
    "with alg none": (
        lambda cast, visit: logout_token(cast, visit, headers={"alg": "none"}),
        "the token is signed in a way that is not accepted",
    ),
    "unsigned": (
        lambda cast, visit: forge.unsigned(logout_token(cast, visit)),
        "the signature is not the issuer's: BadSignatureError",
    ),
    "nothing": (lambda cast, visit: "", "the token is malformed"),
    "nested deep": (
        lambda cast, visit: forge.joined({"alg": "ES256"}, b"[" * 2500), "the token is malformed",
    ),
}
# Rightly signed, and about somebody else: taken, and nobody's visit ends.
BESIDE_THE_POINT = {
    "another sid": claim(sid="8f14e45f-ceea-467f-a0e6-1e2c3d4b5a69"),
    "another sub": claim(sub="8f14e45f-ceea-467f-a0e6-1e2c3d4b5a69"),
    "another company": _as_rival,
}


def inside(cast):
    """(browser, visit) of Jane in Good Therapy."""
    cast.jane()
    cast.key()
    browser = cast.visit()
    with binding.bind(cast.good_therapy):
        return browser, Visit.objects.get()


def send(cast, token):
    return cast.client(cast.good_therapy).post("/sign-out/back-channel/", {"logout_token": token}).status_code


def still_in(cast, browser):
    return browser.get(hosts.root(cast.good_therapy) + "/clients/", follow=False).status_code == 200


def test_every_fault_of_a_logout_token_is_refused_recorded_and_ends_nothing(cast, still):
    browser, visit = inside(cast)

    answers = {what: send(cast, make(cast, visit)) for what, (make, _) in FORGED.items()}

    assert answers == dict.fromkeys(FORGED, 400)
    refused = cast.events(cast.good_therapy, action="sign-in.second-part.refused")
    assert [event.reason for event in refused] == [reason for _, reason in FORGED.values()]
    assert {(event.object, event.result) for event in refused} == {("back-channel sign-out", "refused")}
    assert still_in(cast, browser)


def test_a_right_token_about_somebody_else_ends_nobodys_visit(cast):
    browser, visit = inside(cast)

    answers = {what: send(cast, make(cast, visit)) for what, make in BESIDE_THE_POINT.items()}

    assert answers == dict.fromkeys(BESIDE_THE_POINT, 200)
    assert still_in(cast, browser)
    assert cast.events(cast.good_therapy, action="visit.ended") == []


def test_a_right_token_ends_the_visit_once_however_often_it_comes(cast):
    browser, visit = inside(cast)
    token = logout_token(cast, visit)

    answers = [send(cast, token), send(cast, token)]

    assert answers == [200, 200]
    assert not still_in(cast, browser)
    (ended,) = cast.events(cast.good_therapy, action="visit.ended")
    assert (ended.person, ended.reason) == ("ACME Billing (home)", "ended at home: signed out")


def test_a_get_or_a_cookie_signs_nobody_out(cast):
    browser, visit = inside(cast)
    token = logout_token(cast, visit)

    response = browser.get(f"{hosts.root(cast.good_therapy)}/sign-out/back-channel/?logout_token={token}", follow=False)

    assert response.status_code == 405
    assert still_in(cast, browser)
