"""Random machines on all buses, held against the real systemd: `python -m tests.oracle.naming --help`.

Without a folder the systemd of this machine is asked; else those unpacked by `tests/oracle/systemd-root`. Machine N
of the run is `draw(random.Random(N))`, so a mismatch is repeated by `--first N --machines 1`.
"""

import argparse
import os
import random
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lab.core.errors import LabError
from lab.naming import predict
from lab.naming.schemes.releases import Release, release
from tests.naming.random_machines import draw
from tests.oracle.udevadm import Udevadm, mismatches

BATCH = 20  # machines for one namespace


def main() -> int:
    """Ask every systemd, print one line for each and one that closes; 1 if anything failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.naming", description=__doc__)
    parser.add_argument("roots", nargs="*", type=Path, help="folders with an unpacked systemd [this machine's]")
    parser.add_argument("--checks", type=int, default=20_000, help="at least so many for each systemd [%(default)s]")
    parser.add_argument("--first", type=int, default=0, help="number of the first machine [%(default)s]")
    parser.add_argument("--machines", type=int, help="so many machines, however many checks that gives")
    options = parser.parse_args()
    passed = failed = 0
    for root in options.roots or [Path("/")]:
        good, bad = column(Udevadm(root), options.first, options.machines, options.checks)
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


def column(udevadm: Udevadm, first: int, machines: int | None, checks: int) -> tuple[int, int]:
    """Good and bad checks of one systemd, printed; one newer than the rules here is passed over, and that is said."""
    number = udevadm.release()
    if not number:
        print(f"{udevadm.root}: no udevadm there (Debian package udev)")
        return 0, 1
    try:
        known = release(number)
    except LabError as error:
        print(f"systemd {number}: its column is skipped ({error})")
        return 0, 0
    good, bad, seen, seconds = run(udevadm, known, first, machines, checks)
    print(
        f"systemd {number}: {good + bad:,} checks (interface x scheme) on {seen:,} machines, "
        f"{len(known.schemes)} schemes, {bad} mismatches, {seconds:.0f} s",
        flush=True,
    )
    return good, bad


def run(udevadm: Udevadm, known: Release, first: int, machines: int | None, checks: int) -> tuple[int, int, int, float]:
    """Good and bad checks, machines and seconds of one systemd; every mismatch is printed."""
    good = bad = seed = 0
    begin = time.monotonic()
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        while seed < machines if machines is not None else good + bad < checks:
            round_end = seed + BATCH * workers if machines is None else min(machines, seed + BATCH * workers)
            starts = range(seed, round_end, BATCH)
            parts = [range(first + s, first + min(s + BATCH, round_end)) for s in starts]
            for found, count in pool.map(lambda part: batch(udevadm, known, part), parts):
                for line, schemes in found.items():
                    print(f"{line} ({', '.join(schemes)})")
                wrong = sum(len(schemes) for schemes in found.values())
                bad += wrong
                good += count - wrong
            seed = round_end
    return good, bad, seed, time.monotonic() - begin


def batch(
    udevadm: Udevadm, known: Release, seeds: range, schemes: int | None = None
) -> tuple[dict[str, list[str]], int]:
    """The mismatches in words, each with its schemes, and the number of checks.

    Every interface of these machines is asked for under every scheme that `udevadm` knows, or under so many of them.
    """
    machines = [draw(random.Random(seed)).machine(f"machine {seed}") for seed in seeds]
    questions = [
        [(scheme, i.ifname) for scheme in _some(known, schemes, seed) for i in machine.interfaces]
        for seed, machine in zip(seeds, machines, strict=True)
    ]
    answers = udevadm.names(list(zip(machines, questions, strict=True)))
    found: dict[str, list[str]] = {}
    for seed, machine, said in zip(seeds, machines, answers, strict=True):
        for scheme, ifname in said:
            offered = predict(machine, machine.interface(ifname), known.schemes[scheme])
            ours = {policy: candidate.name for policy, candidate in offered.items()}
            wrong = mismatches(ours, said[scheme, ifname], scheme)
            if wrong:
                words = ", ".join(f"{policy} {a or '-'}, there {b or '-'}" for policy, (a, b) in wrong.items())
                found.setdefault(f"systemd {known.number}, machine {seed}, {ifname}: {words}", []).append(scheme)
    return found, sum(len(said) for said in answers)


def _some(known: Release, count: int | None, seed: int) -> list[str]:
    names = list(known.schemes)
    return names if count is None else random.Random(seed).sample(names, min(count, len(names)))


if __name__ == "__main__":
    sys.exit(main())
