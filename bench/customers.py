"""The list of 500 customers at an admin site: for a biller who may enter all of them, and for a manager of 200 people.

Run within one process (bench/inside.py): the whole request, from the host name to the last byte, with its event.
"""

import time
from datetime import date, timedelta
from statistics import median

CUSTOMERS, PEOPLE, ENTRIES = 500, 200, 20
ROUNDS, WARM = 40, 5


def customers(server=""):
    """{page: {"cpu": ms, "wall": ms, "bytes": n}}, medians; no customer has a database here, and none is asked."""
    from countersign.audit.actors import system
    from countersign.console import opening
    from countersign.instances import binding, catalogue, hosts, listings, sites

    company = catalogue.open_instance(
        name="ACME Billing", slug="acme-billing", kind="billing_company", by="Bench", server=server
    )
    listings.change(company, state="listed", by="Bench", reason="Bench")
    site = sites.begin(company, label="acme-customers", by="Bench")
    with binding.bind(company):
        opening.furnish(by=system("Bench"))
        cookies = _fill(site)
    if server:  # statistics as autovacuum keeps them
        from django.db import connections

        with binding.bind_as_owner(company), connections["default"].cursor() as cursor:
            cursor.execute("ANALYZE")
    root = hosts.site_root(site)
    return {
        "biller": _measured(f"{root}/customers/", cookies["biller"]),
        "manager": _measured(f"{root}/customers/", cookies["manager"]),
        "people": _measured(f"{root}/people/", cookies["manager"]),
    }


def _fill(site):
    """A ring of keys, 200 people of whom each has 50, a biller and a manager who have all; {who: cookie}."""
    from countersign.identity.models import Entry, RelyingParty
    from countersign.keyring.models import Assignment, Key, Team
    from countersign.people.models import User

    keys = Key.objects.bulk_create([
        Key(issuer=f"https://practice-{n}.example", practice=f"Practice {n} Counseling", user_id="acme-billing",
            kid="k", sealed=b"x" * 60, put_by="Bench", added_by="Bench") for n in range(CUSTOMERS)
    ])
    users = User.objects.bulk_create([
        User(user_id=f"person-{n}", look=f"person-{n}", name=f"Person {n}", password="!", created_by="Bench",
             type="administrator" if n == 1 else "restricted") for n in range(PEOPLE)
    ])
    team = Team.objects.create(name="Everything", made_by="Bench")
    team.memberships.create(user=users[0], began_by="Bench")
    began = date(2026, 1, 5)
    Assignment.objects.bulk_create([
        *(Assignment(key=key, team=team, begins_on=began, made_by="Bench") for key in keys),
        *(Assignment(key=key, user=users[1], begins_on=began, made_by="Bench") for key in keys),
        *(Assignment(key=keys[(n * 7 + m * 11) % CUSTOMERS], user=users[n], begins_on=began, made_by="Bench")
          for n in range(2, PEOPLE) for m in range(50)),
    ])
    parties = RelyingParty.objects.bulk_create([
        RelyingParty(client_id=key.issuer, name=key.practice, registered_by="Bench") for key in keys
    ])
    Entry.objects.bulk_create([
        Entry(party=party, user=user, billing_user="acme-billing")
        for party in parties for user in users[:2] for _ in range(ENTRIES)
    ])
    return {"biller": _session(users[0], site), "manager": _session(users[1], site)}


def _session(user, site):
    import secrets

    from django.utils import timezone

    from countersign.instances.secrets import digest
    from countersign.people import sessions
    from countersign.people.models import Crossing, Session

    token, now = secrets.token_urlsafe(32), timezone.now()
    session = Session.objects.create(
        digest=digest("session", secrets.token_urlsafe(32)), user=user, signed_in_at=now, seen_at=now,
        expires_at=now + timedelta(hours=12),
    )
    Crossing.objects.create(
        session=session, site=site.id, ticket=digest("crossing", secrets.token_urlsafe(32)), used_at=now,
        cookie=sessions.site_digest(token), expires_at=now,
    )
    return token


def _measured(url, token):
    from urllib.parse import urlsplit

    from bench.straight import Straight
    from countersign.people import sessions

    browser = Straight()
    browser.cookies[urlsplit(url).netloc] = {sessions.cookie_name(): token}
    cpu, wall = [], []
    for _ in range(ROUNDS + WARM):
        before = time.process_time(), time.perf_counter()
        answer = browser.get(url)
        cpu.append((time.process_time() - before[0]) * 1000)
        wall.append((time.perf_counter() - before[1]) * 1000)
        assert answer.status == 200 and answer.body.count("</tr>") > PEOPLE, answer.status
    return {"cpu": median(cpu[WARM:]), "wall": median(wall[WARM:]), "bytes": len(answer.body)}
