"""The relying party: how a practice asks a home who somebody is, and what it believes (OpenID Connect Core 3.1.3.7)."""

import hmac
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from django.conf import settings

from countersign.identity import federation, tokens
from countersign.identity.federation import FederationError
from countersign.instances import binding, hosts


@dataclass(frozen=True)
class Question:
    """What must be remembered until the answer comes. Each is used once and bound to one browser."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls):
        return cls(*(secrets.token_urlsafe(32) for _ in range(2)), secrets.token_urlsafe(48))


@dataclass(frozen=True)
class Individual:
    """Who the home says it is. Identity is (iss, sub); the rest is for people to read."""

    iss: str
    sub: str
    sid: str
    name: str
    email: str
    user_id: str
    factors: str
    billing_user: str | None = None  # the key that the home was asked about
    trained_on: str = ""  # since when their company calls them trained, in its words; "" when it does not say


def redirect_uri():
    return f"{hosts.root(binding.bound())}/sign-in/second-part/"


def question_url(issuer, question, *, billing_user):
    """Where to send the browser. `max_age` makes the home ask again after 12 hours.

    billing_user: the User ID of the key that was given, for the home to judge whether this person may use it.
    """
    return f"{issuer}/authorize/?" + urlencode({
        "response_type": "code",
        "client_id": hosts.root(binding.bound()),
        "redirect_uri": redirect_uri(),
        "scope": "openid",
        "state": question.state,
        "nonce": question.nonce,
        "code_challenge": create_s256_code_challenge(question.verifier),
        "code_challenge_method": "S256",
        "max_age": settings.ABSOLUTE_SECONDS,
        "billing_user": billing_user,
    })


def check_answer(answer, *, issuer, state):
    """The code in the home's answer. Raises FederationError, before anything is sent anywhere (RFC 9207)."""
    if not hmac.compare_digest(answer.get("state", "").encode(), state.encode()):
        raise FederationError("the answer is to another question")
    if answer.get("iss") != issuer:
        raise FederationError("the answer is another issuer's")
    if "error" in answer:
        raise FederationError(f"the home refused: {answer['error'][:100]}")
    code = answer.get("code", "")
    if not 20 <= len(code) <= 200:
        raise FederationError("the answer has no code")
    return code


def redeem(code, *, issuer, question):
    """Exchange the code for the ID token and return the Individual it names. Raises FederationError."""
    status, answer = federation.call("POST", f"{issuer}/token/", data={
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri(),
        "code_verifier": question.verifier,
        **tokens.assertion(audience=issuer),
    })
    if status != 200 or not isinstance(answer.get("id_token"), str):
        raise FederationError(f"no ID token: {status} {str(answer.get('error', ''))[:100]}")
    return individual(answer["id_token"], issuer=issuer, nonce=question.nonce)


def individual(id_token, *, issuer, nonce):
    """The Individual of an ID token that is signed, meant for us, fresh and an answer to our nonce."""
    claims = tokens.verified(id_token, issuer=issuer)
    tokens.meant_for_us(claims, issuer=issuer)
    tokens.timely(claims, oldest=settings.ID_TOKEN_SECONDS)
    if not isinstance(claims.get("nonce"), str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise FederationError("the nonce is another's")
    auth_time = claims.get("auth_time")
    if not isinstance(auth_time, int) or auth_time > claims["iat"] + settings.CLOCK_SKEW_SECONDS:
        raise FederationError("the ID token does not say when they signed in")
    if claims["iat"] - auth_time > settings.ABSOLUTE_SECONDS:
        raise FederationError("the sign-in at the home is too old")
    sub, sid, name = claims.get("sub"), claims.get("sid"), federation.line(claims.get("name"), 200)
    if not name or not all(isinstance(v, str) and v.isprintable() and 0 < len(v) <= 100 for v in (sub, sid)):
        raise FederationError("the ID token names nobody")
    amr = claims.get("amr")
    if not isinstance(amr, list) or not amr:
        raise FederationError("the ID token does not say how they signed in")
    return Individual(
        iss=issuer, sub=sub, sid=sid, name=name, email=federation.line(claims.get("email"), 254),
        user_id=federation.line(claims.get("preferred_username"), 64),
        factors=federation.line(" ".join(map(str, amr)), 100), billing_user=claims.get("billing_user"),
        trained_on=federation.line(claims.get("trained_on"), 40),
    )


def standing(issuer, sid):
    """(True, ""), (False, why), or (None, "") when the home does not answer."""
    try:
        status, answer = federation.call(
            "POST", f"{issuer}/standing/", data={"sid": sid, **tokens.assertion(audience=issuer)}
        )
    except FederationError:
        return None, ""
    if status == 403:
        return False, "the home does not serve this practice any more"
    if status != 200 or not isinstance(answer.get("active"), bool):
        return None, ""
    return answer["active"], federation.line(answer.get("because", ""), 200)


def report_refusal(issuer, *, reason):
    """Let the home write down, too, that its answer was refused here. Best effort: the practice's own record counts."""
    try:
        federation.call("POST", f"{issuer}/refusals/", data={"reason": reason, **tokens.assertion(audience=issuer)})
    except FederationError:
        return


def signed_out(logout_token):
    """(iss, sub, sid, why) of a logout token. Raises FederationError. Back-Channel Logout 1.0 section 2.6."""
    issuer = tokens.claimed_issuer(logout_token)
    if hosts.hosted(issuer) is None:
        raise FederationError("an unknown issuer")
    claims = tokens.verified(logout_token, issuer=issuer, typ="logout+jwt")
    tokens.meant_for_us(claims, issuer=issuer)
    tokens.timely(claims, oldest=120)
    if "nonce" in claims or not isinstance(claims.get("events"), dict) or tokens.LOGOUT_EVENT not in claims["events"]:
        raise FederationError("this is no logout token")
    told = [claims.get(name) for name in ("sub", "sid", "jti")]
    if not all(isinstance(one, str) and one and one.isprintable() for one in told):
        raise FederationError("the logout token names nobody")
    return issuer, claims["sub"], claims["sid"], federation.line(claims.get("because", "signed out at home"), 200)
