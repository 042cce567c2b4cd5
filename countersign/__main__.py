"""The command line: `countersign serve | demo | setup | instance | listing | keyring | audit | feed | …`.

Exit codes: 0 done; 1 something failed or was found wrong; 2 used wrongly, or the environment is not complete.
"""

import argparse
import os
import sys

from countersign.commands import audit, charges, check, daily, demo, feed, instance, keyring, listing, serve, setup
from countersign.commands.refusal import Refused

COMMANDS = (serve, demo, setup, instance, listing, keyring, audit, feed, daily, charges, check)


def main(argv=None):
    os.umask(0o077)  # whatever we write is health information, or opens the way to it
    sys.exit(run(argv))


def run(argv=None):
    """Run one command and return its exit code; argparse's own exits (help, usage) pass through."""
    args = parser().parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "countersign.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured, ValidationError
    from django.db import DatabaseError

    try:
        if hasattr(args, "prepare"):
            args.prepare(args)  # the demo makes the environment that the settings read
        django.setup()
        return args.run(args) or 0
    except ImproperlyConfigured as error:
        return _say(error, 2)
    except Refused as error:
        return _say(error, error.code)
    except ValidationError as error:
        return _say(_sentence(error), 1)
    except DatabaseError as error:
        return _say(f"The database does not answer as it should: {error}", 1)
    except KeyboardInterrupt:
        return _say("Stopped.", 130)


def parser():
    top = argparse.ArgumentParser(
        prog="countersign", description="A practice system with a guarded door for third-party billing.",
        epilog="Exit codes: 0 done; 1 something failed or was found wrong; 2 used wrongly, or a setting is missing.",
    )
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add(commands)
    return top


def _sentence(error):
    """What a ValidationError says, with the names of the fields at fault."""
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(f"{field.replace('_', ' ')}: {' '.join(said)}" for field, said in error.message_dict.items())


def _say(what, code):
    from countersign_verify import shown

    for line in str(what).splitlines() or [""]:  # a name in it may hold what a terminal obeys
        print(f"countersign: {shown(line)}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
