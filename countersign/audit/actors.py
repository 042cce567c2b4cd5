"""Who acts, as plain values: the record receives them and looks nobody up."""

from dataclasses import dataclass

OURS, THIRD_PARTY, SUPPORT, SYSTEM, UNKNOWN = "ours", "third party", "support", "system", "unknown"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person as the record names them.

    person: display name, never empty ("unknown" for somebody who could not be named).
    iss, sub: the person's identity, (issuer, subject); empty only for an unknown person or the system.
    company, billing_user, visit: through whom, with which key and in which visit, for a third party.
    """

    person: str
    source: str = OURS
    iss: str = ""
    sub: str = ""
    user_id: str = ""
    company: str = ""
    billing_user: str = ""
    visit: str = ""
    factors: str = ""
    address: str = ""
    browser: str = ""

    def __post_init__(self):
        if not self.person.strip():
            raise ValueError("The record refuses to be anonymous.")


def unknown(*, address, browser, user_id=""):
    """Somebody who could not be named: not counted as one of ours. user_id: what they typed, if anything."""
    return Actor(person="unknown", source=UNKNOWN, address=address, browser=browser[:300], user_id=user_id)


def system(name="Countersign"):
    return Actor(person=name, source=SYSTEM)
