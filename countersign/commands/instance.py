"""`countersign instance …`: create, list, suspend, reopen, archive, rotate keys of and upgrade instances."""

from countersign.commands import backup
from countersign.commands.refusal import Refused


def add(commands):
    parser = commands.add_parser("instance", help="create, list, suspend, archive, upgrade", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    _add_create(verbs)
    verbs.add_parser("list", help="every instance, its state, database and schema").set_defaults(run=show)
    for verb, words in (
        ("suspend", "shut everybody out, until it is reopened"),
        ("reopen", "let people in again"),
        ("archive", "shut for good"),
    ):
        one = verbs.add_parser(verb, help=words)
        one.add_argument("slug", help="the first part of its host name")
        one.add_argument("--reason", required=True, help="why; it stays in the history")
        one.set_defaults(run=change, verb=verb)
    rotate_ = verbs.add_parser("rotate-keys", help="sign with a new key; also after COUNTERSIGN_SECRET was lost")
    rotate_.add_argument("slug", help="the first part of its host name")
    rotate_.set_defaults(run=rotate_keys)
    backup.add(verbs)
    upgrade_ = verbs.add_parser(
        "upgrade", help="bring every instance's database to this version",
        description="Migrates the catalogue and every instance that is behind. Safe to interrupt and to repeat: what "
        "is done is not done again. An instance that fails does not stop the others; exit code 1.",
    )
    upgrade_.set_defaults(run=upgrade)


def _add_create(verbs):
    create_ = verbs.add_parser("create", help="open an instance and send its administrator an activation")
    create_.add_argument("--name", required=True, help="as the organization writes it")
    create_.add_argument("--slug", required=True, help="first part of its host name; cannot be changed")
    create_.add_argument("--kind", choices=["practice", "billing-company"], default="practice")
    create_.add_argument("--time-zone", default="America/New_York", help="default: %(default)s")
    create_.add_argument("--server", help="where its database is to be (default: COUNTERSIGN_DEFAULT_SERVER)")
    create_.add_argument("--administrator", required=True, metavar="NAME", help="first administrator")
    create_.add_argument("--user-id", required=True, help="their User ID")
    create_.add_argument("--email", required=True, help="where their activation goes")
    create_.set_defaults(run=create)


def create(args):
    from django.conf import settings

    from countersign.commands.support import at_support
    from countersign.console import actions
    from countersign.instances import hosts

    if args.server and args.server not in settings.DATABASE_SERVERS:
        raise Refused(f"COUNTERSIGN_SERVERS knows no server “{args.server}”.", code=2)
    with at_support() as by:
        instance, sent = actions.create_instance(
            name=args.name, slug=args.slug, kind=args.kind.replace("-", "_"), time_zone=args.time_zone,
            administrator={"name": args.administrator, "user_id": args.user_id, "email": args.email},
            server=args.server, by=by,
        )
    print(f"{instance} is open at {hosts.root(instance)}/")
    if not sent:
        raise Refused(f"The activation could not be sent to {args.email}. Send it again in the console.")
    print(f"An activation was sent to {args.email}.")


def show(args):
    from countersign.commands.support import catalogue_ready, table
    from countersign.instances import schema
    from countersign.instances.models import Instance

    catalogue_ready()
    rows = [
        (one.slug, one.name, one.get_kind_display(), one.get_state_display(), one.server or "SQLite",
         "current" if one.schema == schema.fingerprint() else "behind")
        for one in Instance.objects.order_by("slug")
    ]
    table(("ADDRESS", "NAME", "KIND", "STATE", "DATABASE", "SCHEMA"), rows)


def change(args):
    from countersign.commands.support import at_support, named
    from countersign.console import actions
    from countersign.instances.models import InstanceState

    states = {
        "suspend": InstanceState.SUSPENDED, "reopen": InstanceState.ACTIVE, "archive": InstanceState.ARCHIVED,
    }
    with at_support() as by:
        instance = named(args.slug)
        actions.change_state(instance, state=states[args.verb], by=by, reason=args.reason)
    print(f"{instance} is {states[args.verb].label.lower()}.")


def rotate_keys(args):
    from countersign.commands.support import at_support, named
    from countersign.console import actions

    with at_support() as by:
        instance = named(args.slug)
        actions.rotate_keys(instance, by=by)
    print(f"{instance} signs with a new key.")


def upgrade(args):
    from countersign.commands.support import catalogue_ready
    from countersign.instances import provisioning, schema
    from countersign.instances.models import Instance, InstanceState

    catalogue_ready()
    behind = Instance.objects.exclude(schema=schema.fingerprint()).exclude(state=InstanceState.ARCHIVED).count()
    if not behind:
        print("Every instance is of this version.")
        return 0
    failed = []
    for number, (instance, error) in enumerate(provisioning.upgrade_all(), 1):
        print(f"{number} of {behind}: {instance.slug} {'failed' if error else 'upgraded'}", flush=True)
        if error:
            failed.append((instance, error))
    if failed:
        print(f"{len(failed)} of {behind} failed; they stay shut, the others are open:")
        for instance, error in failed:
            print(f"  {instance.slug} ({instance.id}): {error.__class__.__name__}: {error}")
        return 1
    return 0
