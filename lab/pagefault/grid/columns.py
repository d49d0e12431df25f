"""Runs as a table of columns: every parameter, every seed, every figure; CSV that a spreadsheet cannot misread."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from lab.core.scenario import fields
from lab.core.table import Cell, Table
from lab.pagefault.scenario import PageFaultScenario

if TYPE_CHECKING:
    from lab.pagefault.grid.measure import Grid, Row

__all__ = ["csv_text", "flat", "table"]

PARAMETERS = tuple(field.name for field in fields(PageFaultScenario))
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet computes a cell that begins so (OWASP, "CSV Injection")
WORDS = {"inf": math.inf, "-inf": -math.inf}  # how JSON writes them here


def flat(figures: Mapping[str, Any], above: str = "") -> dict[str, Cell]:
    """Figures without levels: `{"shares": {"idle": 0.2}}` is `shares_idle`. Lists have no cell and are left out.

    A figure called as a parameter is `measured_...`, but for the mode, which is the parameter.
    """
    found: dict[str, Cell] = {}
    for name, value in figures.items():
        full = f"{above}{name}"
        if isinstance(value, Mapping):
            found |= flat(value, f"{full}_")
        elif not isinstance(value, list) and full != "mode":
            value = WORDS.get(value, value) if isinstance(value, str) else value
            found[f"measured_{full}" if full in PARAMETERS else full] = value
    return found


def table(grid: Grid) -> Table:
    """One row a run: `point`, `replication`, `base_seed`, all parameters (with the run's own seed), all figures."""
    rows = [flat(row.figures) for row in grid.rows]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = ("point", "replication", "base_seed", *PARAMETERS, *names)
    return Table(
        columns, tuple(_cells(grid, row, figures, names) for row, figures in zip(grid.rows, rows, strict=True))
    )


def _cells(grid: Grid, row: Row, figures: Mapping[str, Cell], names: Iterable[str]) -> tuple[Cell, ...]:
    parameters = (getattr(row.scenario, name) for name in PARAMETERS)
    return (row.point, row.replication, grid.plan.base.seed, *parameters, *(figures.get(name) for name in names))


def csv_text(found: Table) -> str:
    """`found` as CSV text (RFC 4180).

    An absent parameter is its word ("inf", "none", "same"), yes and no are words, a figure that is missing is an empty
    cell; a text that a spreadsheet would compute begins with an apostrophe.
    """
    absent = {f.name: f.parameter.absent for f in fields(PageFaultScenario)}
    words = [absent.get(name, "") for name in found.columns]
    rows = tuple(tuple(_word(cell, word) for cell, word in zip(row, words, strict=True)) for row in found.rows)
    return Table(found.columns, rows).to_csv()


def _word(cell: Cell, absent: str) -> Cell:
    if cell is None:
        return absent or None
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
