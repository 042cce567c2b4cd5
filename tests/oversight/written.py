"""Visits and events of a month, written straight into the tables so that a test may say when they happened."""

import secrets
import uuid
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from countersign.access.models import Ending, Visit
from countersign.audit.models import Event
from countersign.instances import binding
from countersign.people.models import Session, User, UserType

NEW_YORK = ZoneInfo("America/New_York")
PEOPLE = {"jane": ("Jane Doe", "sub-jane"), "june": ("June Park", "sub-june"), "jo": ("Jo Ruiz", "sub-jo")}
ISS = "https://acme.example"


def at(month, day, hour=9, minute=0, second=0, *, year=2026, zone=NEW_YORK, fold=0):
    return datetime(year, month, day, hour, minute, second, tzinfo=zone, fold=fold)


def key(company, user_id="acme-billing"):
    found = User.objects.filter(user_id=user_id).first()
    return found or User.objects.create(
        user_id=user_id, name=company.name, type=UserType.BILLING, password="!", billing_company=company.id,
        created_by="the test",
    )


def came(
    company, who, began, left=None, *, seen=None, through="acme-billing", name=None, address="203.0.113.7", iss=ISS
):
    """One visit at the bound instance. left: when it was ended; without, it ran out of time after `seen`."""
    person, sub = PEOPLE[who]
    person = name or person
    holder = key(company, through)
    visit_id = uuid.uuid4()
    individual = {
        "person": person, "iss": iss, "sub": sub, "email": "", "user_id": who, "factors": "pwd",
        "company": company.name, "visit": str(visit_id),
    }
    session = Session.objects.create(
        digest=secrets.token_hex(32), user=holder, individual=individual, signed_in_at=began,
        seen_at=seen or left, expires_at=began + timedelta(hours=12), address=address, ended_at=left,
    )
    visit = Visit.objects.create(
        id=visit_id, session=session, key=holder, billing_user=through, company_id=company.id,
        company=company.name, iss=iss, sub=sub, sid=secrets.token_hex(8), person=person, factors="pwd",
        began_at=began, confirmed_at=began,
    )
    if left:
        Ending.objects.create(visit=visit, at=left, by=person, reason="left")
    return visit


def did(visit, when, action, *, client="", result="ok", rule="", count=1):
    made = [
        Event(
            at=when + timedelta(seconds=number), source="third party", person=visit.person, iss=visit.iss,
            sub=visit.sub, company=visit.company, billing_user=visit.billing_user, visit=str(visit.id), action=action,
            client_id=client, client=client and f"Client {client}", result=result, rule=rule,
            address=visit.session.address,
        )
        for number in range(count)
    ]
    Event.objects.bulk_create(made)


def a_month(cast):
    """March 2026 at Good Therapy, by hand: the clocks go forward on the 8th. What is in it says test_figures.py."""
    with binding.bind(cast.good_therapy):
        eve = came(cast.acme, "jane", at(2, 28, 23, 30), at(3, 1, 0, 45))
        did(eve, at(2, 28, 23, 59, 59), "client.opened", client="c9")  # the last second of February
        did(eve, at(3, 1, 0, 0, 0), "client.opened", client="c1")  # the first of March
        night = came(cast.acme, "jane", at(3, 8, 1, 30), at(3, 8, 3, 30), through="acme-payments")
        did(night, at(3, 8, 1, 45), "ledger.opened", client="c1")
        did(night, at(3, 8, 3, 15), "clients.searched", count=2)
        one = came(cast.acme, "june", at(3, 10, 9), at(3, 10, 10), address="198.51.100.4")
        did(one, at(3, 10, 9, 30), "client.opened", client="c2")
        did(one, at(3, 10, 9, 40), "client.changed", client="c2", count=3)
        did(one, at(3, 10, 9, 50), "page.refused", result="refused", rule="manage_users", client="c3", count=2)
        two = came(cast.acme, "june", at(3, 10, 9, 30), at(3, 10, 10, 30))  # two browsers at once
        did(two, at(3, 10, 10, 15), "clients.exported")
        idle = came(cast.acme, "june", at(3, 12, 9), seen=at(3, 12, 9, 20))
        did(idle, at(3, 12, 9, 20, 20), "ledger.opened", client="c4")
        did(idle, at(3, 13, 8), "session.expired")
        last = came(cast.acme, "june", at(3, 31, 23, 50), at(4, 1, 0, 20))
        did(last, at(3, 31, 23, 59, 59), "client.opened", client="c5")
        did(last, at(4, 1, 0, 0, 0), "client.opened", client="c6")
        # not of this month or not of this company
        came(cast.acme, "jo", at(4, 1, 0, 0), at(4, 1, 1, 0), through="acme-claims")
        other = came(cast.rival, "jane", at(3, 5, 9), at(3, 5, 10), through="rival")
        did(other, at(3, 5, 9, 5), "client.opened", client="c7")
        Event.objects.bulk_create([Event(
            at=at(3, 20), source="unknown", person="unknown", user_id="acme-billing", result="refused",
            action="sign-in.second-part.refused", object="ACME Billing", reason="the Billing user is inactive",
        )])
