"""`python -m bench [page] [provision] [density] [signin] [customers] [event] [audit]`: run them and print one table."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.page import density, page

ALL = ["page", "provision", "density", "signin", "customers", "event", "audit"]
SERVERS = {"SQLite": "", "PostgreSQL": "-postgresql"}
MILLISECONDS = 0.3  # of CPU, what an event may cost beside its insert


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []], help="which (default: all)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=600)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many the record holds that `audit` measures")
    args = parser.parse_args()
    print(f"{'benchmark':<26}{'measured':>14}{'against':>14}{'ratio':>8}   limit")
    for name in args.names or ALL:
        with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
            for line in globals()[f"run_{name}"](Path(folder), args):
                print(line, flush=True)


def run_page(folder, args):
    ours, bare, ratio = page(folder, rounds=args.rounds, requests=args.requests)
    yield f"{'page, CPU a request':<26}{ours:>11.2f} ms{bare:>11.2f} ms{ratio:>8.2f}   1.25 x bare Django"


def run_density(folder, args):
    many, one, ratio = density(folder, rounds=args.rounds, requests=args.requests)
    yield f"{'density, 1,000 instances':<26}{many:>11.2f} ms{one:>11.2f} ms{ratio:>8.2f}   1.25 x one instance"


def run_provision(folder, args):
    for name, limit, server in (("SQLite", 10, "provision"), ("PostgreSQL", 150, "provision-postgresql")):
        found = _inside(server, folder / name)
        if found:
            yield (
                f"{f'provision, {name}':<26}{found['database']:>11.2f} ms{'':>14}{'':>8}   {limit} ms "
                f"(with groups and keys {found['furnished']:.1f} ms)"
            )


def run_signin(folder, args):
    found = _inside("signin", folder)
    beyond = found["whole"] - found["hashes"]
    yield (
        f"{'signin, CPU of both parts':<26}{found['whole']:>11.2f} ms{found['hashes']:>11.2f} ms{'':>8}   "
        f"25 ms beyond the hashes: {beyond:.2f} ms"
    )


def run_event(folder, args):
    for name, server in SERVERS.items():
        for kind, (whole, insert) in (_inside(f"event{server}", folder / name) or {}).items():
            yield (
                f"{f'event of a {kind}, {name}':<26}{whole:>11.3f} ms{insert:>11.3f} ms{whole / insert:>8.2f}   "
                f"{MILLISECONDS} ms beyond the insert: {whole - insert:.3f} ms"
            )


def run_audit(folder, args):
    """Pages in wall time, with their CPU beside it; rates by CPU second, with the rise of the peak of memory."""
    for name, server in SERVERS.items():
        found = _inside(f"audit{server}", folder / name, str(args.events))
        if found is None:
            continue
        yield (
            f"record of {args.events:,} events, {name}, while the two password hashes of `signin` took "
            f"{found.pop('hashes'):.0f} ms"
        )
        for what, slowest in found.pop("pages").items():
            wall, cpu, asked = slowest[0]
            yield _timed(what, wall, cpu, f"100 ms, slowest of all filters: {asked}")
        yield _timed("who opened this client", *found.pop("opened"), "50 ms")
        for what, (rate, memory, *_) in found.items():
            limit = 20_000 if what.startswith("export") else 100_000
            limit = "" if what == "bundle" else f"{limit:,}"
            yield f"{f'  {what}':<26}{rate:>12,.0f}/s{'':>14}{'':>8}   {limit} (memory + {memory:.0f} MiB)"


def _timed(what, wall, cpu, limit):
    return f"{f'  {what}':<26}{wall:>11.1f} ms{cpu:>7.1f} ms CPU{'':>8}   {limit}"


def run_customers(folder, args):
    for name, server in (("SQLite", "customers"), ("PostgreSQL", "customers-postgresql")):
        for shown, took in (_inside(server, folder / name) or {}).items():
            yield (
                f"{f'{shown}, {name}':<26}{took['cpu']:>11.2f} ms{took['wall']:>11.2f} ms{'':>8}   "
                "100 ms of CPU; beside it wall time, 500 customers"
            )


def _inside(name, folder, *more):
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bench.inside", name, str(folder), *more], capture_output=True, text=True, env=os.environ
    )
    if done.returncode:
        print(f"{name}: not measured\n{done.stderr[-2000:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
