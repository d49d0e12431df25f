"""The scenario that a command starts from: a preset, or the plain one."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.scenario import preset_by_id
from lab.symbols.presets import PRESETS
from lab.symbols.scenario import SymbolScenario

__all__ = ["add_preset", "base"]


def add_preset(parser: Any) -> None:
    """Add `--preset`."""
    parser.add_argument("--preset", metavar="ID", help=f"start from a preset: {', '.join(p.id for p in PRESETS)}")


def base(options: argparse.Namespace) -> SymbolScenario:
    """What the options named a preset for; raises `LabError` if there is none of that name."""
    found: SymbolScenario = preset_by_id(PRESETS, options.preset).scenario if options.preset else SymbolScenario()
    return found
