"""`kernel-lab pagefault theory`: the closed form that applies, or that none does."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core import scenario
from lab.core.report import Report
from lab.core.table import Table
from lab.pagefault.commands.base import add_device, add_preset, fault_scenario
from lab.pagefault.laws import parse_law, quantiles
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `theory`: those of `run`."""
    add_preset(parser)
    add_device(parser)
    scenario.add_options(parser, PageFaultScenario)
    parser.set_defaults(run=_theory)


def _theory(options: argparse.Namespace) -> Report:
    from lab.pagefault import theory
    from lab.pagefault.comparison import percent

    wanted = fault_scenario(options)
    law = parse_law(wanted.page_in_dist)
    if law.source:
        quantiles(law.source)  # a form that needs the mean alone does not read it: a missing file is still refused
    found = {mode: theory.which(wanted, mode) for mode in wanted.modes}
    rows = tuple(
        (
            mode,
            None if p.utilisation is None else percent(p.utilisation),
            None if p.throughput is None else p.throughput * 1e3,
            p.formula or None,
            p.source or p.reason,
        )
        for mode, p in found.items()
    )
    columns = ("mode", "computing", "faults per ms", "form", "source, or why none applies")
    table = Table(columns, rows, "computing: share of vCPU time; faults of all vCPUs together")
    return Report({"scenario": scenario.to_json(wanted), **found}, "\n".join([table.to_text(), "", table.caption]))
