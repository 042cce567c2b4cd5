"""`countersign serve`: the web server, for a proxy in front that ends TLS."""

import socket

from countersign.commands.refusal import Refused

THREADS = 4  # a worker: enough to wait for a home elsewhere while others are served


def add(commands):
    parser = commands.add_parser("serve", help="serve all instances", description=__doc__)
    parser.add_argument("--address", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, help="port to listen on (default: that of COUNTERSIGN_BASE)")
    parser.add_argument("--workers", type=int, default=2, help="processes (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args):
    from django.conf import settings

    from countersign.commands.support import catalogue_ready
    from countersign.instances import schema
    from countersign.instances.models import Instance, InstanceState

    port = args.port or int(settings.BASE_HOST.partition(":")[2] or 8000)
    refuse_taken(args.address, port)
    catalogue_ready()
    behind = Instance.objects.exclude(schema=schema.fingerprint()).exclude(state=InstanceState.ARCHIVED).count()
    if behind:
        print(f"{behind} instances are not served until they are upgraded. Run: countersign instance upgrade")
    print(f"Serving {settings.SCHEME}://{settings.BASE_HOST} on {args.address}:{port}, {args.workers} workers.")
    listen(args.address, port, workers=args.workers)


def refuse_taken(address, port):
    """Raises Refused when somebody listens there already: the server itself would share the port in silence."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError) as error:
            why = error.strerror if isinstance(error, OSError) else "a port is a number up to 65535"
            raise Refused(
                f"Cannot listen on {address}:{port} ({why}). Choose another with --port, or stop what listens there."
            ) from None


def listen(address, port, *, workers):
    """Serve until SIGINT or SIGTERM."""
    from django.db import connections
    from granian import Granian

    from countersign.instances import binding

    binding.pool.clear()
    connections["control"].close()  # no worker may inherit an open database
    Granian(
        "countersign.wsgi:application", address=address, port=port, interface="wsgi", workers=workers,
        blocking_threads=THREADS, respawn_failed_workers=True, log_level="warning",
    ).serve()
