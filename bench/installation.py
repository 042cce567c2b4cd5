"""A scratch installation for the benchmarks, built by the product's own verbs in a process of its own.

`python -m bench.installation FOLDER COUNT` opens COUNT practices, the first with the demo's caseload, and prints a JSON
object: {"sessions": [[host, cookie], ...]}, one signed-in administrator an instance.
"""

import json
import os
import secrets
import shutil
import subprocess
import sys
from pathlib import Path


def environment(folder, port):
    return {
        "COUNTERSIGN_SECRET": "benchmarks-only-" + "x" * 40,
        "COUNTERSIGN_DATA": str(Path(folder) / "data"),
        "COUNTERSIGN_BASE": f"countersign.localhost:{port}",
        "COUNTERSIGN_MAIL": "console:",
        "DJANGO_SETTINGS_MODULE": "countersign.settings",
    }


def build(folder, port, count):
    """[(host, cookie), ...] of a fresh installation with `count` practices."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.installation", str(count)],
        env={**os.environ, **environment(folder, port)}, check=True, capture_output=True, text=True,
    )
    return [tuple(pair) for pair in json.loads(done.stdout)]


def main(count):
    import django

    django.setup()
    from django.conf import settings

    from countersign.instances import binding, hosts, locations, schema

    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    schema.migrate_control()
    first = first_practice(clients=120 if count == 1 else 25)
    binding.pool.clear()
    instances = [first, *(_copy(first, number) for number in range(1, count))]
    found = [[hosts.root(one).partition("://")[2], f"session={session_of(one)}"] for one in instances]
    assert all(locations.sqlite_path(one).exists() for one in instances)
    print(json.dumps(found))


def first_practice(*, clients, server=""):
    from datetime import date

    from countersign.audit.actors import system
    from countersign.console import opening
    from countersign.demo import load
    from countersign.demo.caseload import caseload
    from countersign.instances import binding, catalogue
    from countersign.people import accounts
    from countersign.people.models import UserType

    by = system("Bench")
    first = catalogue.open_instance(name="Practice 0", slug="practice-0", kind="practice", by=by.person, server=server)
    with binding.bind(first):
        opening.furnish(by=by)
        accounts.create(
            name="Priya Raman", user_id="priya", password="thirty quiet lanterns", by=by, type=UserType.ADMINISTRATOR,
        )
        load.load(caseload("good-therapy", clients=clients, today=date(2026, 6, 1)))
    return first


def _copy(first, number):
    """Another instance with the same content; opening a thousand of them one by one would take an hour."""
    from countersign.instances import catalogue, locations

    other = catalogue.validated(
        name=f"Practice {number}", slug=f"practice-{number}", kind="practice", time_zone=first.time_zone, server="",
        by="Bench",
    )
    locations.folder(other).mkdir(parents=True)
    shutil.copyfile(locations.sqlite_path(first), locations.sqlite_path(other))
    other.save(force_insert=True)
    return other


def session_of(instance):
    from datetime import timedelta

    from django.utils import timezone

    from countersign.instances import binding
    from countersign.instances.secrets import digest
    from countersign.people.models import Session, User

    token, now = secrets.token_urlsafe(32), timezone.now()
    with binding.bind(instance):
        Session.objects.create(
            digest=digest("session", token), user=User.objects.get(user_id="priya"), signed_in_at=now, seen_at=now,
            expires_at=now + timedelta(hours=12),
        )
    return token


if __name__ == "__main__":
    main(int(sys.argv[1]))
