"""`kernel-lab naming tree`: the devices above every card."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.errors import printable
from lab.core.report import Report
from lab.core.scenario import add_options, from_options, preset_by_id, to_json
from lab.naming.topology import PRESETS, TreeScenario, topology

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add `tree`."""
    tree = commands.add_parser("tree", help="the devices above every card, and what the rules read there")
    tree.add_argument("file", nargs="?", metavar="MACHINE", help="the same as --machine")
    tree.add_argument("--preset", help=f"begin from {', '.join(p.id for p in PRESETS)}")
    add_options(tree, TreeScenario)
    tree.add_argument("--json", action="store_true", help="print JSON")
    tree.set_defaults(run=_tree)


def _tree(options: argparse.Namespace) -> Report:
    base = preset_by_id(PRESETS, options.preset).scenario if options.preset else None
    options.machine = options.machine if options.file is None else options.file
    scenario = from_options(TreeScenario, options, base)
    answer = topology(scenario)
    data = {"scenario": to_json(scenario), "headline": answer.headline.replace("`", ""), "roots": answer.roots}
    return Report(data, f"{printable(answer.headline)}\n\n{answer.to_text()}".replace("`", ""))
