"""What an event costs beside its own insert: naming who and what, cleaning the texts, the limits, JSON.

Side by side in one process: the product's `record.write` with the actor of a visit, and the bare statement with values
that are ready. Both in transactions of a hundred, in turns; CPU of this process, which on PostgreSQL is the client's.
"""

import time
from statistics import median

from django.db import connections, transaction

from countersign.audit import record
from countersign.audit.actors import THIRD_PARTY, Actor
from countersign.instances import binding

TIMES = 100
ACTOR = Actor(
    source=THIRD_PARTY, person="Jane Doe", user_id="jane", iss="https://acme-billing.example.org", sub="2f6c" * 8,
    company="ACME Billing", billing_user="acme-billing", visit="7d5b0a0e-6f53-4a37-9d7e-1b5f0f3c2a11",
    factors="pwd otp", address="203.0.113.7",
    browser="Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
)
CLIENT = record.Named("0d3a3f6e-9a44-4f0e-8f0e-2f1c7d9b1042", "Brandt, Ada (1042)")
CHANGES = {"phone": ["555-0100", "555-0199"], "street": ["12 Elm Street", "7 Zebrafish Lane"], "status": ["", "active"]}


def measure(instance, *, rounds=41):
    """Milliseconds of CPU: {"reading" and "change": [record.write, the insert alone]}."""
    with binding.bind(instance):
        return {
            "reading": _both(rounds, "client.opened", object=CLIENT, client=CLIENT),
            "change": _both(rounds, "client.changed", object=CLIENT, client=CLIENT, changes=CHANGES),
        }


def _both(rounds, action, **told):
    connection = connections["default"]
    statement, values = _taken(connection, action, told)

    def bare():
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    def whole():
        record.write(ACTOR, action, **told)

    taken = [(_cost(whole), _cost(bare)) for _ in range(rounds)]
    return [median(each) for each in zip(*taken[1:], strict=True)]


def _taken(connection, action, told):
    """The statement and its values, as the product sends them."""
    sent = []

    def noted(execute, sql, params, many, context):
        sent.append((sql, list(params)))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(noted):
        record.write(ACTOR, action, **told)
    return sent[-1]


def _cost(work):
    with transaction.atomic():
        work()
        began = time.process_time()
        for _ in range(TIMES):
            work()
        return (time.process_time() - began) * 1000 / TIMES
