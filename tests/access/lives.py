"""Random lives of one relationship: which step comes next, and what must be true after it (test_who_can_do_what.py)."""

from collections import Counter
from datetime import UTC, datetime

from tests.access.model import COURSES, Relationship
from tests.access.relating import PAGES, Practice

BEGAN = datetime(2030, 10, 24, 13, 30, tzinfo=UTC)  # a morning at the practice, days before the clocks go back
PERSONS = ("jane", "june")
KEYS = {"acme-full": ({"view_clients", "view_ledger", "export_clients"}, False), "acme-desk": ({"view_ledger"}, True)}
GROUP = {"view_clients", "view_reports"}
SEATS = [("jane", "acme-full"), ("june", "acme-full"), ("june", "acme-desk")]

keys, persons, permissions, whose = sorted(KEYS), list(PERSONS), sorted(PAGES), [None, *sorted(KEYS)]
VERBS = {  # about what → what can be done → what may be said of it
    "time": {"pass_time": ([31, 60, 120, 300, 660, 1440, 2880, 8640],)},
    "rights": {
        "switch": (keys, permissions), "switch_in_group": (permissions,), "switch_member": (keys,),
        "review": (keys, permissions),
    },
    "asking": {
        "ask": (keys, permissions, range(1, 30)), "answer": (keys, permissions, [None, 1, 3]),
        "take_back": (keys, permissions),
    },
    "suspending": {"suspend": (whose,), "lift": (whose,)},
    "ending": {"set_end": (keys, [*range(-1, 9), 360, 366])},
    "inactivating": {
        "inactivate_key": (keys,), "reactivate_key": (keys,), "inactivate": (persons,), "reactivate": (persons,),
    },
    "agreeing": {"agree": (range(-9, 5), range(-9, 30)), "end_agreements": (), "require_agreement": ([True, False],)},
    "winding down": {"wind_down": (range(-1, 6), range(-1, 12)), "go_on": ()},
    "ring": {
        "put_in_ring": (keys,), "end_in_ring": (keys,), "join": (persons,), "leave": (persons,),
        "assign": (keys, [*persons, "team"], range(-3, 3), [None, *range(-2, 9)]),
        "unassign": (keys, [*persons, "team"]),
    },
    "training": {
        "require_training": ([True, False], [1, 12]), "train": (persons, [sorted(COURSES), sorted(COURSES)[:1]]),
    },
    "listing": {"list": ([True, False],)},
}


def mending(model, person, key, reason):
    """A step that takes one reason away: else nobody would be in for long."""
    return {
        "person inactive": ("reactivate", person), "key inactive": ("reactivate_key", key),
        "not listed": ("list", True), "suspended": ("lift", key if model.keys[key].suspended else None),
        "no agreement": ("agree", -1, 40), "wound down": ("go_on",), "ended": ("set_end", key, 30),
        "not trained": ("train", person, sorted(COURSES)),
        "not assigned": ("assign", key, person, 0, 9) if model.keys[key].ring else ("put_in_ring", key),
    }[reason]


def drawn(random, model, about, taken):
    """The next step: most often one that lets somebody in again, where somebody is kept out; else what was done least.

    taken: how often each was, a Counter.
    """
    seat = random.choice(SEATS)
    reasons = sorted(model.closed(*seat))
    if reasons and random.randrange(4):
        return mending(model, *seat, random.choice(reasons))
    verbs = {verb: args for one in about for verb, args in VERBS[one].items()}
    fewest = min(taken[verb] for verb in verbs)
    verb = random.choice([one for one in sorted(verbs) if taken[one] == fewest])
    if "time" in about and not random.randrange(4):
        verb = "pass_time"
    taken[verb] += 1
    lacking = [(key, one) for key in keys if model.keys[key].ring for one in permissions if one not in model.may(key)]
    waiting = [(key, one, had) for key in keys for one, had in sorted(model.keys[key].asked.items())]
    if verb in ("ask", "answer") and random.randrange(4):  # most often what leads to a grant
        verb = "answer" if waiting else "ask"
    if verb == "ask" and lacking and random.randrange(4):
        return verb, *random.choice(lacking), random.randint(1, 30)
    if verb == "answer" and waiting:
        key, permission, had = random.choice(waiting)
        return verb, key, permission, random.choice([None, 1, had, had, had + 1])
    brinks = [int((moment - model.now).total_seconds()) // 60 for moment in model.brinks()]
    near = [minutes for minutes in brinks if 4 < minutes < 30 * 1440]
    if verb == "pass_time" and near and random.randrange(4):
        # To two minutes before the next thing ends or begins by itself, or to that very moment.
        return verb, near[0] - random.choice([4, 2])
    return verb, *(random.choice(one) for one in verbs[verb])


class Differs(AssertionError):
    """The model and the product do not say the same."""


class Life:
    """One relationship from its beginning, at the model and at the product."""

    def __init__(self, installation, clock, number):
        clock.now = BEGAN
        self.model = Relationship(BEGAN, KEYS, PERSONS, GROUP)
        self.product = Practice(installation, clock, number=number, keys=KEYS, persons=PERSONS, group=GROUP)
        self.taken, self.looks = [], Counter()
        for step in [
            ("agree", -5, 60), ("put_in_ring", "acme-full"), ("assign", "acme-full", "team", 0, None), ("join", "june"),
            ("assign", "acme-full", "jane", 0, 20), ("ask", "acme-full", "view_notes", 30),
            ("answer", "acme-full", "view_notes", 20),
        ]:
            self.take(*step)

    def take(self, verb, *args):
        self.taken.append((verb, *args))
        for one in (self.model, self.product):
            one.pass_time(2)  # whatever a home says by then, it has been asked for
        wanted = getattr(self.model, verb)(*args)
        if getattr(self.product, verb)(*args) != wanted:
            self.differ(f"this {'counts' if wanted else 'does not count'}")

    def go_on(self, random, about, taken):
        """One step, and what is true after it."""
        self.take(*drawn(random, self.model, about, taken))
        self.look_around(random)

    def look_around(self, random):
        """At whoever must be out now, and at two more: with three it takes longer and finds no more."""
        must_be_out = {seat for seat in self.product.inside if self.model.closed(*seat)}
        for seat in sorted(must_be_out | set(random.sample(SEATS, 2))):
            self.look(*seat, random.choice(permissions), by_ring=random.choice([True, False]))

    def look(self, person, key, page, *, by_ring):
        """Whoever is inside asks for a page; whoever is not tries to come in."""
        closed, wanted, who = self.model.closed(person, key), self.model.may(key), f"{person} with {key}"
        is_in = (person, key) in self.product.inside
        self.looks[f"is {'in' if is_in else 'not in'} and {'must not' if closed else 'may'} be"] += 1
        if not is_in:
            came, read = self.product.tries(person, key, by_ring=by_ring)
        else:
            seen, read = self.product.asks(person, key, page)
            came = seen is not None
            should = wanted, page in wanted, self.model.services_until()
            if came and not closed and seen != should:
                self.differ(f"{who}, asked for the page of {page}: {should}, not {seen}")
        if came and closed:
            self.differ(f"{who} is out: {', '.join(sorted(closed))}")
        if not came and not closed:
            self.differ(f"{who} is in, and reads: {read}")
        if not came and not self.product.names(read, closed):
            self.differ(f"{who} is told that it is {' or '.join(sorted(closed))}, and reads: {read}")

    def differ(self, what):
        steps = "\n  ".join(" ".join(map(str, step)) for step in self.taken)
        raise Differs(f"The model says: {what}\nat {self.model.now:%Y-%m-%d %H:%M} UTC, after\n  {steps}")
