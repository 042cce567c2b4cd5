"""What is measured within one process: opening an instance, a whole two-part sign-in, an event, a large record.

Run by `python -m bench` in a process of its own: `python -m bench.inside provision|signin|customers|event|audit FOLDER`
(all but `signin` also with `-postgresql` at the end).
"""

import json
import os
import sys
import time
from pathlib import Path
from statistics import median

from bench.installation import environment


def provision(server=""):
    """Milliseconds of wall time to open one instance, with groups and keys."""
    from countersign.audit.actors import system
    from countersign.console import opening
    from countersign.instances import binding, catalogue

    def one(number):
        began = time.perf_counter()
        instance = catalogue.open_instance(
            name=f"New {number}", slug=f"new-{number}", kind="practice", by="bench", server=server
        )
        database = time.perf_counter()
        with binding.bind(instance):
            opening.furnish(by=system("Bench"))
        return (database - began) * 1000, (time.perf_counter() - began) * 1000

    one(0)  # makes the template
    taken = [one(number) for number in range(1, 31)]
    return {"database": median(a for a, _ in taken), "furnished": median(b for _, b in taken)}


def signin():
    """CPU milliseconds of a two-part sign-in in one process, and of the two password hashes in it.

    From the first POST to the answer that opens the visit: four requests, and the token request among them.
    """
    from bench.straight import Straight
    from countersign.people import passwords
    from tests.cast import KEY, PASSWORD, Cast
    from tests.installation import Installation

    folder = Path(os.environ["COUNTERSIGN_DATA"])
    with Installation(folder / "inside", folder / "template", None) as made:
        cast = Cast(made)
        cast.jane()
        cast.key()
        taken = []
        for _ in range(40):
            browser = Straight()
            form = browser.get("http://good-therapy.countersign.localhost:8000/sign-in/")
            before = time.process_time()
            question = browser.post(form, {"user_id": "acme-billing", "password": KEY})
            home = browser.get(question.location)
            answer = browser.post(home, {"user_id": "jane", "password": PASSWORD})
            inside = browser.get(answer.location)
            taken.append((time.process_time() - before) * 1000)
            assert inside.status == 302 and inside.location.endswith("8000/"), inside
        encoded = passwords.encode(PASSWORD)
        before = time.process_time()
        for _ in range(20):
            passwords.matches(PASSWORD, encoded)
            passwords.matches(KEY, encoded)
        hashes = (time.process_time() - before) * 1000 / 20
    return {"whole": median(taken[5:]), "hashes": hashes}


def audit(count, server=""):
    """What bench/audit.py measures, in a practice with a caseload."""
    from bench.audit import measure
    from bench.installation import first_practice, session_of
    from countersign.instances import binding

    instance = first_practice(clients=25, server=server)
    session = session_of(instance)
    binding.pool.clear()
    return measure(instance, session, count=count)


def customers(server=""):
    """What bench/customers.py measures."""
    from bench.customers import customers

    return customers(server)


def main(name, folder, *more):
    os.environ.update(environment(folder, 8000))
    import django

    django.setup()
    from django.conf import settings

    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    if name == "signin":
        from tests.installation import template_data

        template_data(settings.DATA_DIR / "template", None)
        print(json.dumps(signin()))
    elif name.endswith("-postgresql"):
        from tests.installation import SERVER, template_data
        from tests.servers.postgres import postgres_server

        with postgres_server() as server:
            template_data(settings.DATA_DIR / "template", server)
            print(json.dumps(WITHIN[name.partition("-")[0]](*map(int, more), server=SERVER)))
    else:
        from countersign.instances import schema

        schema.migrate_control()
        print(json.dumps(WITHIN[name](*map(int, more))))


def event(server=""):
    from bench.event import measure
    from bench.installation import first_practice

    return measure(first_practice(clients=5, server=server))


WITHIN = {"provision": provision, "audit": audit, "event": event, "customers": customers}


if __name__ == "__main__":
    main(*sys.argv[1:])
