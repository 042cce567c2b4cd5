"""`python -m bench [page] [provision] [density] [signin]`: run the benchmarks and print one table."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.page import density, page

ALL = ["page", "provision", "density", "signin"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*ALL, []], help="which (default: all)")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--requests", type=int, default=600)
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


def _inside(name, folder):
    folder.mkdir(exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bench.inside", name, str(folder)], capture_output=True, text=True, env=os.environ
    )
    if done.returncode:
        print(f"{name}: not measured\n{done.stderr[-2000:]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
