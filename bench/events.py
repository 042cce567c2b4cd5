"""A million events as a practice leaves them: few people do most of it, few clients are opened most often.

Written straight into the table, because the product's one way in would take a quarter of an hour. The triggers and the
index of words are at work as for every other event.
"""

import json
import random
from datetime import UTC, datetime, timedelta
from itertools import islice
from uuid import UUID

from django.db import connections, transaction

from countersign.audit.models import Event

COLUMNS = [field.column for field in Event._meta.concrete_fields if not field.primary_key]
LAST, YEARS = datetime(2026, 6, 30, 22, 0, tzinfo=UTC), 3
FIRST_NAMES = "Ada Ben Cora Dan Eve Finn Gia Hal Ida Jo Kim Leo Mia Ned Ola Pia Quin Ray Sue Tom Uma Vic Wes".split()
LAST_NAMES = "Abara Brandt Castro Dunn Ekberg Farrow Gupta Hale Ito Jonas Khan Lund Moss Novak Park Rivera".split()
COMPANIES = ["ACME Billing", "Rival Billing", "Northside Claims", "Harbor Revenue", "Tally & Co", "Small Hours Billing"]
READS = [("clients.listed", 20), ("clients.searched", 10), ("client.opened", 30), ("ledger.opened", 20),
         ("payers.opened", 8), ("notes.listed", 6), ("page.refused", 2), ("client.changed", 3), ("page.opened", 1)]
CHUNK = 10_000


def fill(count, *, seed=7):
    """Write `count` events into the bound instance, three years of them. Returns (busiest client, a visit) as ids."""
    chance = random.Random(seed)
    connection = connections["default"]
    made, visit = events(count, chance), None
    statement = 'INSERT INTO audit_event ("{}") VALUES ({})'.format(
        '", "'.join(COLUMNS), ", ".join(["%s"] * len(COLUMNS))
    )
    if connection.vendor == "sqlite":
        connection.cursor().execute("PRAGMA synchronous = OFF")  # a scratch database, and it is not this that counts
    while rows := list(islice(made, CHUNK)):
        visit = next((row[COLUMNS.index("visit")] for row in rows if row[COLUMNS.index("visit")]), visit)
        with transaction.atomic(), connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.executemany(statement, rows)
            else:
                with cursor.copy('COPY audit_event ("{}") FROM STDIN'.format('", "'.join(COLUMNS))) as copy:
                    for row in rows:
                        copy.write_row(row)
    if connection.vendor == "postgresql":  # what autovacuum does after so many insertions; the test server has none
        connection.cursor().execute("VACUUM ANALYZE audit_event")
    return str(_client(0)[0]), visit


def events(count, chance):
    """Rows of COLUMNS, oldest first; eight people are at work at any time."""
    adapt = connections["default"].ops.adapt_datetimefield_value
    people, keys = _people(chance), ["action", "result", "rule", "reason", "object", "client_id", "client", "changes"]
    weights = [1 / (rank + 3) for rank in range(len(people))]
    step = timedelta(days=365 * YEARS) / count
    at_work, spell = [None] * 8, [0] * 8
    for number in range(count):
        seat = number % 8
        if not spell[seat]:
            at_work[seat] = {**chance.choices(people, weights)[0]}
            spell[seat] = chance.randint(10, 60)
            if at_work[seat]["source"] == "third party":
                at_work[seat]["visit"] = str(UUID(int=chance.getrandbits(128), version=4))
        spell[seat] -= 1
        done = dict(zip(keys, _deed(number, chance), strict=True))
        row = {"at": adapt(LAST - step * (count - number)), **at_work[seat], **done}
        if done["client_id"]:
            row |= {"object_type": "client", "object_id": done["client_id"]}
        yield [row.get(column, "") for column in COLUMNS]


def _people(chance):
    names = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]
    chance.shuffle(names)
    people = [_person(name, number) for number, name in enumerate(names[:160])]
    people.insert(30, {"source": "support", "person": "Sol Support", "user_id": "sol"})
    people.insert(20, {"source": "system", "person": "Countersign"})
    people.insert(25, {"source": "unknown", "person": "unknown", "user_id": "admin"})
    return [{**person, "browser": "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"}
            for person in people]


def _person(name, number):
    first, _, last = name.lower().partition(" ")
    found = {"source": "ours", "person": name, "user_id": f"{first}.{last}", "iss": "https://good-therapy.example.org",
             "sub": str(UUID(int=number + 1)), "factors": "pwd otp", "address": f"203.0.113.{number}"}
    if number % 3:  # two in three are of a company
        company = COMPANIES[(number * number) % 11 % len(COMPANIES)]
        key = company.split()[0].lower() + "-billing"
        found |= {"source": "third party", "company": company, "billing_user": key,
                  "iss": f"https://{key}.example.org"}
    return found


def _client(number):
    name = f"{LAST_NAMES[number % len(LAST_NAMES)]}, {FIRST_NAMES[number * 7 % len(FIRST_NAMES)]} ({1000 + number})"
    return UUID(int=(0xC11E << 112) + number, version=4), name


def _deed(number, chance):
    action = chance.choices([name for name, _ in READS], [weight for _, weight in READS])[0]
    client_id, client = _client(int(3000 * chance.random() ** 3))
    if action in ("client.opened", "ledger.opened", "payers.opened", "notes.listed"):
        return action, "ok", "", "", client, str(client_id), client, "{}"
    if action == "clients.searched":
        return action, "ok", "", "", "clients", "", "", json.dumps({"q": client.split(",")[0]})
    if action == "page.refused":
        return action, "refused", "manage_users", "", "/settings/users/", "", "", "{}"
    if action == "client.changed":
        phone = {"phone": [f"555-{number % 9973:04}", f"555-{number % 9967:04}"]}
        if number % 50_000 < 30:
            phone["address"] = ["12 Elm Street", "7 Zebrafish Lane"]
        return action, "ok", "", "", client, str(client_id), client, json.dumps(phone)
    return action, "ok", "", "", "clients" if action == "clients.listed" else "/profile/", "", "", "{}"
