"""Which codes an action has in a FHIR AuditEvent: type and subtype from DICOM (PS3.16 D) and HL7, and our own name.

The `action` of FHIR is one letter (hl7.org/fhir/R4/valueset-audit-event-action.html): C create, R read, U update,
D delete, E execute: whatever is neither, such as a sign-in or a search.
"""

import re
from functools import lru_cache

from countersign.audit.actions import ACTIONS

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
HL7 = "http://terminology.hl7.org/CodeSystem/"
# The list of our own actions as a code system; it has no page of its own on the web, so its name is no address.
OURS = "urn:uuid:07a67b37-10eb-4db1-95a3-6928eb02cfa7"

SYSTEM = f"{HL7}audit-entity-type"
ENTITY_PERSON = {"system": SYSTEM, "code": "1", "display": "Person"}
ENTITY_SYSTEM = {"system": SYSTEM, "code": "2", "display": "System Object"}
ROLE_PATIENT = {"system": f"{HL7}object-role", "code": "1", "display": "Patient"}
ROLE_QUERY = {"system": f"{HL7}object-role", "code": "24", "display": "Query"}
SERVER = {"system": f"{HL7}security-source-type", "code": "4", "display": "Application Server"}
HUMAN = {"coding": [{"system": f"{HL7}extra-security-role-type", "code": "humanuser", "display": "human user"}]}

# How the last word of an action, or the action itself, ends.
QUERY_ROLE = ("searched", "listed", "exported")
VERBS = {
    "C": ("created", "applied", "added", "written", "loaded", "registered", "given"),
    "R": ("opened", "listed", "exported", "downloaded", "read", "printed", "previewed", "page.refused", "page.missing"),
    "U": ("changed", "inactivated", "reactivated", "rotated", "set", "suspended", "resumed", "archived", "signed",
          "corrected", "closed", "acknowledged"),
    "D": ("deleted", "removed", "withdrawn"),
}
# (how the name of an action begins, DICOM code, words): the first that fits.
TYPES = (
    ("user-audit.", "110101", "Audit Log Used"),
    ("general-log.", "110101", "Audit Log Used"),
    ("event.", "110101", "Audit Log Used"),
    ("record.", "110101", "Audit Log Used"),
    ("sign-in.", "110114", "User Authentication"),
    ("signed-out", "110114", "User Authentication"),
    ("session.", "110114", "User Authentication"),
    ("activation.", "110114", "User Authentication"),
    ("password.", "110114", "User Authentication"),
    ("identity.", "110114", "User Authentication"),
    ("visit.began", "110114", "User Authentication"),
    ("visit.left", "110114", "User Authentication"),
    ("visit.ended", "110114", "User Authentication"),
    ("clients.exported", "110106", "Export"),
    ("clients.loaded", "110107", "Import"),
    ("clients.searched", "110112", "Query"),
    ("access.previewed", "110110", "Patient Record"),
    ("client", "110110", "Patient Record"),
    ("ledger.", "110110", "Patient Record"),
    ("payers.", "110110", "Patient Record"),
    ("note", "110110", "Patient Record"),
    ("psychotherapy-note", "110110", "Patient Record"),
    ("user.", "110137", "User Security Attributes Changed"),
    ("group.", "110136", "Security Roles Changed"),
)
ONLY_READ = {"user.opened", "group.opened"}
OTHERWISE = ("110100", "Application Activity")
SUBTYPES = {
    "sign-in.accepted": ("110122", "Login"),
    "visit.began": ("110122", "Login"),
    "signed-out": ("110123", "Logout"),
    "signed-out.everywhere": ("110123", "Logout"),
    "visit.left": ("110123", "Logout"),
}
_CODE = re.compile(r"\S+( \S+)*")


@lru_cache(maxsize=1024)
def verb(action):
    last = action.rpartition(".")[2]
    return next((letter for letter, ends in VERBS.items() if last in ends or action in ends), "E")


@lru_cache(maxsize=1024)
def kind(action):
    """{"type": …, "subtype": […]} of an action; one that this version does not know has no code of ours."""
    code, words = OTHERWISE
    if action not in ONLY_READ:
        code, words = next((found for begins, *found in TYPES if action.startswith(begins)), OTHERWISE)
    subtypes = []
    if action in SUBTYPES:
        subtypes.append({"system": DICOM, "code": SUBTYPES[action][0], "display": SUBTYPES[action][1]})
    if action in ACTIONS and _CODE.fullmatch(action):
        subtypes.append({"system": OURS, "code": action, "display": ACTIONS[action].format(object="…", client="…")})
    told = {"type": {"system": DICOM, "code": code, "display": words}}
    return {**told, "subtype": subtypes} if subtypes else told
