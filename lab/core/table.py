"""A table of values: what stands behind every picture and what every command prints."""

from __future__ import annotations

import csv
import dataclasses
import io
from typing import Any

from lab.core import jsontext
from lab.core.errors import printable

__all__ = ["Table"]

Cell = str | int | float | bool | None


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """`columns` are the headings (with units), `rows` tuples of as many cells, `caption` says what it shows."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""

    def __post_init__(self) -> None:
        """Refuse ragged rows: that is a bug of the caller."""
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"a row of {len(row)} cells in a table of {len(self.columns)} columns")

    def to_csv(self) -> str:
        """The table as CSV text (RFC 4180, every line end an LF); an empty cell is None."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        for row in [self.columns, *self.rows]:
            writer.writerow(["" if c is None else _line_ends(c) for c in row])
        return out.getvalue()

    def to_json(self) -> str:
        """The table as a JSON list of one object a row."""
        return jsontext.dumps([dict(zip(self.columns, row, strict=True)) for row in self.rows])

    def numeric(self) -> list[bool]:
        """By column, whether it holds numbers alone (and gaps), so that it is set to the right."""
        columns = [[row[i] for row in self.rows if row[i] is not None] for i in range(len(self.columns))]
        return [bool(cells) and all(_is_number(cell) for cell in cells) for cells in columns]

    def to_text(self) -> str:
        """The table for a terminal: columns aligned, numbers to the right."""
        head, *body = [[show(c) for c in row] for row in [self.columns, *self.rows]]
        widths = [max(len(r[i]) for r in [head, *body]) for i in range(len(self.columns))]
        right = self.numeric()
        lines = [
            "  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)).rstrip()
            for row in [head, ["-" * w for w in widths], *body]
        ]
        return "\n".join(lines)


def _is_number(cell: Any) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _line_ends(cell: Cell) -> Cell:
    # csv quotes a cell that holds an LF, but not one that holds a CR alone
    return cell.replace("\r\n", "\n").replace("\r", "\n") if isinstance(cell, str) else cell


def show(cell: Cell) -> str:
    """One cell as a person reads it: thousands grouped, four significant digits, a dash for nothing, one line."""
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}" if abs(cell) >= 10_000 else str(cell)
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 9_999.5 else f"{cell:.4g}"
    return printable(cell)
