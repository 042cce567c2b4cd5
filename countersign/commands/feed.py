"""`countersign feed …`: send records to syslog collectors as they are written (RFC 5424 over TLS, RFC 5425)."""

import contextlib
import fcntl
import os
import signal
from pathlib import Path

from countersign.commands.refusal import Refused

PORT = 6514  # RFC 5425 4.1


def add(commands):
    parser = commands.add_parser("feed", help="send records to a syslog collector over TLS", description=__doc__)
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    send_ = verbs.add_parser("send", help="send for every instance that has a feed, until told to stop")
    send_.add_argument("--once", action="store_true", help="what is there now, one try; exit code 1 when it failed")
    send_.set_defaults(run=send)
    verbs.add_parser("list", help="every feed, and how far behind it is").set_defaults(run=show)
    on_ = _verb(verbs, "on", "send the record of an instance to a collector", on)
    on_.add_argument("--collector", required=True, metavar="HOST[:PORT]", help=f"where it is (port: {PORT})")
    on_.add_argument("--ca", required=True, type=Path, metavar="FILE", help="PEM; who vouches for the collector")
    on_.add_argument("--name", help="the name in its certificate (default: HOST)")
    on_.add_argument("--certificate", type=Path, metavar="FILE", help="PEM; ours, if it asks for one")
    on_.add_argument("--key", type=Path, metavar="FILE", help="PEM without a passphrase, readable by us only")
    on_.add_argument(
        "--from", dest="start", choices=("position", "beginning", "now"), default="position",
        help="where to begin: where the feed before stopped, or the beginning (default); the beginning; now",
    )
    _verb(verbs, "off", "send the record of an instance no more", off)


def _verb(verbs, name, words, run):
    parser = verbs.add_parser(name, help=words)
    parser.add_argument("slug", help="the first part of the instance's host name")
    parser.add_argument("--reason", required=True, help="why; it stays on the record")
    parser.set_defaults(run=run)
    return parser


def on(args):
    from countersign.audit import feed_wire
    from countersign.commands.support import at_support, named
    from countersign.console import feeds

    host, port = _place(args.collector)
    if bool(args.certificate) != bool(args.key):
        raise Refused("A certificate of ours needs its key, and a key its certificate.", code=2)
    if args.key and args.key.exists() and args.key.stat().st_mode & 0o077:
        raise Refused(f"{args.key} can be read by others. Run: chmod 600 {args.key}")
    paths = {name: str(path.absolute()) if path else "" for name, path in (
        ("ca", args.ca), ("certificate", args.certificate), ("key", args.key))}
    collector = feed_wire.Collector(host=host, port=port, name=args.name or host, **paths)
    with at_support() as by:
        instance = named(args.slug)
        made = feeds.begin(instance, collector, start=args.start, by=by, reason=args.reason)
    print(f"The record of {instance} goes to {made} while `countersign feed send` runs.")


def off(args):
    from countersign.commands.support import at_support, named
    from countersign.console import feeds

    with at_support() as by:
        instance = named(args.slug)
        feeds.end(instance, by=by, reason=args.reason)
    print(f"The record of {instance} is sent no more. A feed turned on again goes on where this one stopped.")


def show(args):
    from countersign.audit import feed
    from countersign.commands.support import catalogue_ready, table
    from countersign.instances import binding, schema
    from countersign.instances.models import Feed

    catalogue_ready()
    rows = []
    for one in Feed.objects.filter(ended_at=None).select_related("instance").order_by("instance__slug"):
        sent = behind = "?"
        if one.instance.schema == schema.fingerprint():
            with binding.bind(one.instance):
                sent, behind = feed.position(), feed.behind()
        state = f"since {one.fault_at:%Y-%m-%d %H:%M} UTC: {one.fault}" if one.fault else "in order"
        rows.append((one.instance.slug, one, sent, behind, state))
    table(("INSTANCE", "COLLECTOR", "SENT UP TO EVENT", "EVENTS BEHIND", "STATE"), rows)


def send(args):
    from countersign.audit import feed_lanes
    from countersign.commands.support import catalogue_ready

    catalogue_ready()
    lanes = feed_lanes.Lanes(say=lambda line: print(line, flush=True))
    with _alone():
        if args.once:
            return 0 if lanes.run_once() else 1
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: lanes.stopped.set())
        lanes.run()


@contextlib.contextmanager
def _alone():
    """Two that send at once would send everything twice."""
    from django.conf import settings

    folder = settings.DATA_DIR / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "feed", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Refused("Another `countersign feed send` runs already.") from None
        file.write(str(os.getpid()))
        file.flush()
        yield


def _place(text):
    """("collector.example.org", 6514) from "collector.example.org", with a port, or from "[2001:db8::1]:6514"."""
    host, colon, port = text.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")):
        host, port = text, str(PORT)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise Refused("The collector is a host name with an optional port, such as logs.example.org:6514.", code=2)
    return host, int(port)
