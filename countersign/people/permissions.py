"""What a person may be allowed to do: a catalogue in code. Stored as plain strings, shown with the words below."""

from dataclasses import dataclass
from enum import StrEnum

from countersign.instances.models import InstanceKind


class Permission(StrEnum):
    VIEW_REPORTS = "view_reports"
    VIEW_GENERAL_LOG = "view_general_log"
    VIEW_CLIENTS = "view_clients"
    ADD_CLIENTS = "add_clients"
    EDIT_CLIENTS = "edit_clients"
    EXPORT_CLIENTS = "export_clients"
    VIEW_NOTES = "view_notes"
    WRITE_NOTES = "write_notes"
    VIEW_PSYCHOTHERAPY_NOTES = "view_psychotherapy_notes"
    KEEP_DISCLOSURES = "keep_disclosures"
    VIEW_LEDGER = "view_ledger"
    EDIT_LEDGER = "edit_ledger"
    POST_PAYMENTS = "post_payments"
    WRITE_OFF = "write_off"
    SEND_STATEMENTS = "send_statements"
    VIEW_CLAIMS = "view_claims"
    EDIT_CLAIMS = "edit_claims"
    RELEASE_CLAIMS = "release_claims"
    VIEW_REMITTANCES = "view_remittances"
    POST_REMITTANCES = "post_remittances"
    MANAGE_USERS = "manage_users"
    MANAGE_PERMISSION_GROUPS = "manage_permission_groups"
    MANAGE_PAYERS = "manage_payers"
    MANAGE_LEDGER_CODES = "manage_ledger_codes"
    MANAGE_THIRD_PARTY_ACCESS = "manage_third_party_access"
    MANAGE_KEY_RING = "manage_key_ring"
    MANAGE_TRAINING = "manage_training"
    VIEW_ACCOUNT_CHARGES = "view_account_charges"
    MANAGE_ACCOUNT = "manage_account"
    MANAGE_INSTANCES = "manage_instances"
    MANAGE_LISTINGS = "manage_listings"
    MANAGE_CHARGES = "manage_charges"

    @property
    def words(self):
        return WORDS[self]

    @property
    def label(self):
        return WORDS[self].label


@dataclass(frozen=True)
class Words:
    """section, label and description for people; opens: the kind of health information it shows ("" for none)."""

    section: str
    label: str
    description: str
    opens: str = ""


P = Permission
WORDS = {
    P.VIEW_REPORTS: Words("Organization", "View reports", "Open and export User Audit and other reports", "Access"),
    P.VIEW_GENERAL_LOG: Words(
        "Organization", "View General Log", "See everything that was opened and changed, by whom", "Access"
    ),
    P.VIEW_CLIENTS: Words("Clients", "View clients", "List, search and open clients, with payers", "Demographics"),
    P.ADD_CLIENTS: Words("Clients", "Add clients", "Add a new client", "Demographics"),
    P.EDIT_CLIENTS: Words("Clients", "Edit clients", "Change profile and payers of a client", "Demographics"),
    P.EXPORT_CLIENTS: Words("Clients", "Export clients", "Download the client list as a file", "Demographics"),
    P.KEEP_DISCLOSURES: Words(
        "Clients", "Keep disclosures", "Record what was disclosed about a client, and account for it", "Disclosures"
    ),
    P.VIEW_NOTES: Words("Clinical", "View notes", "Read progress notes", "Clinical notes"),
    P.WRITE_NOTES: Words("Clinical", "Write notes", "Write and sign progress notes", "Clinical notes"),
    P.VIEW_PSYCHOTHERAPY_NOTES: Words(
        "Clinical", "View psychotherapy notes", "Read notes kept apart under 45 CFR 164.501", "Psychotherapy notes"
    ),
    P.VIEW_LEDGER: Words("Ledger", "View ledger", "See services, charges and payments", "Services and diagnoses"),
    P.EDIT_LEDGER: Words("Ledger", "Edit ledger", "Add and correct services and charges", "Services and diagnoses"),
    P.POST_PAYMENTS: Words("Ledger", "Post payments", "Enter payments of clients and payers", "Services and diagnoses"),
    P.WRITE_OFF: Words("Ledger", "Write off", "Write off a balance", "Services and diagnoses"),
    P.SEND_STATEMENTS: Words("Ledger", "Send statements", "Send statements to clients", "Services and diagnoses"),
    P.VIEW_CLAIMS: Words("Claims", "View claims", "See claims and where they stand", "Services and diagnoses"),
    P.EDIT_CLAIMS: Words("Claims", "Edit claims", "Create and correct claims", "Services and diagnoses"),
    P.RELEASE_CLAIMS: Words("Claims", "Release claims", "Send claims to payers", "Services and diagnoses"),
    P.VIEW_REMITTANCES: Words("Remittances", "View remittances", "See what payers paid", "Services and diagnoses"),
    P.POST_REMITTANCES: Words("Remittances", "Post remittances", "Post what payers paid", "Services and diagnoses"),
    P.MANAGE_USERS: Words("Settings", "Manage users", "Add, change and inactivate users"),
    P.MANAGE_PERMISSION_GROUPS: Words("Settings", "Manage permission groups", "Change what a group may do"),
    P.MANAGE_PAYERS: Words("Settings", "Manage payers", "Add and change payers"),
    P.MANAGE_LEDGER_CODES: Words("Settings", "Manage ledger codes", "Add and change service codes and fees"),
    P.MANAGE_THIRD_PARTY_ACCESS: Words(
        "Settings", "Manage third-party access", "See and end visits of billing companies"
    ),
    P.MANAGE_KEY_RING: Words(
        "Settings", "Manage key ring", "Keep the keys of customers, and say who of our people may use which"
    ),
    P.MANAGE_TRAINING: Words(
        "Settings", "Manage training", "See who is trained, write courses and say whether they are required"
    ),
    P.VIEW_ACCOUNT_CHARGES: Words("Settings", "View account charges", "See who is charged for"),
    P.MANAGE_ACCOUNT: Words("Settings", "Manage account", "Change settings of the whole account"),
    P.MANAGE_INSTANCES: Words("Console", "Manage instances", "Create, suspend and archive instances"),
    P.MANAGE_LISTINGS: Words("Console", "Manage listings", "Register, suspend and delist billing companies"),
    P.MANAGE_CHARGES: Words("Console", "Manage charges", "See every instance's charges and set price plans"),
}
SECTIONS = tuple(dict.fromkeys(words.section for words in WORDS.values()))

# DESIGN: no Billing user can ever be given these. The form does not offer them, the model refuses, the gate denies.
BILLING_CEILING = frozenset(P) - {
    P.MANAGE_USERS, P.MANAGE_PERMISSION_GROUPS, P.MANAGE_THIRD_PARTY_ACCESS, P.MANAGE_ACCOUNT,
    P.MANAGE_KEY_RING, P.MANAGE_TRAINING, P.VIEW_ACCOUNT_CHARGES, P.VIEW_PSYCHOTHERAPY_NOTES, P.MANAGE_INSTANCES,
    P.MANAGE_LISTINGS, P.MANAGE_CHARGES,
}
CONSOLE = frozenset({P.MANAGE_INSTANCES, P.MANAGE_LISTINGS, P.MANAGE_CHARGES})
# Support treats nobody and bills for nobody: what its instance has is users, a record and the console.
SUPPORT = CONSOLE | {
    P.VIEW_REPORTS, P.VIEW_GENERAL_LOG, P.MANAGE_USERS, P.MANAGE_PERMISSION_GROUPS, P.VIEW_ACCOUNT_CHARGES,
    P.MANAGE_ACCOUNT,
}


def offered(kind):
    """The permissions that mean something at an instance of this kind: the console's are Support's alone."""
    return SUPPORT if kind == InstanceKind.SUPPORT else frozenset(P) - CONSOLE


def known(strings):
    """The permissions among stored strings; what the code no longer knows gives nothing."""
    return frozenset(P(string) for string in strings if string in P._value2member_map_)


def rule_in_words(rule):
    """The rule of a refusal for a person to read: a permission by its label, any other as it stands."""
    return P(rule).label if rule in P._value2member_map_ else rule


PREDEFINED_GROUPS = {
    "Practice manager": (
        "Runs the practice: everything but psychotherapy notes",
        offered(None) - {P.VIEW_PSYCHOTHERAPY_NOTES},
    ),
    "Clinician": (
        "Treats clients: their profile, notes and services",
        {P.VIEW_CLIENTS, P.EDIT_CLIENTS, P.KEEP_DISCLOSURES, P.VIEW_NOTES, P.WRITE_NOTES, P.VIEW_LEDGER},
    ),
    "Front desk": (
        "Welcomes clients: profiles, payers and payments at the desk",
        {P.VIEW_CLIENTS, P.ADD_CLIENTS, P.EDIT_CLIENTS, P.VIEW_LEDGER, P.POST_PAYMENTS},
    ),
    "Billing full cycle": (
        "From the service to the last payment, without clinical notes",
        {
            P.VIEW_CLIENTS, P.EDIT_CLIENTS, P.VIEW_LEDGER, P.EDIT_LEDGER, P.POST_PAYMENTS, P.WRITE_OFF,
            P.SEND_STATEMENTS, P.VIEW_CLAIMS, P.EDIT_CLAIMS, P.RELEASE_CLAIMS, P.VIEW_REMITTANCES,
            P.POST_REMITTANCES, P.MANAGE_PAYERS, P.KEEP_DISCLOSURES,
        },
    ),
    "Billing claims only": (
        "Prepares and releases claims",
        {P.VIEW_CLIENTS, P.VIEW_LEDGER, P.VIEW_CLAIMS, P.EDIT_CLAIMS, P.RELEASE_CLAIMS},
    ),
    "Billing payments only": (
        "Posts payments and remittances",
        {P.VIEW_CLIENTS, P.VIEW_LEDGER, P.POST_PAYMENTS, P.VIEW_REMITTANCES, P.POST_REMITTANCES},
    ),
    "Reports only": ("Reads reports, opens no client", {P.VIEW_REPORTS}),
}
