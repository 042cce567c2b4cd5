"""`countersign setup`: Support's own instance and its first administrator, once for an installation."""

import getpass
import sys

from countersign.commands.refusal import Refused


def add(commands):
    parser = commands.add_parser(
        "setup", help="open Support's instance with its first administrator",
        description=f"{__doc__} Asks for what is not given. The password is asked for, or read from a pipe.",
    )
    parser.add_argument("--name", help="the administrator's name")
    parser.add_argument("--user-id", help="their User ID")
    parser.add_argument("--email", default="", help="their e-mail")
    parser.add_argument("--time-zone", default="America/New_York", help="Support's time zone (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args):
    from countersign.commands.support import catalogue_ready, whoever
    from countersign.console import opening
    from countersign.instances import hosts
    from countersign.instances.models import Instance, InstanceKind

    catalogue_ready()
    if Instance.objects.filter(kind=InstanceKind.SUPPORT).exists():
        raise Refused("Support's instance is there already.")
    administrator = {
        "name": args.name or _ask("Administrator's name: "),
        "user_id": args.user_id or _ask("User ID: "),
        "email": args.email,
    }
    support, user = opening.open_whole(
        name="Support", slug="support", kind=InstanceKind.SUPPORT, time_zone=args.time_zone,
        administrator=administrator, password=_password(), by=whoever(),
    )
    print(f"Support is open at {hosts.root(support)}/ - sign in as {user.user_id}.")


def _ask(question):
    if not sys.stdin.isatty():
        raise Refused("Give --name and --user-id where there is nobody to ask.", code=2)
    return input(question)


def _password():
    """Typed twice, or one line of a pipe; never an argument, which every process of the machine can read."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password (15 characters or more): ")
    if password != getpass.getpass("The same again: "):
        raise Refused("The two are not the same.")
    return password
