"""`countersign daily`: what is due once a day in every instance. For cron or a timer; safe to repeat, even at once."""


def add(commands):
    parser = commands.add_parser(
        "daily", help="mails, statements and checkpoints that are due", description=__doc__
        + " What fails in one instance does not stop the others; exit code 1.",
    )
    parser.set_defaults(run=run)


def run(args):
    from django.conf import settings
    from django.utils.module_loading import import_string

    from countersign.commands.support import catalogue_ready
    from countersign.identity import dispatches, notices, witnesses
    from countersign.instances import schema
    from countersign.instances.models import Instance, InstanceState
    from countersign.people import post

    catalogue_ready()
    verbs = [(path, import_string(path)) for path in settings.DAILY]
    failed = 0
    for instance in Instance.objects.filter(state=InstanceState.ACTIVE, schema=schema.fingerprint()).order_by("slug"):
        for path, error in _of(instance, verbs):
            failed += 1
            print(f"{instance.slug}: {path}: {error.__class__.__name__}: {error}", flush=True)
    for room in (post, notices, dispatches, witnesses):
        room.settle(60)
    return 1 if failed else 0


def _of(instance, verbs):
    """Yields (name, error) of each verb that failed. What another process is at is left to it."""
    import zoneinfo

    from django.utils import timezone

    from countersign.instances import binding, locks

    for path, verb in verbs:
        try:
            with (
                binding.bind(instance), timezone.override(zoneinfo.ZoneInfo(instance.time_zone)),
                locks.of_database(f"daily-{instance.id}", wait=False) as held,
            ):
                if held:
                    verb()
                else:
                    print(f"{instance.slug}: {path}: another process is at it", flush=True)
        except Exception as error:  # whatever it was, the others must get their turn; it is printed
            yield path, error
