"""`kernel-lab naming compare`: two machines side by side."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.errors import printable
from lab.core.report import Report
from lab.core.scenario import add_options, from_options, preset_by_id, to_json
from lab.naming.commands.options import add_pair, pair_asked
from lab.naming.compare import Comparison, run
from lab.naming.intervals import intervals
from lab.naming.presets import PRESETS
from lab.naming.scenario import NamingScenario
from lab.naming.why import why_line

__all__ = ["add"]


def add(commands: Any) -> None:
    """Add `compare`."""
    compare = commands.add_parser("compare", help="two machines: which names are kept, changed, taken")
    add_pair(compare)
    compare.add_argument("--preset", help=f"begin from {', '.join(p.id for p in PRESETS)}")
    add_options(compare, NamingScenario)
    compare.add_argument("--json", action="store_true", help="print JSON")
    compare.set_defaults(run=_compare)


def _compare(options: argparse.Namespace) -> Report:
    base = preset_by_id(PRESETS, options.preset).scenario if options.preset else None
    answer = run(from_options(NamingScenario, pair_asked(options), base))
    return Report(_comparison(answer), _comparison_text(answer))


def _comparison(answer: Comparison) -> dict[str, Any]:
    return {
        "scenario": to_json(answer.scenario),
        "headline": answer.headline.replace("`", ""),
        "edited": bool(answer.scenario.step),
        "schemes": intervals(answer.after, answer.scenario.policy, answer.scenario.systemd),
        "cards": [
            {
                "card": row.identity,
                "driver": row.driver,
                "before": row.before and row.before.name,
                "after": row.after and row.after.name,
                "state": row.state,
                "certain": row.certain,
                "note": row.note.replace("`", ""),
                "why": why_line(row.choice("after")).replace("`", ""),
            }
            for row in answer.rows
        ],
    }


def _comparison_text(answer: Comparison) -> str:
    lines = [printable(answer.headline.replace("`", ""))]
    lines += [printable(f"edited: {step}") for step in answer.scenario.step]
    lines += ["", answer.to_table().to_text(), ""]
    cut = intervals(answer.after, answer.scenario.policy, answer.scenario.systemd)
    lines += [f"{c}: {f'{c.because}' if c.because else 'no change' if len(cut) == 1 else 'as before'}" for c in cut]
    lines += [printable(f"{row.identity}: {why_line(row.choice('after'))}".replace("`", "")) for row in answer.rows]
    return "\n".join(lines)
