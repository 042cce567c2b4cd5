"""What somebody did, as plain numbers, counted from events."""

from collections import Counter

from countersign.audit import record
from countersign.audit.actions import ACTIONS
from countersign.people.permissions import rule_in_words

EXPORTS = (".exported", ".downloaded", ".printed")
READS = (".opened", ".listed", ".searched", *EXPORTS)
# Coming, going and pages that were merely asked for: nothing of the practice was changed by it.
NO_CHANGE = ("sign-in.", "signed-out", "session.", "visit.", "page.", "password.", "identity.", "activation.")
NUMBERS = ("requests", "clients", "ledgers", "searches", "exports", "changes", "refusals", "failures")


def kind(action, result):
    """What an event counts as beside being one: "ledgers", "searches", "exports", "changes", "refusals", "failures",
    or "" for a page that was opened."""
    if result == record.REFUSED:
        return "refusals"
    if result == record.FAILED:
        return "failures"
    if action == "ledger.opened":
        return "ledgers"
    if action.endswith(".searched"):
        return "searches"
    if action.endswith(EXPORTS):
        return "exports"
    if action.endswith(READS) or action.startswith(NO_CHANGE):
        return ""
    return "changes"


class Counts:
    """Numbers of events; `clients` is how many different ones were opened or changed."""

    def __init__(self):
        self.kinds, self.clients = Counter(), set()

    def add(self, action, result, client):
        self.kinds["requests"] += 1
        self.kinds[kind(action, result)] += 1
        if client and result == record.OK:
            self.clients.add(client)

    def plain(self):
        return {name: len(self.clients) if name == "clients" else self.kinds[name] for name in NUMBERS}


def words(action):
    """The action for a list, as the General Log offers it: "Opened the ledger of client …"."""
    said = ACTIONS.get(action, action).format(object="…", client="…")
    return said[:1].upper() + said[1:]


def rule_words(action, rule):
    """What refused: the permission that was lacking, or what else was wrong."""
    return rule_in_words(rule) if rule else words(action)
