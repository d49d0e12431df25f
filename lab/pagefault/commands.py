"""`kernel-lab pagefault run`, `theory` and `sweep`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from lab.core import progress, scenario
from lab.core.report import Report
from lab.core.scenario import Preset
from lab.core.table import Table
from lab.pagefault.presets import PRESETS, SWEEPS
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.sweep import SweepScenario

__all__ = ["add_commands"]


def add_commands(groups: argparse._SubParsersAction[Any]) -> None:
    """Add `pagefault run`, `pagefault theory` and `pagefault sweep`."""
    room = groups.add_parser("pagefault", help="asynchronous page faults: who has to wait")
    leaves = room.add_subparsers(dest="leaf", metavar="COMMAND", required=True)
    kinds: tuple[tuple[str, Any, type, Sequence[Preset[Any]], str], ...] = (
        ("run", _run, PageFaultScenario, PRESETS, "simulate sync, halt and pv with the same random numbers"),
        ("theory", _theory, PageFaultScenario, PRESETS, "the closed form that applies to each mode, or why none does"),
        ("sweep", _sweep, SweepScenario, SWEEPS, "the same over several values of one parameter, theory beside it"),
    )
    for name, function, kind, presets, told in kinds:
        leaf = leaves.add_parser(name, help=told, description=told[0].upper() + told[1:] + ".")
        ids = ", ".join(f"{p.id} ({p.title})" for p in presets)
        leaf.add_argument("--preset", metavar="ID", help=f"start from a preset: {ids}")
        scenario.add_options(leaf, kind)
        leaf.add_argument("--json", action="store_true", help="print JSON")
        leaf.set_defaults(run=function)


def _scenario(options: argparse.Namespace) -> PageFaultScenario:
    base = None if options.preset is None else scenario.preset_by_id(PRESETS, options.preset).scenario
    return scenario.from_options(PageFaultScenario, options, base)


def _sweep(options: argparse.Namespace) -> Report:
    from lab.pagefault import sweep

    base = None if options.preset is None else scenario.preset_by_id(SWEEPS, options.preset).scenario
    found = sweep.sweep(scenario.from_options(SweepScenario, options, base), progress=progress.terminal())
    table = found.to_table()
    said = [found.headline(), ""] if {"sync", "pv"} <= set(found.modes) else []
    return Report(found.to_json(), "\n".join([*said, table.to_text(), "", table.caption]))


def _run(options: argparse.Namespace) -> Report:
    from lab.pagefault import comparison, explain  # SimPy and the model, only when something is simulated

    wanted = _scenario(options)
    result = comparison.compare(wanted, progress=progress.terminal())
    table = result.to_table()
    said = [explain.headline(result)] if wanted.mode == "all" else []
    notes = [f"{one.mode}: {_beside(one)}" for one in result.runs]
    return Report(result.to_json(), "\n".join([*said, "", table.to_text(), "", *notes, table.caption]).strip())


def _beside(one: Any) -> str:
    if one.theory.utilisation is None:
        return str(one.theory.reason)
    away = "" if one.standard_errors is None else f", {one.standard_errors:+.1f} standard errors"
    gap = 100 * (one.utilisation - one.theory.utilisation)
    return f"{one.theory.formula} applies; simulation {gap:+.2f} points{away}"


def _theory(options: argparse.Namespace) -> Report:
    from lab.pagefault import theory

    wanted = _scenario(options)
    found = {mode: theory.which(wanted, mode) for mode in wanted.modes}
    rows = tuple(
        (mode, None if p.utilisation is None else p.utilisation, p.formula or None, p.source or p.reason)
        for mode, p in found.items()
    )
    table = Table(("mode", "computing", "form", "source, or why none applies"), rows, "share of vCPU time")
    return Report({"scenario": scenario.to_json(wanted), **found}, table.to_text())
