"""A table of values on the page: what stands behind a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget
import traitlets

from lab.core import palette
from lab.core.table import Table, show

__all__ = ["TableView"]

HERE = Path(__file__).parent
ROWS = 500  # a page stays quick; the export has them all


class TableView(anywidget.AnyWidget):
    """Shows a `lab.core.table.Table`: heading, rows (at most 500; the caption says how many there are)."""

    _esm = HERE / "table.js"
    _css = palette.css() + (HERE / "table.css").read_text("utf-8")

    content = traitlets.Dict().tag(sync=True)

    def __init__(self, table: Table | None = None, **kwargs: Any) -> None:
        """Begin with `table`, or empty until `show` is called."""
        super().__init__(**kwargs)
        self._table = table
        if table is not None:
            self.show(table)

    def show(self, table: Table) -> None:
        """Replace the table."""
        self._table = table
        cut = f" ({ROWS} of {len(table.rows):,} rows shown; the export has all)" if len(table.rows) > ROWS else ""
        rows = table.rows[:ROWS]
        self.content = {
            "caption": table.caption + cut,
            "columns": list(table.columns),
            "rows": [[show(cell) for cell in row] for row in rows],
            "numeric": table.numeric(),
        }

    def __repr__(self) -> str:
        """What it shows, without an address."""
        table = self._table
        return f"TableView({table.caption!r}, {len(table.rows)} rows)" if table else "TableView()"
