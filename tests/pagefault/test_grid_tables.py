"""A grid as tables: nothing is lost in CSV and Parquet, intervals are Student's, spreadsheets compute nothing."""

import csv
import io
import json
import math
import statistics
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core import jsontext
from lab.core.errors import LabError
from lab.core.scenario import fields, from_json, parse_value
from lab.core.table import Table
from lab.pagefault import PageFaultScenario
from lab.pagefault.grid import Grid, measure, plan
from lab.pagefault.grid.columns import FORMULA, PARAMETERS, csv_text, flat
from lab.pagefault.grid.measure import Row
from lab.pagefault.grid.student import interval, quantile, within
from lab.pagefault.grid.summary import gains

BASE = PageFaultScenario(faults=60)


@pytest.fixture(scope="module")
def grid() -> Grid:
    """Two axes, one of them with an absent value, three replications."""
    return measure(plan(BASE, ["tasks=1,3", "slots=1,inf"], 3), workers=1)


def test_csv_gives_back_every_scenario_and_figure(grid: Grid) -> None:
    rows = list(csv.DictReader(io.StringIO(grid.to_csv())))
    assert len(rows) == len(grid.rows) == 2 * 2 * 3 * 3
    for text, row in zip(rows, grid.rows, strict=True):
        values = {f.name: parse_value(f, text[f.name]) for f in fields(PageFaultScenario)}
        assert PageFaultScenario(**values) == row.scenario  # type: ignore[arg-type]
        assert (int(text["point"]), int(text["replication"]), int(text["base_seed"])) == (row.point, row.replication, 1)
        assert float(text["utilisation"]) == row.figures["utilisation"]
        assert float(text["shares_idle"]) == row.figures["shares"]["idle"]
    assert {row["slots"] for row in rows} == {"1", "inf"}
    assert {row["limit"] for row in rows} == {"64"}
    assert {row["tick"] for row in rows} == {"none"}


def test_parquet_gives_back_the_same_with_types_and_meaning(grid: Grid) -> None:
    from pyarrow import BufferReader, parquet

    found = parquet.read_table(BufferReader(grid.to_parquet()))
    table = grid.to_table()
    assert tuple(found.column_names) == table.columns
    assert [tuple(row.values()) for row in found.to_pylist()] == list(table.rows)
    kinds = {
        name: str(found.schema.field(name).type) for name in ("tasks", "slots", "shared", "page_in", "seed", "mode")
    }
    assert kinds == {"tasks": "int64", "slots": "int64", "shared": "bool", "page_in": "double", "seed": "int64",
                     "mode": "string"}  # fmt: skip
    meaning = found.schema.field("slots").metadata
    assert meaning[b"absent"] == b"inf"
    about = json.loads(found.schema.metadata[b"kernel-lab"])
    assert from_json(PageFaultScenario, about["scenario"]) == BASE
    assert about["over"] == {"tasks": [1, 3], "slots": [1, "inf"]}
    assert [one["name"] for one in about["schema"]] == list(PARAMETERS)
    assert grid.to_parquet() == grid.to_parquet()


def test_without_pyarrow_the_extra_is_named(grid: Grid, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(LabError, match=r"kernel-feature-lab\[tables\]"):
        grid.to_parquet()


def test_a_run_that_failed_has_its_error_in_both(grid: Grid) -> None:
    from pyarrow import BufferReader, parquet

    said = "--faults: ask for more"
    failed = Grid(grid.plan, (*grid.rows[:2], Row(0, 9, grid.rows[0].scenario, {"error": said})), grid.model)
    last = list(csv.DictReader(io.StringIO(failed.to_csv())))[-1]
    assert last["error"] == f"'{said}"  # a spreadsheet would compute what begins with a minus
    assert last["utilisation"] == ""
    assert parquet.read_table(BufferReader(failed.to_parquet())).to_pylist()[-1]["error"] == said
    assert failed.failed == failed.rows[-1:]


@given(st.lists(st.one_of(st.text(max_size=8), st.none(), st.booleans(), st.floats(allow_nan=False)), min_size=1))
def test_no_text_of_a_table_is_a_formula(cells: list[str | bool | float | None]) -> None:
    rows = tuple((cell,) for cell in cells)
    read = [row[0] if row else "" for row in csv.reader(io.StringIO(csv_text(Table(("error",), rows)), newline=""))][1:]
    for cell, text in zip(cells, read, strict=True):
        if isinstance(cell, str):
            assert not text.startswith(FORMULA)
            assert text.removeprefix("'") == cell.replace("\r\n", "\n").replace("\r", "\n").removeprefix("'")
        elif isinstance(cell, float):
            assert float(text) == cell


def test_figures_lose_their_levels_and_keep_their_names() -> None:
    found = flat({"mode": "pv", "faults": 3, "a": {"b": {"c": 1}, "d": "inf"}, "lists": [1, 2], "n": None})
    assert found == {"measured_faults": 3, "a_b_c": 1, "a_d": math.inf, "n": None}


def density(t: float, freedom: int) -> float:
    """Student's density, from the gamma function."""
    log = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - math.log(freedom * math.pi) / 2
    return math.exp(log - (freedom + 1) / 2 * math.log1p(t * t / freedom))


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 7, 8, 31, 100])
@pytest.mark.parametrize("t", [0.1, 1.0, 2.5, 12.0])
def test_the_probability_is_the_integral_of_the_density(freedom: int, t: float) -> None:
    n = 2000  # Simpson's rule
    h = t / n
    inner = sum((4 if i % 2 else 2) * density(i * h, freedom) for i in range(1, n))
    integral = 2 * h / 3 * (density(0, freedom) + inner + density(t, freedom))
    assert within(t, freedom) == pytest.approx(integral, abs=1e-9)


def test_quantiles_are_those_of_the_printed_tables() -> None:
    """Abramowitz and Stegun, table 26.10, for 95 % and 99.9 % within."""
    printed = {1: (12.706, 636.619), 2: (4.303, 31.598), 5: (2.571, 6.869), 30: (2.042, 3.646), 120: (1.980, 3.373)}
    for freedom, pair in printed.items():
        found = [quantile(confidence, freedom) for confidence in (0.95, 0.999)]
        assert found == pytest.approx(pair, rel=4e-4)  # the table's 31.598 is 31.599


def test_an_interval_by_hand() -> None:
    """Means 1, 2, 3: standard error 1/sqrt(3), t(2) = 4.3027."""
    mean, half = interval([1.0, 2.0, 3.0])
    assert mean == 2.0
    assert half == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert interval([5.0]) == (5.0, None)


def test_intervals_hold_what_they_promise() -> None:
    """Of 100 times five replications 95 % hold the mean of all: the count is binomial, within 4 deviations."""
    found = measure(plan(PageFaultScenario(faults=20, mode="sync"), [], 500), workers=1)
    shares = [row.figures["utilisation"] for row in found.rows]
    held = 0
    for i in range(0, 500, 5):
        mean, half = interval(shares[i : i + 5])
        held += abs(mean - statistics.fmean(shares)) <= (half or 0)
    assert abs(held - 95) <= 4 * math.sqrt(100 * 0.95 * 0.05)


def test_summaries_and_gains(grid: Grid) -> None:
    found = grid.summaries()
    assert [(s.point, s.mode, s.runs) for s in found[:4]] == [
        (0, "sync", 3),
        (0, "halt", 3),
        (0, "pv", 3),
        (1, "sync", 3),
    ]
    own = [row.figures["throughput"] for row in grid.rows if (row.point, row.mode) == (1, "pv")]
    assert dict(found[5].figures)["throughput"] == interval(own)
    ratios = gains(grid)
    assert ratios[0] is not None
    assert ratios[0].ratio == pytest.approx(1)  # one task gains nothing
    assert ratios[3] is not None
    assert ratios[3].low is not None
    assert 1 < ratios[3].low < ratios[3].ratio
    text = grid.to_json()
    assert json.loads(jsontext.dumps(text))["points"][0]["slots"] == 1
    assert len(text["runs"]) == 36


def test_gains_are_missing_where_a_mode_is() -> None:
    assert gains(measure(plan(PageFaultScenario(faults=60, mode="pv"), []), workers=1)) == (None,)
