"""`countersign check`: is this installation in order? Each finding is one line; exit code 1 when there is one."""

import os

# Why what Django recommends does not apply here.
ANSWERED = {
    "security.W001": "instances.middleware.security_headers sends these headers",
    "security.W002": "so does it X-Frame-Options",
    "security.W009": "each instance has a key of its own, derived from COUNTERSIGN_SECRET",
}
ON_LOOPBACK = {"security.W016": "plain HTTP is for loopback names only"}


def add(commands):
    commands.add_parser("check", help="look for what is wrong", description=__doc__).set_defaults(run=run)


def run(args):
    count = 0
    for part, findings in (
        ("settings", of_settings), ("folders", of_folders), ("catalogue", of_catalogue), ("template", of_template),
        ("instances", of_instances), ("key rings", of_key_rings),
    ):
        found = list(findings())
        count += len(found)
        print(f"{part}: {'in order' if not found else f'{len(found)} found'}", flush=True)
        for sentence in found:
            print(f"  {sentence}", flush=True)
    return 1 if count else 0


def of_settings():
    from django.conf import settings
    from django.core.checks import WARNING, run_checks

    answered = ANSWERED if settings.TLS else {**ANSWERED, **ON_LOOPBACK}
    for message in run_checks(include_deployment_checks=True):
        if message.level >= WARNING and message.id not in answered:
            yield f"{message.id}: {message.msg}"


def of_folders():
    from django.conf import settings

    folder = settings.DATA_DIR
    if not folder.is_dir():
        yield f"{folder} is not there. It is made by: countersign setup"
    elif not os.access(folder, os.W_OK | os.X_OK):
        yield f"{folder} cannot be written."
    elif folder.stat().st_mode & 0o077:
        yield f"{folder} can be read by other users of this machine. Run: chmod 700 {folder}"


def of_catalogue():
    from django.db import DatabaseError

    from countersign.audit import guards
    from countersign.instances.models import Instance, InstanceKind

    try:
        if not Instance.objects.filter(kind=InstanceKind.SUPPORT).exists():
            yield "There is no Support instance. Run: countersign setup"
        yield from guards.faults_of_the_catalogue()
    except DatabaseError as error:
        yield f"The catalogue does not answer: {error}"


def of_template():
    """The template that new instances are copied from; making it is the first `instance create`'s work."""
    import sqlite3

    from django.conf import settings

    from countersign.instances import schema

    path = settings.DATA_DIR / "templates" / f"{schema.fingerprint()}.sqlite3"
    if settings.DEFAULT_SERVER or not path.exists():
        return
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        connection.close()
    except sqlite3.DatabaseError as error:
        answer = error
    if answer != "ok":
        yield f"{path}: {answer}. Delete it: it is made anew when needed."


def of_instances():
    from django.db import DatabaseError

    from countersign.instances import backups
    from countersign.instances.models import Instance, InstanceState

    try:
        instances = list(Instance.objects.exclude(state=InstanceState.ARCHIVED).order_by("slug"))
    except DatabaseError:
        return  # said above
    for instance in instances:
        fault = fault_of(instance)
        if fault:
            yield f"{instance.slug} ({instance.id}): {fault}"
        for path in backups.left_over(instance):
            yield f"{path} was left by an interrupted restore. Nobody is served from it: delete it."


def fault_of(instance):
    """What is wrong with one instance's database, or ""."""
    from django.db import DatabaseError, connections

    from countersign.audit import guards
    from countersign.instances import binding, locations, schema

    try:
        if not instance.server and not locations.sqlite_path(instance).is_file():
            return "its database file is not there"
        if instance.schema != schema.fingerprint():
            return "it is of another version. Run: countersign instance upgrade"
        with binding.bind(instance), connections["default"].cursor() as cursor:
            cursor.execute("SELECT 1" if instance.server else "PRAGMA quick_check(1)")
            answer = cursor.fetchone()[0]
            cursor.execute("SELECT 1 FROM audit_event LIMIT 1")
            if answer not in (1, "ok"):
                return str(answer)
            return "; ".join(guards.faults())
    except DatabaseError as error:
        return str(error).strip().partition("\n")[0]


def of_key_rings():
    """Of every instance that answers: what it has besides is said above."""
    from django.db import DatabaseError

    from countersign.instances import binding, schema
    from countersign.instances.models import Instance, InstanceState
    from countersign.keyring import check

    try:
        instances = list(Instance.objects.exclude(state=InstanceState.ARCHIVED).filter(schema=schema.fingerprint()))
    except DatabaseError:
        return
    for instance in sorted(instances, key=lambda one: one.slug):
        try:
            with binding.bind(instance):
                found = list(check.faults())
        except DatabaseError:
            continue
        for sentence in found:
            yield f"{instance.slug}: {sentence}."
