"""The goals of speed with their figures: `python -m tests.symbols.bench_symbols [--rounds N] [--only WORD] [ROOT...]`.

Each ROOT is an unpacked kernel package (boot/vmlinuz-*, lib/modules/VERSION); without one, what needs a kernel is left
out, and said so. Both sides of a ratio run in turns in this one run; the figure is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from lab.core.timing import machine
from tests.symbols import bench_commands, bench_lookups, bench_memory
from tests.symbols.bench_goals import Goal

BUNDLED: dict[str, Callable[[int], Iterator[Goal]]] = {
    "beside-c": bench_lookups.beside_c,
    "whole-load": bench_lookups.whole_load,
    "growth": bench_lookups.growth,
}
KERNELS: dict[str, Callable[[Path, int], Iterator[Goal]]] = {
    "depmod": bench_commands.depmod,
    "build": bench_commands.build,
    "extract": bench_commands.extract,
    "kallsyms": bench_commands.kallsyms,
    "memory": bench_commands.memory,
}


def main() -> int:
    """Print each goal with its figure; 1 if one was missed."""
    parser = argparse.ArgumentParser(prog="tests.symbols.bench_symbols", description="the goals of speed")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each pair (default and least: 7)")
    parser.add_argument("--only", action="append", choices=[*BUNDLED, *KERNELS, "time"], help="give it once for each")
    parser.add_argument("roots", nargs="*", type=Path, metavar="ROOT")
    options = parser.parse_args()
    rounds = max(7, options.rounds)
    wanted = options.only or [*BUNDLED, *KERNELS, "time"]
    print(f"{machine()}; median of {rounds} interleaved rounds, 95 % in brackets\n")
    missed = []
    for goal in _goals(wanted, options.roots, rounds):
        print(goal, flush=True)
        missed += [] if goal.met else [goal.name]
    if not options.roots and set(KERNELS) & set(wanted):
        print(
            "\nnot measured, for no kernel package was named (LAB_KERNEL_ROOT=DIR):",
            *sorted(set(KERNELS) & set(wanted)),
        )
    print(f"\n{len(missed)} missed" + (": " + "; ".join(missed) if missed else ""))
    return 1 if missed else 0


def _goals(wanted: list[str], roots: list[Path], rounds: int) -> Iterator[Goal]:
    for name, ask in BUNDLED.items():
        if name in wanted:
            yield from ask(rounds)
    for name, measured in KERNELS.items():
        for root in roots if name in wanted else []:
            yield from measured(root, rounds)
    if "time" in wanted:
        command = [*bench_commands.LAB, "time", "--load", "references", "--crc", "--rounds", "5"]
        most, looks = bench_memory.peak(command)
        yield Goal("memory of time", most, 300, "MiB", note=f"{looks} looks; Numba and its compiler")


if __name__ == "__main__":
    sys.exit(main())
