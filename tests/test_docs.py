"""What the documents say exists: variables, links, targets, commands, labels. And what exists is said."""

import re
import subprocess
from pathlib import Path

import pytest

from countersign.__main__ import parser

ROOT = Path(__file__).parents[1]
LIST = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
TRACKED = subprocess.run(LIST, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
DOCUMENTS = sorted(ROOT / name for name in TRACKED if name.endswith(".md") and (ROOT / name).exists())
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
VARIABLE = re.compile(r"\bCOUNTERSIGN_[A-Z][A-Z_]*[A-Z]\b")
# Bold in a guide and printed exactly like this on a screen; what people and auditors look for.
LABELS = [
    "Access tags", "Edit profile", "Retire tag", "Records under 42 CFR Part 2", "May see records under 42 CFR Part 2",
    "Record the consent", "Revoke the consent", "Keep from billing companies", "Open to billing companies",
    "Close to billing companies",
    "Third-party access", "Suspend now", "Lift the suspension", "Record an agreement", "Sign off",
    "Send the answer", "Wind down", "Record the certificate", "Waiting work", "Tell how many services wait",
    "Listing", "Apply",
    "What can they see?",
    "Access statements", "Alerts", "Proof of the record", "Disclosures",
    "Settings", "Users", "New User", "User Details", "Name", "User ID", "Password", "Generate", "User Type",
    "Permission group", "Permissions", "Billing Company", "Save", "Inactivate & force log off", "Reactivate",
    "New password", "End the old password now",
    "Visits", "End visit", "User Audit", "General Log", "Export CSV", "Who", "Sign in", "Continue as",
    "Leave this practice", "Launch pad", "My activity", "Your profile", "Instances", "New instance",
    "Create instance", "Address", "Kind", "Time zone", "Send the activation again", "Register as a billing company",
    "Applied", "Listed", "Suspended", "Delisted", "Billing companies", "Change state", "Manage users",
    "Manage permission groups", "Manage third-party access", "View account charges", "Manage account",
    "Customers", "Host name", "Switch on", "Switch off",
    "Enter", "Key ring", "Manage key ring", "Add a key", "Replace the password", "End this key", "Assign", "Take back",
    "Teams", "People and customers", "Accept", "From the launch pad only", "Deliver to",
    "Ask for more", "Access", "Why", "For how long", "Send the request", "Support’s access",
    "Approve", "Refuse", "End now",
    "View psychotherapy notes", "Manage instances", "Manage listings", "Manage charges", "Billing",
    "Account charges", "Charges", "Price plans", "New price plan",
    "Training", "Manage training", "New course", "This text counts at once", "In use", "Rules of training",
    "Required before anyone enters a customer",
    "Clients", "Notes", "Write a note", "Sign note", "Sign out",
]
ROLES = ("practice.md", "clinician.md", "company.md", "biller.md", "support.md")
NO_LABELS = {"Billing user", "own account"}  # bold because they are the words that matter


def text_of(paths):
    return "\n".join(path.read_text() for path in paths)


def code():
    read = {ROOT / name for name in TRACKED if name.endswith((".py", "/run", "Makefile"))} - {Path(__file__)}
    return text_of(path for path in read if path.exists())


def test_every_variable_is_explained_and_every_explained_one_is_read():
    explained = set(VARIABLE.findall(text_of([ROOT / "README.md", ROOT / "docs" / "operator.md"])))

    assert explained == set(VARIABLE.findall(code()))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_and_picture_is_there(document):
    links = re.findall(r"\]\(([^)\s]+)\)", document.read_text())
    relative = [link.partition("#")[0] for link in links if not re.match(r"https?:|mailto:|#", link)]

    assert [link for link in relative if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_target_that_is_named_exists(document):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", document.read_text(), re.MULTILINE))

    assert named - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_named_exists(document):
    known = commands()
    found = re.findall(r"`countersign ([^`]+)`|bin/countersign ([^#\n]+)", document.read_text().replace("\n", " "))
    named = [quoted or typed for quoted, typed in found]

    assert [one for one in named if not exists(known, one.split())] == []


def commands():
    """{command: its verbs, an empty set for one without}."""
    (top,) = [action for action in parser()._actions if action.choices]
    return {
        name: {verb for given in one._actions if given.choices and not given.option_strings for verb in given.choices}
        for name, one in top.choices.items()
    }


def exists(known, words):
    verbs = known.get(words[0])
    return verbs is not None and (not verbs or len(words) == 1 or words[1] in verbs or words[1] in ("…", "..."))


def test_labels_in_the_guides_are_printed_exactly_so_on_the_screens():
    screens = text_of(
        path for folder in (ROOT / "countersign").iterdir() if folder.is_dir()
        for path in [*folder.rglob("*.html"), *folder.glob("*.py")]
    ) + (ROOT / "countersign" / "settings.py").read_text()
    screens = screens.replace("&amp;", "&")

    # Between tags or quotes, beside a tag or a name that the template fills in: never within a longer text.
    missing = [label for label in LABELS if not re.search(rf"[>\"}}]{re.escape(label)}(?:[<\"]| ?\{{)", screens)]
    assert missing == []


def test_every_bold_name_in_the_guides_is_held_by_the_list_above():
    guides = text_of(path for path in GUIDES if path.name in ROLES)
    guides = re.sub(r"^\| [0-9].*$", "", guides, flags=re.MULTILINE).replace("\n", " ")
    bold = {" ".join(found.split()) for found in re.findall(r"\*\*([^*]+)\*\*", guides)}

    sentences = {found for found in bold if found.endswith((".", ":"))}
    assert bold - sentences - NO_LABELS - set(LABELS) == set()


def test_pictures_are_small_and_1280_pixels_wide():
    pictures = sorted((ROOT / "docs" / "pictures").glob("*.png"))

    assert len(pictures) >= 5
    for picture in pictures:
        head = picture.read_bytes()
        assert int.from_bytes(head[16:20], "big") == 1280, picture.name  # PNG: width, in the header chunk
        assert len(head) < 200_000, picture.name


def test_every_picture_is_shown_somewhere():
    shown = text_of(GUIDES)

    assert [one.name for one in (ROOT / "docs" / "pictures").glob("*.png") if one.name not in shown] == []


def test_no_document_names_a_folder_of_somebodys_machine():
    places = ["/" + name + "/" for name in ("work", "root", "tmp", "home")]

    found = [(path.name, place) for path in DOCUMENTS for place in places if place in path.read_text()]
    assert found == []
