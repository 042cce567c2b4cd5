"""`countersign demo`: a whole installation to try out, under var/demo of the current folder, on loopback only."""

import os
import secrets
import shutil
import time
from pathlib import Path

from countersign.commands.refusal import Refused
from countersign.commands.serve import listen, refuse_taken

FOLDER = Path("var") / "demo"
ADDRESS = "127.0.0.1"
TRY_FIRST = """\
Try this first:
  1. At {practice} sign in as acme-billing, then as Jane Doe at ACME Billing: two keys, one door.
  2. In another browser sign in there as Priya Raman: Visits, User Audit and General Log say who was in, and what for.
  3. At {support} sign in as Morgan Hale and open an instance; its mail arrives at {bare}mailbox/"""


def add(commands):
    parser = commands.add_parser("demo", help="build and serve the demo", description=__doc__)
    parser.add_argument("--reset", action="store_true", help="throw var/demo away and start over")
    parser.add_argument("--port", type=int, help="port to listen on (default: PORT, or 8000)")
    parser.add_argument("--no-serve", action="store_true", help="build it and print the table, serve nothing")
    parser.set_defaults(prepare=prepare, run=run)


def prepare(args):
    """The environment of the demo, whatever the surrounding one says."""
    args.port = args.port or _port()
    if not args.no_serve:
        refuse_taken(ADDRESS, args.port)
    folder = FOLDER.absolute()
    if args.reset:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / "mail").mkdir(exist_ok=True, mode=0o700)
    for name in [name for name in os.environ if name.startswith("COUNTERSIGN_")]:
        del os.environ[name]
    os.environ.update(
        DJANGO_SETTINGS_MODULE="countersign.settings",
        COUNTERSIGN_SECRET=_secret(folder / "secret"),
        COUNTERSIGN_DATA=str(folder / "data"),
        COUNTERSIGN_BASE=f"countersign.localhost:{args.port}",
        COUNTERSIGN_DEMO="on",
        COUNTERSIGN_MAIL=f"folder:{folder / 'mail'}",
    )


def _port():
    try:
        return int(os.environ.get("PORT") or 8000)
    except ValueError:
        raise Refused("PORT must be a number.", code=2) from None


def _secret(path):
    if not path.exists():
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(secrets.token_hex(32))
    return path.read_text()


def run(args):
    from django.conf import settings

    from countersign.demo import build

    written = FOLDER.absolute() / "people.json"
    try:
        if written.exists():
            build.bring_up()
        else:
            shutil.rmtree(settings.DATA_DIR, ignore_errors=True)  # what an interrupted first time left behind
            began = time.monotonic()
            build.build(say=lambda text: print(text, flush=True))
            print(f"Built in {time.monotonic() - began:.1f} s.")
    except build.Unfinished as error:
        raise Refused(f"{error} Start over with: make demo-reset") from None
    build.write_people(written)
    _print(build.people())
    if not args.no_serve:
        print(f"\nServing on {ADDRESS}:{args.port} until Ctrl-C.", flush=True)
        listen(ADDRESS, args.port, workers=2)


def _print(people):
    from django.conf import settings

    from countersign.commands.support import table

    print()
    rows = [(one["url"], one["role"], one["name"], one["user_id"], one["password"]) for one in people]
    table(("ADDRESS", "ROLE", "NAME", "USER ID", "PASSWORD"), rows)
    print()
    address = f"{settings.SCHEME}://{{}}{settings.BASE_HOST}/"
    print(TRY_FIRST.format(
        practice=address.format("good-therapy."), support=address.format("support."), bare=address.format("")
    ))
