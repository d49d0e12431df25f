"""`kernel-lab pagefault break-even`: from which value on telling the guest pays."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

from lab.core import progress, scenario
from lab.core.errors import LabError
from lab.core.report import Report
from lab.core.scenario import Field, parse_value, preset_by_id
from lab.pagefault.commands.base import add_preset
from lab.pagefault.presets import PRESETS
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["fill"]

FAULTS = 2000  # of each simulated run, unless the line says more: a search is many runs


def fill(parser: Any) -> None:
    """Add the arguments of `break-even`."""
    parser.add_argument("--over", default="tasks", metavar="NAME", help="the quantity that varies (default tasks)")
    parser.add_argument("--from", dest="low", metavar="V", help="its smallest value (default: its slider's)")
    parser.add_argument("--to", dest="high", metavar="V", help="its largest value")
    parser.add_argument(
        "--by",
        default="auto",
        metavar="auto|theory|simulation",
        help="closed forms where both modes have one, else simulation (default auto)",
    )
    add_preset(parser)
    scenario.add_options(parser, PageFaultScenario)
    parser.set_defaults(run=_break_even)


def _break_even(options: argparse.Namespace) -> Report:
    from lab.pagefault.grid import break_even
    from lab.pagefault.grid.plan import field_named

    if options.mode is not None:
        raise LabError("--mode: a break-even sets pv beside sync; leave it out")
    base = PageFaultScenario() if options.preset is None else preset_by_id(PRESETS, options.preset).scenario
    wanted = scenario.from_options(PageFaultScenario, options, dataclasses.replace(base, faults=FAULTS, window=0.0))
    field = field_named(options.over)
    low, high = (
        None if text is None else _number(dataclasses.replace(field, name=name), text)
        for name, text in (("from", options.low), ("to", options.high))
    )
    found = break_even(wanted, options.over, low, high, method=options.by, progress=progress.terminal())
    table = found.to_table()
    return Report(found.to_json(), "\n".join([found.sentence(), "", table.to_text(), "", table.caption]))


def _number(field: Field, text: str) -> float | None:
    """An end of the range, as the quantity itself is written; raises `LabError` for anything else."""
    value = parse_value(field, text)
    if value is None or isinstance(value, (int, float)):
        return value
    raise LabError(f"--over: {field.option} is no number that could vary")
