"""`kernel-lab symbols time`: lookups measured on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from lab.core import progress
from lab.core.errors import LabError
from lab.core.report import Report
from lab.core.scenario import add_options, from_options
from lab.symbols.commands.base import add_preset, base
from lab.symbols.scenario import TimeScenario, timed

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `time`."""
    parser.add_argument("file", metavar="FILE", nargs="?", help="kernel image whose exports to use (default: bundled)")
    add_preset(parser)
    add_options(parser, TimeScenario, only=("size", "methods", "layout", "load", "module", "crc", "cache", "rounds"))
    parser.set_defaults(run=_time)


def _time(options: argparse.Namespace) -> Report:
    from lab.symbols import corpus, lookup, timing
    from lab.symbols.ksymtab import ksymtab

    scenario = from_options(TimeScenario, options, timed(base(options)))
    references = None if scenario.load in ("names", "name") else corpus.bundled()
    if scenario.crc and scenario.cache == "cold":
        raise LabError("--crc: the checksum check is measured warm; leave --cache cold or --crc out")
    if options.file is None:
        table = lookup.table_of(scenario)
        source = corpus.bundled().origin
    elif references is not None:
        raise LabError(f"--load {scenario.load}: the references known are those of the bundled kernel; leave FILE out")
    else:
        from lab.symbols.binary_file import read

        found = read(options.file)
        if not found.exports:
            raise LabError(f"{options.file}: exports nothing; there is no table to search")
        every = [(e.name.encode(), e.gpl) for e in found.exports]
        size = len(every) if options.size is None else min(scenario.size, len(every))
        chosen = [(*every[i * len(every) // size], i) for i in range(size)]
        table = ksymtab(
            [(n, i) for n, gpl, i in chosen if not gpl], [(n, i) for n, gpl, i in chosen if gpl], scenario.layout
        )
        source = options.file
    result = timing.measure_lookups(
        table, scenario.methods, references, scenario.crc, scenario.rounds, progress.terminal(),
        load=scenario.load, module=scenario.module, cache=scenario.cache,
    )  # fmt: skip
    lines = [
        result.headline(), "", result.table().to_text(), "",
        f"table:    {len(table):,} names of {source}", f"lookups:  {result.workload}, cache {result.cache}",
        f"machine:  {result.machine}", f"protocol: {result.protocol}",
        "touched:  bytes and lines of 64 bytes of names and index that a lookup alone reads, over an even sample",
        *(["noisy: an interval is wider than 20 % of its median; repeat on a quieter machine"]
          if any(r.noisy for r in result.rows) else []),
    ]  # fmt: skip
    ratios = {f"{a}/{b}": result.ratio(a, b) for a, b in _pairs(scenario.methods, timing.CRC_CHECK)}
    data = {"headline": result.headline(), "ratios": ratios, "table": {"names": len(table), "source": source}}
    return Report({**data, "timing": result}, "\n".join(lines))


def _pairs(methods: Sequence[str], check: str) -> dict[tuple[str, str], None]:
    """The ratios told: the three of the story, and every method to the binary search."""
    told = [("linear", "binary"), ("binary", "hash"), (check, "binary")]
    return dict.fromkeys([*told, *((m, "binary") for m in methods if m != "binary")])
