"""The same verbs as model.py, done at a real practice and a real company; and its two questions, asked at the door."""

import re
import time
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from countersign.access import agreements, asking, reviews, terms, winding
from countersign.access.models import Agreement, Outcome, Suspension
from countersign.access.models_asking import AccessRequest
from countersign.audit.actors import Actor, system
from countersign.identity import dispatches, notices, witnesses
from countersign.instances import binding, hosts
from countersign.instances.models import InstanceKind, ListingState
from countersign.keyring import assignments, ring
from countersign.keyring.models import Key as RingKey
from countersign.keyring.models import Membership, Team
from countersign.people import accounts, groups
from countersign.people.models import PermissionGroup, User, UserType
from countersign.people.permissions import Permission
from countersign.training import actions as training
from countersign.training import courses
from countersign.training.models import Rule
from tests.access.steps import host
from tests.browsing import Browser
from tests.cast import KEY, PASSWORD
from tests.keyring.ringing import at_home, enter

PRIYA, ADA, ALL = system("Priya Raman"), Actor(person="Ada Whitlock", sub="ada"), frozenset(Permission)
# A page for which a permission is needed; a client that is none is 404 to whoever may look.
NOBODY = "00000000-0000-4000-8000-000000000000"
PAGES = {
    "view_clients": "/clients/", "add_clients": "/clients/new/", "export_clients": "/clients/export/",
    "view_notes": f"/clients/{NOBODY}/notes/", "view_ledger": f"/clients/{NOBODY}/ledger/",
    "view_reports": "/reports/user-audit/", "manage_users": "/settings/users/",
    "view_psychotherapy_notes": f"/clients/{NOBODY}/psychotherapy-notes/",
}
WRONG = "The User ID or the password is not right"
# What somebody reads of each reason: at either sign-in page, on the launch pad, or where their visit ended.
WORDS = {
    "person inactive": f"{WRONG}|ended at home",
    "key inactive": f"{WRONG}|has ended or suspended this Billing user|the user was inactivated",
    "not listed": "You could not be signed in. Start again|not registered as a billing company|not a listed billing",
    "suspended": "suspended by the practice", "no agreement": "the agreement with ACME Billing",
    "wound down": "was wound down with its company", "ended": "the Billing user ended on",
    "not assigned": "not assigned to you|is assigned to you from|Your assignment|has ended the key|ended at home",
    "not trained": "asks for its training first|ended at home",
}


class Clock:
    """Stands still until it is moved, for everything that asks Django or Python for the time."""

    def __init__(self, monkeypatch, now):
        self.now = now

        class Kind(type):
            def __instancecheck__(cls, value):
                return isinstance(value, datetime)

        class Moved(metaclass=Kind):
            @staticmethod
            def now(tz=None):
                return self.now.astimezone(tz)

        # Not `timezone.now` itself: the models have taken hold of that as their default.
        monkeypatch.setattr(timezone, "datetime", Moved)
        monkeypatch.setattr(time, "time", lambda: self.now.timestamp())


def counts(verb):
    """Whether the product took it."""
    def tried(self, *args):
        try:
            return verb(self, *args) is not False
        except ValidationError:
            return False
        finally:
            settle()

    return tried


def settle():
    """Nothing is on its way any more when the clock is moved."""
    for one in (notices, dispatches, witnesses):
        one.settle()


class Practice:
    """Good Therapy and ACME Billing, new; `keys`, `persons` and `group` as the model takes them."""

    def __init__(self, installation, clock, *, number, keys, persons, group):
        self.clock, self.inside, self.browsers = clock, set(), {}
        self.good_therapy = installation.open(f"good-therapy-{number}", f"Good Therapy {number}, Inc.")
        self.acme = installation.open(f"acme-{number}", "ACME Billing", InstanceKind.BILLING_COMPANY)
        self.installation = installation
        installation.list(self.acme)
        with binding.bind(self.good_therapy):
            self.group = groups.create(
                name="Desk", description="", permissions=group, by=PRIYA, grantable=ALL
            ).id
            self.keys = {name: accounts.create(
                name="ACME Billing", user_id=name, type=UserType.BILLING, password=KEY, by=PRIYA, permissions=own,
                groups=[self.group] if member else [], billing_company=self.acme.id,
            ).id for name, (own, member) in keys.items()}
        with binding.bind(self.acme):
            self.persons = {name: accounts.create(
                name=name.title(), user_id=name, type=UserType.RESTRICTED, password=PASSWORD, by=ADA
            ).id for name in persons}
            self.team = assignments.make_team(name="Everybody", by=ADA).id

    # At the door

    def asks(self, person, key, page):
        """Whoever is inside asks for the page of a permission: (what they have now, what they read).

        What they have: (permissions, whether the page opened, the last day of service they see), or None when they are
        out."""
        browser = self.browsers[person, key]
        response = browser.at(host(self.good_therapy)).get(PAGES[page])
        visit, held = response.wsgi_request.visit, response.wsgi_request.permissions
        if visit is None:
            self.inside.discard((person, key))
            browser.get(f"{hosts.root(self.good_therapy)}{response['Location']}")
            return None, browser.text
        assert (visit.key.user_id, visit.person) == (key, person.title())
        has = {str(permission) for permission in held} & set(PAGES)
        return (has, response.status_code in (200, 404), visit.standing.services_until), ""

    def tries(self, person, key, *, by_ring):
        """Somebody tries to come in, by *Enter* or by typing the key: (whether they are in, what they read)."""
        browser = self.browsers[person, key] = Browser()
        in_ring = by_ring and self._in_ring(key)
        if in_ring:
            at_home(self, person, browser)
            if "/sign-in/" not in browser.url:
                enter(self, browser, in_ring)
        else:
            browser.post(f"{hosts.root(self.good_therapy)}/sign-in/", {"user_id": key, "password": KEY})
            if host(self.acme) in browser.url:
                browser.post(browser.url, {"user_id": person, "password": PASSWORD})
        said = browser.text
        opened = browser.get(f"{hosts.root(self.good_therapy)}/clients/").wsgi_request.visit is not None
        if opened:
            self.inside.add((person, key))
        return opened, said

    @staticmethod
    def names(said, reasons):
        """Whether what somebody read is one of the reasons."""
        return any(re.search(WORDS[reason], said) for reason in reasons)

    def pass_time(self, minutes):
        settle()
        self.clock.now += timedelta(minutes=minutes)
        return True

    # The practice

    def _key(self, key):
        return User.objects.get(id=self.keys[key])

    def _change(self, key, **changes):
        one = self._key(key)
        accounts.change(one, by=PRIYA, grantable=ALL, **{
            "name": one.name, "email": one.email, "type": one.type, "groups": list(one.groups.all()),
            "permissions": one.permissions, "billing_company": one.billing_company, **changes,
        })

    @counts
    def switch(self, key, permission):
        with binding.bind(self.good_therapy):
            self._change(key, permissions=set(self._key(key).permissions) ^ {permission})

    @counts
    def switch_in_group(self, permission):
        with binding.bind(self.good_therapy):
            one = PermissionGroup.objects.get(id=self.group)
            groups.change(
                one, name=one.name, description="", permissions=set(one.permissions) ^ {permission}, by=PRIYA,
                grantable=ALL,
            )

    @counts
    def switch_member(self, key):
        with binding.bind(self.good_therapy):
            is_in = self._key(key).groups.exists()
            self._change(key, groups=[] if is_in else [PermissionGroup.objects.get(id=self.group)])

    @counts
    def review(self, key, permission):
        with binding.bind(self.good_therapy):
            reviews.sign_off(self._key(key), by=PRIYA, outcome=Outcome.REDUCED, remark="-", remove=[permission])

    @counts
    def suspend(self, key):
        with binding.bind(self.good_therapy):
            terms.suspend(self.acme, key=self._key(key) if key else None, by=PRIYA, reason="-")

    @counts
    def lift(self, key):
        with binding.bind(self.good_therapy):
            found = Suspension.objects.filter(key=self.keys[key] if key else None).first()
            return terms.lift(found, by=PRIYA, reason="-", grantable=ALL) if found else False

    @counts
    def set_end(self, key, days):
        with binding.bind(self.good_therapy):
            last_on = self._today(days)
            terms.set_end(self._key(key), last_on=last_on, by=PRIYA, reason="-", grantable=ALL)

    @counts
    def inactivate_key(self, key):
        with binding.bind(self.good_therapy):
            one = self._key(key)
            return one.is_active and accounts.inactivate(one, by=PRIYA)

    @counts
    def reactivate_key(self, key):
        with binding.bind(self.good_therapy):
            one = self._key(key)
            return not one.is_active and accounts.reactivate(one, by=PRIYA, grantable=ALL)

    @counts
    def agree(self, first, last):
        with binding.bind(self.good_therapy):
            agreements.put_on_record(
                self.acme, content=b"%PDF-1.4", file_name="a.pdf", by=PRIYA, practice="Good Therapy",
                party="ACME Billing", signed_on=self._today(min(first, 0)), from_on=self._today(first),
                until_on=self._today(last),
            )

    @counts
    def end_agreements(self):
        with binding.bind(self.good_therapy):
            found = list(Agreement.objects.filter(ending=None))
            for one in found:
                agreements.end(one, by=PRIYA, reason="-")
            return bool(found)

    @counts
    def require_agreement(self, needed):
        with binding.bind(self.good_therapy):
            terms.require_agreement(needed, by=PRIYA, reason="-")

    @counts
    def wind_down(self, services, work):
        with binding.bind(self.good_therapy):
            winding.begin(
                self.acme, by=PRIYA, services_until_on=self._today(services), workable_until_on=self._today(work),
                reason="-",
            )

    @counts
    def go_on(self):
        with binding.bind(self.good_therapy):
            winding.take_back(self.acme, by=PRIYA, reason="-")

    @counts
    def answer(self, key, permission, hours):
        with binding.bind(self.good_therapy):
            found = AccessRequest.objects.filter(key=self.keys[key], permission=permission, answer=None).first()
            return asking.answer(found, by=PRIYA, grantable=ALL, hours=hours, reason="-") if found else False

    @counts
    def take_back(self, key, permission):
        with binding.bind(self.good_therapy):
            found = AccessRequest.objects.filter(
                key=self.keys[key], permission=permission, answer__expires_at__isnull=False
            ).first()
            return asking.take_back(found, by=PRIYA) if found else False

    # The company

    def _in_ring(self, key):
        with binding.bind(self.acme):
            return RingKey.objects.live().filter(user_id=key).first()

    def _person(self, person):
        return User.objects.get(id=self.persons[person])

    @counts
    def ask(self, key, permission, hours):
        in_ring = self._in_ring(key)
        if in_ring is None:
            return False
        with binding.bind(self.acme):
            sent = ring.ask_for_more(in_ring, permission=permission, why="-", hours=hours, by=ADA).dispatch
            dispatches.settle()
            sent.refresh_from_db()
            assert bool(sent.taken_at) != bool(sent.refused_at)
            return sent.taken_at is not None

    @counts
    def put_in_ring(self, key):
        with binding.bind(self.acme):
            ring.add(self.good_therapy, user_id=key, password=KEY, by=ADA)

    @counts
    def end_in_ring(self, key):
        in_ring = self._in_ring(key)
        with binding.bind(self.acme):
            return ring.end(in_ring, by=ADA, reason="-") if in_ring else False

    @counts
    def assign(self, key, to, first, last):
        in_ring = self._in_ring(key)
        if in_ring is None:
            return False
        with binding.bind(self.acme):
            whom = Team.objects.get(id=self.team) if to == "team" else self._person(to)
            assignments.assign(
                in_ring, to=whom, begins_on=self._today(first), ends_on=None if last is None else self._today(last),
                by=ADA, grantor=User(type=UserType.ADMINISTRATOR),
            )

    @counts
    def unassign(self, key, to):
        in_ring = self._in_ring(key)
        with binding.bind(self.acme):
            whose = {"team": self.team} if to == "team" else {"user": self.persons[to]}
            found = list(in_ring.assignments.filter(ended_at=None, **whose)) if in_ring else []
            for one in found:
                assignments.end(one, by=ADA)
            return bool(found)

    @counts
    def join(self, person):
        with binding.bind(self.acme):
            assignments.join(
                Team.objects.get(id=self.team), self._person(person), by=ADA, grantor=User(type=UserType.ADMINISTRATOR)
            )

    @counts
    def leave(self, person):
        with binding.bind(self.acme):
            found = Membership.objects.standing().filter(user=self.persons[person]).first()
            return assignments.leave(found, by=ADA) if found else False

    @counts
    def require_training(self, required, months):
        with binding.bind(self.acme):
            return bool(training.set_rules(
                Rule.current(), by=ADA, required=required, months=months, built_in_at_once=False
            ))

    @counts
    def train(self, person, titles):
        with binding.bind(self.acme):
            for course in courses.in_use(Rule.current()):
                if course.title in titles:
                    right = [question.right for question in course.questions]
                    training.take(self._person(person), course, chosen=right, by=ADA)

    @counts
    def inactivate(self, person):
        with binding.bind(self.acme):
            one = self._person(person)
            return one.is_active and accounts.inactivate(one, by=ADA)

    @counts
    def reactivate(self, person):
        with binding.bind(self.acme):
            one = self._person(person)
            return not one.is_active and accounts.reactivate(one, by=ADA, grantable=ALL)

    # Support

    @counts
    def list(self, listed):
        self.installation.list(self.acme, ListingState.LISTED if listed else ListingState.SUSPENDED)

    def _today(self, days):
        return timezone.localdate() + timedelta(days=days)
