"""The table widget: cells as people read them, long tables cut and saying so."""

from __future__ import annotations

from lab.core.table import Table
from lab.ui.table import ROWS, TableView


def test_cells_are_shown_as_people_read_them() -> None:
    view = TableView(Table(("name", "n", "share"), (("a", 12_345, None), ("b", 1, 0.51239)), "two"))
    assert view.content["rows"] == [["a", "12,345", "–"], ["b", "1", "0.5124"]]
    assert view.content["numeric"] == [False, True, True]
    assert repr(view) == "TableView('two', 2 rows)"
    assert repr(TableView()) == "TableView()"


def test_a_long_table_is_cut_and_says_how_long_it_is() -> None:
    view = TableView(Table(("n",), tuple((i,) for i in range(ROWS + 1)), "many"))
    assert len(view.content["rows"]) == ROWS
    assert f"{ROWS} of {ROWS + 1} rows shown" in view.content["caption"]
