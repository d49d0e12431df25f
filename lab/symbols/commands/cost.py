"""`kernel-lab symbols cost`: comparisons of lookups, counted."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.report import Report
from lab.core.scenario import add_options, from_options, to_json
from lab.symbols.commands.base import add_preset, base
from lab.symbols.scenario import SymbolScenario

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `cost`."""
    add_preset(parser)
    add_options(parser, SymbolScenario)
    parser.set_defaults(run=_cost)


def _cost(options: argparse.Namespace) -> Report:
    from lab.symbols import cost
    from lab.symbols.race import race

    scenario = from_options(SymbolScenario, options, base(options))
    if scenario.load == "references":
        table = cost.load_table(scenario)
        data: dict[str, Any] = {"scenario": to_json(scenario), "costs": cost.load_cost(scenario)}
        return Report(data, f"{table.caption}\n\n{table.to_text()}")
    result = race(scenario)
    data = {"scenario": to_json(scenario), "headline": result.headline, "costs": cost.name_cost(scenario)}
    return Report(data, "\n".join([result.headline, result.why(0), "", result.table().to_text()]))
