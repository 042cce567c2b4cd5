"""Which permission somebody made use of when this happened: action of the record → permission.

What a visit did shows which permissions its Billing user needs. An action that no permission stands behind is not here.
"""

from countersign.people.permissions import BILLING_CEILING
from countersign.people.permissions import Permission as P

OF = {
    P.VIEW_REPORTS: (
        "user-audit.opened", "user-audit.exported", "statements.listed", "statement.opened", "statement.downloaded",
    ),
    P.VIEW_GENERAL_LOG: (
        "general-log.opened", "general-log.exported", "event.opened", "overview.opened", "client-history.opened",
        "company-month.opened", "visit.opened", "record.opened", "record.checked", "record.exported", "receipt.given",
        "checkpoint.downloaded", "verifier.downloaded",
    ),
    P.VIEW_CLIENTS: ("clients.listed", "clients.searched", "client.opened", "payers.opened"),
    P.ADD_CLIENTS: ("client.added",),
    P.EDIT_CLIENTS: ("client.changed",),
    P.EXPORT_CLIENTS: ("clients.exported",),
    P.KEEP_DISCLOSURES: (
        "disclosures.listed", "disclosure.opened", "disclosure.recorded", "disclosure.corrected", "accounting.asked",
        "accounting.opened", "accounting.downloaded", "accounting.exported", "accounting.extended", "accounting.given",
    ),
    P.VIEW_NOTES: ("notes.listed", "note.opened"),
    P.WRITE_NOTES: ("note.written", "note.changed", "note.signed"),
    P.VIEW_LEDGER: ("ledger.opened",),
}
PERMISSION = {action: permission for permission, actions in OF.items() for action in actions}
# Nothing in this version asks for them, so nobody can have used them.
WITHOUT_A_PAGE = BILLING_CEILING - OF.keys()


def used(counts):
    """{permission: how often} from {action: how often}."""
    found = {}
    for action, number in counts.items():
        if action in PERMISSION:
            found[PERMISSION[action]] = found.get(PERMISSION[action], 0) + number
    return found
