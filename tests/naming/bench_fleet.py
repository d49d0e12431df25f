"""How fast a fleet is named, and how much memory that takes: prints figures, asserts what was promised.

    .venv/bin/python tests/naming/bench_fleet.py [HOSTS ...] [--workers N]

For each number of hosts (1,000, 10,000 and 100,000 of 200 models, eight interfaces each) a file is generated, then a
process of its own reads it, names every interface under every scheme of the newest release, and counts. Peak memory is
that of this process and of its workers together. Of the largest fleet 1,000 hosts drawn at random must have exactly
the names that `predict` and `choose` give them one by one. Exit status 1 if not, or if 100,000 hosts take more
than 60 s or 2 GB.
"""

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from lab.core.timing import allowed_cores, machine
from lab.naming.choice import choose
from lab.naming.fleet import Fleet, census, survey, write_sample
from lab.naming.fleet.answer import WORDS
from lab.naming.model import Interface, Machine
from lab.naming.schemes import predict
from lab.naming.schemes.flags import RELEASE, Scheme
from lab.naming.schemes.releases import release
from lab.naming.sources.snapshot import decode
from lab.naming.trace import Candidate

Offered = Mapping[Interface, Mapping[str, Candidate]]
SIZES = (1_000, 10_000, 100_000)
MODELS, SEED = 200, 1
CHECKED = 1_000
SECONDS, BYTES = 60.0, 2 * 10**9  # promised for 100,000 hosts on two cores


def read(path: str, workers: int) -> Fleet:
    """The fleet in the file at `path` under every scheme."""
    return survey(path, tuple(release(RELEASE).schemes.values()), workers=workers)


def measure(path: str, workers: int) -> dict[str, float]:
    """One survey and its count, in this process: seconds, hosts, shapes, bytes of peak memory."""
    start = time.perf_counter()
    fleet = read(path, workers)
    surveyed = time.perf_counter()
    found = census(fleet, "vendor-model")
    end = time.perf_counter()
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own, children = (one.ru_maxrss for one in used)  # of children: that of the largest
    return {
        "seconds": end - start,
        "survey": surveyed - start,
        "processor": sum(one.ru_utime + one.ru_stime for one in used),
        "hosts": fleet.hosts,
        "ports": fleet.ports,
        "shapes": len(fleet.shapes),
        "roles": len(found.roles),
        "memory": 1024 * (own + workers * children),  # one worker is this process: no children
    }


def known(offered: Offered) -> Callable[[Machine, Interface, Scheme], Mapping[str, Candidate]]:
    """The candidates that `predict` has given already."""
    return lambda _, card, __: offered[card]


def differing(path: str, fleet: Fleet, count: int, seed: int) -> int:
    """How many of `count` hosts drawn at random are named otherwise than by `predict` and `choose`."""
    chosen = set(random.Random(seed).sample(range(fleet.hosts), min(count, fleet.hosts)))
    wrong = 0
    with open(path, "rb") as lines:
        for host, line in enumerate(lines):
            if host not in chosen:
                continue
            one = decode(line, f"line {host + 1}")
            expected = {card.devpath: dict[str, dict[str, str | None]]() for card in one.cards}
            for scheme in fleet.schemes:
                offered = {card: predict(one, card, scheme) for card in one.cards}
                own = choose(one, "default", scheme, offer=known(offered))
                for card in one.cards:
                    names = {policy: candidate.name for policy, candidate in offered[card].items()}
                    expected[card.devpath][scheme.name] = {"default": own[card.devpath].name, **names}
                    assert set(expected[card.devpath][scheme.name]) == set(WORDS)
            wrong += fleet.names(host) != expected
    return wrong


def main() -> int:
    """Print the table; returns the exit status."""
    parser = argparse.ArgumentParser(description="How fast a fleet is named, and how much memory that takes.")
    parser.add_argument("hosts", nargs="*", type=int, default=SIZES)
    parser.add_argument("--workers", type=int, default=min(2, allowed_cores()))
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, options.workers)))
        return 0
    here = machine()
    print(f"{here.cpu}, {here.cores_allowed} cores, {here.system}, Python {here.python}; {options.workers} workers")
    print(
        f"{'hosts':>8} {'MB':>7} {'shapes':>7} {'seconds':>8} {'survey':>7} {'CPU s':>6} {'hosts/s':>8} {'peak MB':>8}"
    )
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        path = ""
        for hosts in options.hosts:
            path = f"{folder}/{hosts}.jsonl"
            write_sample(path, SEED, hosts, MODELS)
            again = [sys.executable, __file__, "--measure", path, "--workers", str(options.workers)]
            got = json.loads(subprocess.run(again, check=True, capture_output=True, text=True).stdout)
            size = Path(path).stat().st_size
            print(
                f"{hosts:8,} {size / 1e6:7,.0f} {got['shapes']:7,} {got['seconds']:8.1f} {got['survey']:7.1f} "
                f"{got['processor']:6.1f} "
                f"{hosts / got['seconds']:8,.0f} {got['memory'] / 1e6:8,.0f}",
                flush=True,
            )
            failed |= hosts == 100_000 and (got["seconds"] > SECONDS or got["memory"] > BYTES)
        fleet = read(path, options.workers)
        wrong = differing(path, fleet, CHECKED, SEED)
        checks = min(CHECKED, fleet.hosts) * 8 * len(fleet.schemes) * len(WORDS)
        print(f"{min(CHECKED, fleet.hosts):,} hosts against predict, {checks:,} names: {wrong} hosts differ")
    return 1 if failed or wrong else 0


if __name__ == "__main__":
    sys.exit(main())
