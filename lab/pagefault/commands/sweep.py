"""`kernel-lab pagefault sweep`: one parameter varied."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core import progress, scenario
from lab.core.report import Report
from lab.pagefault.commands.base import add_preset
from lab.pagefault.presets import SWEEPS
from lab.pagefault.sweep import SweepScenario

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `sweep`."""
    add_preset(parser, SWEEPS)
    scenario.add_options(parser, SweepScenario)
    parser.set_defaults(run=_sweep)


def _sweep(options: argparse.Namespace) -> Report:
    from lab.pagefault import sweep

    base = None if options.preset is None else scenario.preset_by_id(SWEEPS, options.preset).scenario
    found = sweep.sweep(scenario.from_options(SweepScenario, options, base), progress=progress.terminal())
    table = found.to_table()
    said = [found.headline(), ""] if {"sync", "pv"} <= set(found.modes) else []
    return Report(found.to_json(), "\n".join([*said, table.to_text(), "", table.caption]))
