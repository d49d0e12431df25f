"""What the lanes show, as a table."""

from __future__ import annotations

from lab.core.table import Table
from lab.pagefault.comparison import Comparison
from lab.pagefault.picture.drawing import Drawing

__all__ = ["table"]


def table(comparison: Comparison, drawing: Drawing) -> Table:
    """First what stands right of each mode's lane, then the pieces of the window."""
    shown = drawing.lanes
    segments = shown.to_table()
    shares = []
    for name, mode, note in zip(shown.names, drawing.modes, shown.notes, strict=True):
        if note:
            known = comparison.of(mode).theory.utilisation
            beside = "no closed form" if known is None else f"theory {100 * known:.1f} %"
            shares.append((name, None, None, note, f"share of time computing, 95 % interval; {beside}"))
    caption = f"{comparison.scenario.faults:,} faults a mode, seed {comparison.scenario.seed}; {segments.caption}"
    return Table(segments.columns, (*shares, *segments.rows), caption)
