"""`kernel-lab naming matrix`: every card of two machines under every policy."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.report import Report
from lab.core.scenario import add_options, from_options, preset_by_id, to_json
from lab.naming.commands.options import add_pair, pair_asked
from lab.naming.intervals import EVERY, shared_intervals
from lab.naming.matrix import PARAMETERS, PRESETS, MatrixScenario, run_matrix

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add `matrix`."""
    matrix = commands.add_parser("matrix", help="two machines: which policy keeps which name")
    add_pair(matrix)
    matrix.add_argument("--preset", help=f"begin from {', '.join(p.id for p in PRESETS)}")
    add_options(matrix, MatrixScenario, only=PARAMETERS)
    matrix.add_argument("--json", action="store_true", help="print JSON")
    matrix.set_defaults(run=_matrix)


def _matrix(options: argparse.Namespace) -> Report:
    base = preset_by_id(PRESETS, options.preset).scenario if options.preset else None
    answer = run_matrix(from_options(MatrixScenario, pair_asked(options), base))
    cut = shared_intervals(answer.scenario, answer.before, answer.after, EVERY)
    table = answer.to_table()
    scenario = {name: value for name, value in to_json(answer.scenario).items() if name in PARAMETERS}
    data = {
        "scenario": scenario,
        "headline": table.caption,
        "edited": bool(answer.scenario.step),
        "schemes": cut,
        "cells": [dict(zip(table.columns, row, strict=True)) for row in table.rows],
    }
    same = ", ".join(map(str, cut)) if len(cut) > 1 else f"{cut[0]}: no change"
    lines = [table.caption, *(f"edited: {step}" for step in answer.scenario.step)]
    return Report(data, "\n".join([*lines, "", table.to_text(), "", f"schemes of equal names: {same}"]))
