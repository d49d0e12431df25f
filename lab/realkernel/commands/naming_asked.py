"""What the options of `kernel-lab kernel naming` mean together, and which do not go together."""

from __future__ import annotations

import argparse
from pathlib import Path

from lab.core.errors import LabError
from lab.realkernel.commands.options import nothing_booted, recorded_asked

__all__ = ["RACE", "WORDS", "check", "recording"]

RACE = "race-two-cpus"
WORDS = {"race": RACE}  # what a topology is also called here


def recording(options: argparse.Namespace) -> Path | None:
    """The file that --recorded names, None if none; a topology that it names becomes that of --topology."""
    from lab.naming.topologies.choice import PREFIX
    from lab.naming.topologies.presets import ALIASES
    from lab.realkernel.naming.recorded import recorded_topologies

    if not options.recorded:  # not given, or without a word
        return None
    also = {*ALIASES, *(alias.partition("-")[0] for alias in ALIASES), *WORDS}
    which = recorded_asked(options.recorded.removeprefix(PREFIX), tuple(recorded_topologies()), also)
    if isinstance(which, Path):
        if options.topology is None or options.before is not None:
            raise LabError(f"--recorded {which}: is one machine; name what it was booted with by --topology alone")
        return which
    if options.topology is not None or options.all:
        raise LabError(f"--recorded {options.recorded}: stands for --topology and --all; leave them out")
    options.topology = which
    return None


def check(options: argparse.Namespace) -> None:
    """Raises `LabError` for options that do not go together."""
    alone = {"--all": options.all, "--before": options.before, "--step": options.step, "--times": options.times}
    given = [name for name, value in alone.items() if value]
    if len(given) > 1:
        raise LabError(f"{' and '.join(given)}: one of them at a time")
    if given and given != ["--all"] and options.topology is None:
        raise LabError(f"{given[0]}: needs --topology, the machine that it is about")
    if options.all and options.topology is not None:
        raise LabError("--all: boots every preset; leave --topology out")
    for name, value in (("-o", options.output), ("--record", options.record)):
        if value is not None and (options.all or options.topology is None):
            raise LabError(f"{name}: writes one machine; name it with --topology")
    if options.recorded is not None and (options.step or options.times is not None):
        raise LabError("--recorded: shows what was booted once; --step and --times need a boot")
    if options.recorded is not None:
        nothing_booted(options, {"--systemd-root": "systemd_root"})
