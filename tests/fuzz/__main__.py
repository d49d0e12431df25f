"""Fuzz the parsers: `python -m tests.fuzz [--seconds N] [--seed S] [TARGET...]`.

Each target gets its share of the time in a process of its own, with a limit to its memory and to the time of one
input. A finding is shrunk by Hypothesis, written to a file and told; the exit status is 1 then.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import FrameType

from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from lab.core.errors import LabError
from tests.fuzz.mutate import damaged
from tests.fuzz.targets import TARGETS

MEMORY = 1 << 30  # bytes that a target's process may have beyond what it starts with
SLOW = 10  # seconds for one input
BATCH = 300  # inputs of one run of Hypothesis; when the time is over, the rest of them are not tried


class TooSlowError(Exception):
    """One input took too long."""


def main() -> int:
    """Run the targets named, or all; 0 if only `LabError` came out."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description="damaged files for every parser")
    parser.add_argument("--seconds", type=float, default=60.0, help="for all targets together (default: 60)")
    parser.add_argument("--seed", type=int, default=None, help="repeat a run (default: the time)")
    parser.add_argument("--findings", type=Path, default=Path(".fuzz"), help="folder for inputs that break something")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--replay", type=Path, metavar="FILE", help="run the one TARGET on a file, without limits")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in TARGETS]
    if unknown:
        parser.error(f"no target {', '.join(unknown)}; known are {', '.join(TARGETS)}")
    names = options.targets or list(TARGETS)
    if options.replay:
        for name in names:
            try_one(name, options.replay.read_bytes())
        return 0
    number = int(time.time()) if options.seed is None else options.seed
    if options.here:
        return _fuzz(names[0], options.seconds, number, options.findings)
    print(f"{len(names)} parsers, {options.seconds:g} s in all, --seed {number}", flush=True)
    failed = []
    for name in names:
        words = ["--here", "--seconds", str(options.seconds / len(names)), "--seed", str(number)]
        run = [sys.executable, "-m", "tests.fuzz", *words, "--findings", str(options.findings), name]
        if subprocess.run(run, check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "only LabError came out of damaged files")
    return 1 if failed else 0


def try_one(name: str, data: bytes) -> None:
    """Run a target on one input; only what is no `LabError` comes out."""
    try:
        TARGETS[name].run(data)
    except LabError as error:
        told = str(error)
    else:
        told = ""
    assert "\n" not in told, f"an error is one line, this is not: {told!r}"


def _late(number: int, frame: FrameType | None) -> None:
    raise TooSlowError(f"one input took more than {SLOW} s")


def _fuzz(name: str, seconds: float, number: int, findings: Path) -> int:
    target = TARGETS[name]
    seeds = list(target.seeds())
    for whole in seeds:
        try_one(name, whole)  # also imports what is imported late
    own = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (own + MEMORY, most))
    signal.signal(signal.SIGALRM, _late)
    tried, last = 0, b""

    @given(damaged(seeds))
    @settings(
        max_examples=BATCH, deadline=None, database=DirectoryBasedExampleDatabase(findings / "examples"),
        suppress_health_check=list(HealthCheck), verbosity=Verbosity.quiet, phases=(Phase.generate, Phase.shrink),
    )  # fmt: skip
    def body(data: bytes) -> None:
        nonlocal tried, last
        if tried and not last and time.monotonic() - started > seconds:
            return
        tried += 1
        signal.setitimer(signal.ITIMER_REAL, SLOW)
        try:
            try_one(name, data)
        except BaseException:
            last = data
            raise
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    started, turn = time.monotonic(), 0
    while time.monotonic() - started < seconds or turn == 0:
        try:
            seed(number * 100_003 + turn)(body)()
        except Exception as error:  # noqa: BLE001 - a finding, whatever it is
            resource.setrlimit(resource.RLIMIT_AS, (most, most))
            findings.mkdir(parents=True, exist_ok=True)
            path = findings / f"{name}-{hashlib.sha256(last).hexdigest()[:12]}"
            path.write_bytes(last)
            traceback.print_exception(error)
            print(f"{name}: {type(error).__name__} on {len(last)} bytes, kept in {path}; --replay {path} {name}")
            return 1
        turn += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(f"{name:14} {tried:7,} inputs from {len(seeds):2} seeds, {peak:4} MiB", flush=True)
    return 0


if __name__ == "__main__":
    os.environ.setdefault("PYTHONHASHSEED", "0")
    sys.exit(main())
