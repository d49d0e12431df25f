"""Tables: the csv and json modules read back what was written; text is aligned."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.table import Cell, Table, show

CELLS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()))
)
TABLES = st.integers(1, 4).flatmap(
    lambda n: st.builds(
        Table,
        st.lists(st.text(st.characters(exclude_categories=()), min_size=1), min_size=n, max_size=n, unique=True).map(
            tuple
        ),
        st.lists(st.tuples(*[CELLS] * n), max_size=5).map(tuple),
    )
)


def as_text(cell: Cell) -> str:
    """What CSV keeps of a cell: its text, with every line end an LF."""
    return "" if cell is None else str(cell).replace("\r\n", "\n").replace("\r", "\n")


@given(TABLES)
def test_csv_is_read_back(table: Table) -> None:
    back = list(csv.reader(io.StringIO(table.to_csv(), newline="")))
    assert back == [[as_text(c) for c in table.columns], *([as_text(c) for c in row] for row in table.rows)]


@given(TABLES)
def test_json_is_read_back(table: Table) -> None:
    back = json.loads(table.to_json())
    assert back == [dict(zip(table.columns, row, strict=True)) for row in table.rows]


@given(TABLES)
def test_text_has_one_printable_line_a_row(table: Table) -> None:
    lines = table.to_text().split("\n")
    assert len(lines) == 2 + len(table.rows)
    assert all(line.isprintable() for line in lines)


def test_text_aligns_numbers_right_and_words_left() -> None:
    table = Table(("name", "n", "share"), (("a", 7, 0.25), ("bcd", 12345, None)))
    assert table.to_text().split("\n") == [
        "name       n  share",
        "----  ------  -----",
        "a          7   0.25",
        "bcd   12,345      –",
    ]


def test_a_table_without_rows_still_has_its_head() -> None:
    assert Table(("a", "b"), ()).to_text() == "a  b\n-  -"


def test_truth_is_no_number() -> None:
    assert Table(("up",), ((True,), (False,))).to_text() == "up\n---\nyes\nno"


def test_a_ragged_row_is_a_bug() -> None:
    with pytest.raises(ValueError, match="a row of 1 cells in a table of 2 columns"):
        Table(("a", "b"), (("only",),))


def test_a_column_of_gaps_is_no_column_of_numbers() -> None:
    table = Table(("a", "b", "c"), ((None, 1, True), (None, None, False)))
    assert table.numeric() == [False, True, False]


def test_a_number_just_below_ten_thousand_has_no_exponent() -> None:
    assert [show(v) for v in (9999.4, 9999.6, 10000.4)] == ["9999", "10,000", "10,000"]
