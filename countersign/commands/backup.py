"""`countersign instance backup | restore | restarted | administrator`: a database in one file, and back."""

from countersign.commands.refusal import Refused


def add(verbs):
    """The verbs of `countersign instance` that are about backups."""
    backup_ = verbs.add_parser(
        "backup", help="write its database into a new file",
        description="Safe while Countersign runs. The file holds health information: encrypt it.",
    )
    backup_.add_argument("slug", help="the first part of its host name")
    backup_.add_argument("file", help="a file that is not there yet")
    backup_.set_defaults(run=make)
    restore_ = verbs.add_parser(
        "restore", help="serve it from a backup from now on",
        description="Closes the instance meanwhile. Whoever was inactivated after the backup stays out, nobody is "
        "signed in, and its record says that it was restarted. The database it had stays where it is.",
    )
    restore_.add_argument("slug", help="the first part of its host name")
    restore_.add_argument("file", help="what `backup` wrote")
    _who_and_why(restore_)
    restore_.set_defaults(run=restore)
    restarted_ = verbs.add_parser(
        "restarted", help="restart its record after its database was put back by hand",
        description="For a database that was copied or restored into place without `restore`.",
    )
    restarted_.add_argument("slug", help="the first part of its host name")
    _who_and_why(restarted_)
    restarted_.set_defaults(run=restarted)
    _add_administrator(verbs)


def _add_administrator(verbs):
    one = verbs.add_parser(
        "administrator", help="a new System Administrator, where a restore left none",
        description="Refused while there is an active one.",
    )
    one.add_argument("slug", help="the first part of its host name")
    one.add_argument("--name", required=True, help="their name")
    one.add_argument("--user-id", required=True, help="their User ID; not one that was used before")
    one.add_argument("--email", required=True, help="where their activation goes")
    one.set_defaults(run=administrator)


def _who_and_why(verb):
    verb.add_argument("--by", required=True, metavar="NAME", help="your name, for the record")
    verb.add_argument("--reason", required=True, metavar="TEXT", help="why, for the record")


def make(args):
    from countersign.commands.support import whoever
    from countersign.console import restores

    instance = _served(args.slug)
    try:
        restores.back_up(instance, args.file, by=whoever())
    except OSError as error:
        raise Refused(f"{args.file} could not be written: {error.strerror or error}.") from None
    print(f"{instance} is in {args.file}. It holds health information: encrypt it.")


def restore(args):
    from countersign.console import restores

    instance = _served(args.slug)
    try:
        made = restores.restore(instance, args.file, by=_by(args), reason=args.reason)
    except OSError as error:
        raise Refused(f"{args.file} could not be put back: {error.strerror or error}.") from None
    print(f"{instance} has the data of {args.file}.")
    _say(instance, made)


def restarted(args):
    from countersign.console import restores

    instance = _served(args.slug)
    made = restores.restarted(instance, by=_by(args), reason=args.reason)
    _say(instance, made)


def administrator(args):
    from countersign.commands.support import whoever
    from countersign.console import restores
    from countersign.people import post

    user = restores.new_administrator(
        _served(args.slug), name=args.name, user_id=args.user_id, email=args.email, by=whoever()
    )
    post.settle()
    print(f"An activation was sent to {user.email} for {user}.")


def _served(slug):
    """The instance, once the catalogue is ready and Support can write down what is done."""
    from countersign.commands.support import catalogue_ready, named
    from countersign.instances.models import Instance, InstanceKind

    catalogue_ready()
    if not Instance.objects.filter(kind=InstanceKind.SUPPORT).exists():
        raise Refused("There is no Support instance yet. Run: countersign setup")
    return named(slug)


def _by(args):
    from dataclasses import replace

    from countersign.commands.support import whoever

    if not args.by.strip():
        raise Refused("Say who you are: --by NAME.", code=2)
    me = whoever()
    return replace(me, person=f"{args.by.strip()} ({me.person})")


def _say(instance, made):
    """What came of it, and what somebody must do now."""
    from countersign.instances.models import InstanceState

    print(f"Its record was restarted at {made.size} events.")
    if made.lost:
        print(f"Support had seen {made.lost} more; they are not in this database.")
    if not made.whole:
        print("BEWARE: the record in it does not match the last checkpoint in it. Look at Proof of the record.")
    for what, found in made.ended.items():
        if found:
            print(f"  {what} ended: {', '.join(found) if isinstance(found, list) else found}")
    if not made.administrators:
        print("No System Administrator is active now. Make one with: countersign instance administrator")
    instance.refresh_from_db()
    if instance.state == InstanceState.SUSPENDED:
        print(f"It stays suspended. When you have looked at it: countersign instance reopen {instance.slug}")
