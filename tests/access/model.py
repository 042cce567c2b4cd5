"""The relationship of issue 4 in small: who may be in at Good Therapy at a moment, and what they may do there.

Written from the words alone (the issue, DESIGN.md, terms.md and key-ring.md of docs/decisions), to be held against what
the product answers. It knows days, moments and sets: no table, no session, no page. Each verb says whether what
somebody wants counts at all; what does not count has changed nothing.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/New_York")  # of the practice and of the company
CEILING = {"manage_users", "view_psychotherapy_notes"}  # never a Billing user's, of what is watched here
EXPORTS = {"export_clients", "view_reports"}  # off while the relation is wound down
COURSES = {"Using Countersign", "Handling health information"}


def day(number):
    return timedelta(days=number)


@dataclass
class Key:
    """A Billing user. ring: whether the company holds it in its key ring, None while it never did."""

    last_on: date
    own: set
    in_group: bool
    ring: bool | None = None
    active: bool = True
    suspended: bool = False
    asked: dict = field(default_factory=dict)  # permission → for how many hours, not answered yet
    grants: dict = field(default_factory=dict)  # permission → until when
    assigned: list = field(default_factory=list)  # (to whom, first day, last day or None)


@dataclass
class Person:
    active: bool = True
    in_team: bool = False
    passed: dict = field(default_factory=dict)  # course → the day


class Relationship:
    def __init__(self, now, keys, persons, group):
        self.now, self.group = now, set(group)
        self.keys = {name: Key(self.today + day(365), set(own), member) for name, (own, member) in keys.items()}
        self.persons = {name: Person() for name in persons}
        self.agreements, self.needed = [], True
        self.suspended, self.listed, self.winding = False, True, None
        self.required, self.months = False, 12

    @property
    def today(self):
        return self.now.astimezone(ZONE).date()

    # Who may be in, and what they may do

    def closed(self, person, key):
        """Every reason for which this person may not be in with this key; none of them when they may."""
        person, key, who = self.persons[person], self.keys[key], person
        covered = any(first <= self.today <= last for first, last in self.agreements)
        found = {
            "person inactive": not person.active,
            "key inactive": not key.active,
            "not listed": not self.listed,
            "suspended": self.suspended or key.suspended,
            "no agreement": self.needed and not covered,
            "wound down": self.winding is not None and self.today > self.winding[1],
            "ended": self.today > key.last_on,
            "not assigned": key.ring is False or (key.ring is True and not self._may_use(key, who)),
            "not trained": self.required and not all(self._holds_good(person, course) for course in COURSES),
        }
        return {reason for reason, stands in found.items() if stands}

    def may(self, key):
        """The permissions that whoever is in with this key has now."""
        key = self.keys[key]
        granted = {permission for permission, until in key.grants.items() if self.now < until}
        return (self._held(key) | granted) - CEILING - (EXPORTS if self.winding else set())

    def services_until(self):
        return self.winding and self.winding[0]

    def _held(self, key):
        return (key.own | (self.group if key.in_group else set())) - CEILING

    def _may_use(self, key, who):
        mine = {who, "team"} if self.persons[who].in_team else {who}
        return any(
            to in mine and first <= self.today and (last is None or self.today <= last)
            for to, first, last in key.assigned
        )

    def _holds_good(self, person, course):
        return course in person.passed and self.today <= _months_after(person.passed[course], self.months)

    # What time does

    def pass_time(self, minutes):
        self.now += timedelta(minutes=minutes)
        return True

    def brinks(self):
        """The moments ahead at which something begins or ends by itself, the nearest first."""
        spans = [*self.agreements, *(span[1:] for key in self.keys.values() for span in key.assigned)]
        lasting = [key.last_on for key in self.keys.values()] + list(self.winding or ()) + [last for _, last in spans]
        passed = [when for person in self.persons.values() for when in person.passed.values()]
        lasting += [_months_after(when, self.months) for when in passed]
        days = {first for first, _ in spans} | {last + day(1) for last in lasting if last}
        found = {datetime.combine(one, time(), tzinfo=ZONE) for one in days}
        found |= {until for key in self.keys.values() for until in key.grants.values()}
        return sorted(moment for moment in found if moment > self.now)

    # The practice

    def switch(self, key, permission):
        """The permission is given to the Billing user, or taken away if it has it."""
        if permission in CEILING:
            return False
        self.keys[key].own ^= {permission}
        return True

    def switch_in_group(self, permission):
        self.group ^= {permission}
        return True

    def switch_member(self, key):
        self.keys[key].in_group ^= True
        return True

    def review(self, key, permission):
        """A review takes one permission away from this Billing user, and nothing from anybody else in its group."""
        one = self.keys[key]
        if not one.active or permission not in self._held(one):
            return False
        if one.in_group and permission in self.group:
            one.in_group, one.own = False, self._held(one)
        one.own = one.own - {permission}
        return True

    def suspend(self, key):
        """key: None for the whole company."""
        return self._set(self.keys[key] if key else self, "suspended", True)

    def lift(self, key):
        return self._set(self.keys[key] if key else self, "suspended", False)

    def set_end(self, key, days):
        last_on = self.today + day(days)
        return 0 <= days <= 365 and self._set(self.keys[key], "last_on", last_on)

    def inactivate_key(self, key):
        return self._set(self.keys[key], "active", False)

    def reactivate_key(self, key):
        return self._set(self.keys[key], "active", True)

    def agree(self, first, last):
        if last < first:
            return False
        self.agreements.append((self.today + day(first), self.today + day(last)))
        return True

    def end_agreements(self):
        ended = bool(self.agreements)
        self.agreements = []
        return ended

    def require_agreement(self, needed):
        return self._set(self, "needed", needed)

    def wind_down(self, services, work):
        if not 0 <= services <= work:
            return False
        self.winding = self.today + day(services), self.today + day(work)
        return True

    def go_on(self):
        return self._set(self, "winding", None)

    def answer(self, key, permission, hours):
        """hours: None to refuse it."""
        key = self.keys[key]
        if permission not in key.asked or (hours and (hours > key.asked[permission] or not key.active)):
            return False
        del key.asked[permission]
        if hours:
            key.grants[permission] = self.now + timedelta(hours=hours)
        return True

    def take_back(self, key, permission):
        until = self.keys[key].grants.pop(permission, self.now)
        return until > self.now

    # The company

    def ask(self, key, permission, hours):
        key = self.keys[key]
        has = self._held(key) | {one for one, until in key.grants.items() if self.now < until}
        if not key.ring or not key.active or permission in has | CEILING | set(key.asked):
            return False
        key.asked[permission] = hours
        return True

    def put_in_ring(self, key):
        return self._set(self.keys[key], "ring", True)

    def end_in_ring(self, key):
        if not self.keys[key].ring:
            return False
        self.keys[key].ring, self.keys[key].assigned = False, []
        return True

    def assign(self, key, to, first, last):
        """to: a person, or "team"; last: None for until further notice."""
        unfit = to != "team" and not self.persons[to].active
        if not self.keys[key].ring or unfit or (last is not None and (last < first or last < 0)):
            return False
        self.keys[key].assigned.append((to, self.today + day(first), None if last is None else self.today + day(last)))
        return True

    def unassign(self, key, to):
        kept = [one for one in self.keys[key].assigned if one[0] != to]
        ended = kept != self.keys[key].assigned
        self.keys[key].assigned = kept
        return ended

    def join(self, person):
        return self.persons[person].active and self._set(self.persons[person], "in_team", True)

    def leave(self, person):
        return self._set(self.persons[person], "in_team", False)

    def require_training(self, required, months):
        changed = (self.required, self.months) != (required, months)
        self.required, self.months = required, months
        return changed

    def train(self, person, courses):
        self.persons[person].passed |= dict.fromkeys(courses, self.today)
        return True

    def inactivate(self, person):
        return self._set(self.persons[person], "active", False)

    def reactivate(self, person):
        return self._set(self.persons[person], "active", True)

    # Support

    def list(self, listed):
        return self._set(self, "listed", listed)

    @staticmethod
    def _set(where, name, value):
        changed = getattr(where, name) != value
        setattr(where, name, value)
        return changed


def _months_after(passed_on, months):
    """The same day of a later month, or the last one of that month."""
    year, month = divmod(passed_on.year * 12 + passed_on.month - 1 + months, 12)
    for number in range(passed_on.day, 0, -1):
        try:
            return date(year, month + 1, number)
        except ValueError:
            continue
