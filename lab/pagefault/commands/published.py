"""`kernel-lab pagefault published`: two published tables beside ours."""

from __future__ import annotations

import argparse
import textwrap
from typing import Any

from lab.core.report import Report

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the arguments of `published`."""
    parser.add_argument("--simulate", action="store_true", help="run the calibrated scenarios too")
    parser.add_argument("--engine", choices=("simpy", "fast"), default="simpy", help="what runs them (default: simpy)")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    from lab.core import progress, scenario
    from lab.core.table import Table
    from lab.pagefault import published

    found = published.figures(options.simulate, options.engine, progress.terminal())
    rows = tuple(
        (n, f.table, f.name, f.published, f.theory, f.simulated, percent(f.difference), f.role)
        for n, f in enumerate(found, 1)
    )
    table = Table(
        ("", "table", "figure", "published", "theory", "simulated", "ours is off by", "role"),
        rows,
        "fitted: went into the calibration; predicted: did not; rejected: what another scheduler would give; "
        "order: only greater or less is claimed",
    )
    fit = published.Calibration.by_vruntime()
    data = {
        "sources": published.SOURCES,
        "calibration": {"arm64": fit},
        "scenarios": {
            "arm64": scenario.to_json(published.arm64_scenario(1)),
            "2010": scenario.to_json(published.gleb_scenario()),
        },
        "figures": [
            {"table": f.table, "name": f.name, "published": f.published, "theory": f.theory, "simulated": f.simulated,
             "difference": f.difference, "role": f.role, "why": f.why, "source": f.source}
            for f in found
        ],
    }  # fmt: skip
    said = (
        f"arm64: three figures for three unknowns give burst {fit.compute:.1f} us, page-in {fit.page_in:.1f} us, "
        f"fixed {fit.fixed:.2f} s"
    )
    whys = [
        textwrap.fill(f"{n:2}  {f.why}", 118, subsequent_indent="    ", break_on_hyphens=False)
        for n, f in enumerate(found, 1)
    ]
    return Report(data, "\n".join([said, "", table.to_text(), "", *whys, "", table.caption]))


def percent(part: float | None) -> str | None:
    """A part as people read it: `+2.4 %`; nothing that shows has no sign."""
    return None if part is None else "0.0 %" if abs(part) < 5e-4 else f"{100 * part:+.1f} %"
