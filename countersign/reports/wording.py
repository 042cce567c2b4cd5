"""How an event is put to a person: who, which action; and what to beware of in a User ID."""

from countersign.audit import actors, record
from countersign.audit.actions import ACTIONS

WHO = {
    actors.OURS: "Ours",
    actors.THIRD_PARTY: "Third party",
    actors.SUPPORT: "Support",
    actors.SYSTEM: "System",
    actors.UNKNOWN: "Not known",
}
RESULTS = {record.OK: "Done", record.REFUSED: "Refused", record.FAILED: "Failed"}

# Headings of the list of actions, and how the names of the actions under each begin; what fits nowhere is "Other".
HEADINGS = {
    "Signing in and out": ("sign-in.", "signed-out", "session.", "activation.", "password."),
    "Third-party access": (
        "visit", "identity.", "launch-pad.", "own-activity.", "statement", "agreement", "third-party", "alert",
        "clock.", "key", "delivery.", "access.", "team", "assignment", "entry.", "dispatch.",
    ),
    "Clients": ("client", "ledger", "payer", "note", "psychotherapy-note", "coverage", "disclosure", "accounting"),
    "Users and permissions": ("user.", "users.", "group", "profile.", "factor"),
    "Reports": ("user-audit.", "general-log.", "event.", "client-history.", "company-month.", "overview."),
    "The record": ("record.", "receipt.", "verifier.", "checkpoint.", "witness."),
    "Support": ("instance", "listing"),
    "Admin site": ("admin-site.", "customer"),
    "Pages": ("page.",),
}
NOT_OF_THE_DOOR = ("visit.opened", "identity.party.", "identity.keys.")
# Why it may not tell who came in, or when.
ALSO = ("record.restarted", "clock.differs")
# The User Audit: who came in, who went out, who was refused, and at which part.
USER_AUDIT = tuple(
    action
    for action in ACTIONS
    if (action.startswith(("sign-in.", "signed-out", "session.", "activation.", "visit.", "identity."))
        and not action.startswith(NOT_OF_THE_DOOR)) or action in ALSO
)


def choices(actions):
    """The actions under their headings, for a select: [(heading, [(action, "Opened client …"), ...]), ...]."""
    grouped = {heading: [] for heading in (*HEADINGS, "Other")}
    for action in actions:
        words = ACTIONS[action].format(object="…", client="…")
        grouped[_heading(action)].append((action, words[:1].upper() + words[1:]))
    return [(heading, found) for heading, found in grouped.items() if found]


def _heading(action):
    return next((heading for heading, begins in HEADINGS.items() if action.startswith(begins)), "Other")


def escaped(text):
    """The text with every character beyond printable ASCII as its code point: "\\u0440riya"; "" when there is none.

    A User ID is ASCII, so one that is not was typed to look like another (UTS #39) or by mistake.
    """
    if text.isascii() and text.isprintable():
        return ""
    return "".join(
        character if character.isascii() and character.isprintable() else _code_point(character) for character in text
    )


def _code_point(character):
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
