"""Asking a practice about a key, server to server: is it right, and a ticket to come in with it."""

from django.core.exceptions import ValidationError

from countersign.identity import federation, sealing, tokens
from countersign.identity.federation import FederationError

CHECK, ENTER = "check", "enter"
WORDS = {
    "wrong": "The practice knows no such User ID with this password.",
    "inactive": "The practice has ended or suspended this Billing user.",
    "another company": "This Billing user belongs to another company.",
    "throttled": "The practice has seen too many attempts. Wait 15 minutes, then try again.",
    "not listed": "Your company is not registered as a billing company at the moment.",
}
SILENT = "The practice does not answer. Try again in a moment."


class Refused(ValidationError):
    """The practice does not take the key; the message is for people. code: one of WORDS, "refused" or "silent"."""


def ask(issuer, *, user_id, password, person, purpose):
    """The practice's answer about the first part of a sign-in, as a dict; a ticket is in it when purpose is ENTER.

    person: the User of this company who wants in, or checks. Raises Refused.
    """
    try:
        sealed = sealing.seal_for(issuer, {"user_id": user_id, "password": password, "sub": str(person.id)})
        status, answer = federation.call("POST", f"{issuer}/sign-in/first-part/", data={
            "purpose": purpose, "sealed": sealed, "person": person.name, "home_user_id": person.user_id,
            **tokens.assertion(audience=issuer),
        })
    except FederationError:
        raise Refused(SILENT, code="silent") from None
    if status == 200:
        return answer
    code, because = answer.get("error"), federation.line(answer.get("because"), 150)
    if code == "refused" and because:
        raise Refused(f"The practice does not let this key in: {because}.", code=code)
    if code not in WORDS:
        raise Refused(SILENT, code="silent")
    raise Refused(WORDS[code], code=code)
