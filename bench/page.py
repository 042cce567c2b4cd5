"""The client list with its event, against the same page in bare Django; and 1,000 instances against one."""

import os
import random
import subprocess
import sys
from contextlib import ExitStack
from statistics import median

from bench import installation
from bench.servers import ask, cost, free_port, granian


def page(folder, *, rounds, requests):
    """(ours ms, bare ms, ratio): CPU of one request, medians over the rounds."""
    ours_port, bare_port = free_port(), free_port()
    ((host, cookie),) = installation.build(folder, ours_port, 1)
    bare = {"BARE_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "bench.bare.settings"}
    bare_cookie = subprocess.run(
        [sys.executable, "-m", "bench.bare.build"],
        env={**os.environ, **bare}, check=True, capture_output=True, text=True,
    ).stdout.strip()
    ours_asked = [("/clients/", host, cookie)] * requests
    bare_asked = [("/clients/", "bare.localhost", bare_cookie)] * requests
    with ExitStack() as stack:
        a = stack.enter_context(
            granian("countersign.wsgi:application", ours_port, installation.environment(folder, ours_port))
        )
        b = stack.enter_context(granian("bench.bare.wsgi:application", bare_port, bare))
        cost(a, ours_port, ours_asked[:200])
        cost(b, bare_port, bare_asked[:200])
        return _pairs(
            rounds, lambda: cost(a, ours_port, ours_asked), lambda: cost(b, bare_port, bare_asked)
        )


def density(folder, *, rounds, requests, instances=1000):
    """(many ms, one ms, ratio): the same page, instances at random against always the same one, pool warm."""
    port = free_port()
    sessions = installation.build(folder, port, instances)
    chance = random.Random(7)
    with granian("countersign.wsgi:application", port, installation.environment(folder, port)) as process:
        for _ in range(2):  # every instance is bound once before anything is counted
            ask(port, [("/clients/", host, cookie) for host, cookie in sessions])

        def many():
            return cost(process, port, [("/clients/", *chance.choice(sessions)) for _ in range(requests)])

        def one():
            return cost(process, port, [("/clients/", *sessions[0])] * requests)

        return _pairs(rounds, many, one)


def _pairs(rounds, first, second):
    pairs = [(first(), second()) for _ in range(rounds)]
    return median(a for a, _ in pairs), median(b for _, b in pairs), median(a / b for a, b in pairs)
