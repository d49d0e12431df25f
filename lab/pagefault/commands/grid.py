"""`kernel-lab pagefault grid`: every combination of values, many runs at once."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any

from lab.core import progress, scenario
from lab.core.errors import LabError
from lab.core.report import Report
from lab.core.scenario import preset_by_id
from lab.pagefault.commands.base import add_preset
from lab.pagefault.presets import PRESETS
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["fill"]

FAULTS = 2000  # of each run, unless the line says more: a grid is many runs
# what a preset varies here, unless the line says what
OVER = {
    "P1": ("tasks=1,2,4,8,16", "page-in=1ms,2ms,4ms,8ms,16ms"),
    "P2": ("slots=1,2,4,8,inf", "tasks=1,2,4,8,16"),
    "P3": ("tasks=48,60,64,65,66,72", "limit=32,64,128,none"),
    "P4": ("page-in=1us,2us,3us,5us,7us,10us,20us,50us,100us", "overhead-pv=0.5us,1us,2us,3us,5us,7us,10us"),
}


def fill(parser: Any) -> None:
    """Add the arguments of `grid`."""
    parser.add_argument(
        "--over",
        action="append",
        default=[],
        metavar="NAME=V,V",
        help="a parameter and its values, such as tasks=1,2,4 or page-in=3us,1ms; give it once for each parameter "
        "(a preset brings two)",
    )
    parser.add_argument("--replications", type=int, default=1, metavar="N", help="runs of each, with other seeds")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one for each core allowed)")
    parser.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler instead, such as tcp://host:8786")
    parser.add_argument("--store", metavar="DIR", help="keep finished runs there, and take those that are there")
    parser.add_argument("--csv", metavar="FILE", help="write every run with all parameters, seeds and figures")
    parser.add_argument("--parquet", metavar="FILE", help="the same as Parquet (needs pyarrow)")
    parser.add_argument("--map", metavar="FILE", help="draw pv's gain over two parameters, with break-even, as SVG")
    add_preset(parser)
    scenario.add_options(parser, PageFaultScenario)
    parser.set_defaults(run=_grid)


def _grid(options: argparse.Namespace) -> Report:
    from lab.core.files import write_atomic
    from lab.pagefault.grid import heatmap, heatmap_picture, measure, parquet, plan, summary

    base = PageFaultScenario() if options.preset is None else preset_by_id(PRESETS, options.preset).scenario
    wanted = scenario.from_options(PageFaultScenario, options, dataclasses.replace(base, faults=FAULTS, window=0.0))
    over = options.over or OVER.get((options.preset or "").upper(), ())
    planned = plan(wanted, over, options.replications)
    if options.map is not None:
        heatmap.refuse(planned)  # before the work, not after
    if options.parquet is not None:
        parquet.refuse()
    for name in (options.csv, options.parquet, options.map):
        if name is not None and not Path(name).absolute().parent.is_dir():
            raise LabError(f"{name}: cannot be written: its folder does not exist; make it first")
    found = measure(
        planned,
        workers=options.workers,
        cluster=options.cluster,
        store=options.store,
        progress=progress.terminal(),
    )
    table = summary.table(found)
    said = list(found.notes)
    data = found.to_json()
    if options.csv is not None:
        write_atomic(options.csv, found.to_csv().encode())
    if options.parquet is not None:
        write_atomic(options.parquet, found.to_parquet())
    if options.map is not None:
        drawn = heatmap.heat_map(found)
        write_atomic(options.map, heatmap_picture.draw(drawn).standalone().encode())
        said.insert(0, drawn.headline())
        data["map"] = {"headline": drawn.headline(), "cells": drawn.to_table().rows}
    said += [f"{planned.label(row.point)}, {row.mode}: {row.error}" for row in found.failed[:5]]
    if len(found.failed) > 5:
        said.append(f"{len(found.failed):,} runs could not be done in all")
    lines = [*said, ""] if said else []
    return Report(data, "\n".join([*lines, table.to_text(), "", table.caption]), 1 if found.failed else 0)
