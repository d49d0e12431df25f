"""The heat map: which cells, which line, and a picture that says what the table says."""

import dataclasses
import itertools
import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.pagefault import PRESETS, PageFaultScenario
from lab.pagefault.grid import Grid, break_even, contour, measure, plan
from lab.pagefault.grid.heatmap import HeatMap, heat_map
from lab.pagefault.grid.heatmap_picture import draw
from lab.pagefault.grid.measure import Row

P4 = dataclasses.replace(PRESETS[3].scenario, faults=200, window=0.0)
SPACE = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def found() -> HeatMap:
    """P4 over page-in (given out of order) and pv's overhead."""
    return heat_map(measure(plan(P4, ["page-in=50us,3us,9us", "overhead-pv=0.5,5,10,20"], 2), workers=1))


def test_cells_rise_to_the_right_and_upwards(found: HeatMap) -> None:
    assert [found.label(found.x, i) for i in found.columns] == ["3 µs", "9 µs", "50 µs"]
    assert [found.label(found.y, i) for i in found.rows] == ["500 ns", "5 µs", "10 µs", "20 µs"]
    points = found.grid.plan.points
    for row, overhead in enumerate((0.5, 5.0, 10.0, 20.0)):
        for column, page_in in enumerate((3.0, 9.0, 50.0)):
            one = found.cells[row][column]
            assert one is not None
            assert (points[one.point].page_in, points[one.point].overhead_pv) == (page_in, overhead)


def test_figures_are_near_theory(found: HeatMap) -> None:
    """Speed-up is the ratio of shares; 400 faults give some per cent."""
    assert found.by_theory
    for cells, ratios in zip(found.cells, found.exact, strict=True):
        for one, ratio in zip(cells, ratios, strict=True):
            assert one is not None
            assert ratio is not None
            assert one.ratio == pytest.approx(ratio, rel=0.25)


def test_the_line_is_where_break_even_says(found: HeatMap) -> None:
    """Row by row: the line crosses between the two columns that hold theory's root."""
    (line,) = found.line()
    for row, overhead in ((1, 5.0), (2, 10.0)):
        at = break_even(dataclasses.replace(P4, overhead_pv=overhead), "page-in", low=1, high=1000).value
        assert at is not None
        crossings = [x for x, y in line if y == row]
        values = (3.0, 9.0, 50.0)
        (x,) = crossings
        assert values[math.floor(x)] < at < values[math.ceil(x)]


def test_the_picture_says_what_the_table_says(found: HeatMap) -> None:
    text = draw(found).standalone()
    assert len(text.encode()) < 200_000
    assert text == draw(found).standalone()
    root = ET.fromstring(text.partition("?>")[2])
    assert root.findtext(f"{SPACE}desc") == found.headline()
    groups = {g.get("data-key"): g for g in root.iter(f"{SPACE}g") if g.get("data-key")}
    assert set(groups) == {f"{c}:{r}" for c in range(3) for r in range(4)}
    for i, row in enumerate(found.to_table().rows):
        label = groups[f"{i % 3}:{i // 3}"].get("aria-label") or ""
        match = re.fullmatch(r"page-in (.*), overhead pv (.*): pv does (.*) of sync's work, 95 %: (.*)", label)
        assert match is not None
        assert (match[1], match[2], match[4]) == (row[0], row[1], row[3])
        assert float(match[3]) == pytest.approx(row[2], abs=6e-4)
    assert all(float(t.get("font-size") or 0) >= 14 for t in root.iter(f"{SPACE}text"))


def test_one_ramp_darker_for_more(found: HeatMap) -> None:
    root = ET.fromstring(draw(found).svg())
    strengths = {}
    for group in root.iter(f"{SPACE}g"):
        if group.get("data-key"):
            column, row = map(int, (group.get("data-key") or "").split(":"))
            (box,) = group.iter(f"{SPACE}rect")
            assert box.get("fill") == "var(--lab-good)"
            strengths[found.cells[row][column].ratio] = float(box.get("fill-opacity") or 0)  # type: ignore[union-attr]
    ordered = [strengths[ratio] for ratio in sorted(strengths)]
    assert ordered == sorted(ordered)
    assert max(ordered) <= 0.62


def test_the_largest_map_stays_small() -> None:
    columns, rows = ",".join(map(str, range(1, 21))), ",".join(f"{i}us" for i in range(1, 21))
    planned = plan(dataclasses.replace(P4, faults=100), [f"tasks={columns}", f"page-in={rows}"])
    done = tuple(
        Row(j.point, j.replication, j.scenario, {"throughput": 1.0 + (j.scenario.mode == "pv") * j.point / 100})
        for j in planned.jobs()
    )
    for width in (600, 1400):
        assert len(draw(heat_map(Grid(planned, done, "m")), width).standalone().encode()) < 200_000


@pytest.mark.parametrize(
    ("over", "mode", "said"),
    [
        (["tasks=1,2"], "all", "--map: a map has two axes, this grid has 1"),
        (["tasks=1,2", "page-in=1,2"], "pv", "--map: compares pv with sync; use --mode all"),
        (["tasks=" + ",".join(map(str, range(1, 22))), "page-in=" + ",".join(map(str, range(1, 21)))], "all",
         "--map: 420 cells; at most 400"),
    ],
)  # fmt: skip
def test_what_makes_no_map(over: list[str], mode: str, said: str) -> None:
    planned = plan(PageFaultScenario(mode=mode), over)
    with pytest.raises(LabError, match=re.escape(said)):
        heat_map(Grid(planned, (), "m"))


def test_a_cell_that_could_not_be_run_is_told() -> None:
    planned = plan(P4, ["tasks=1,2", "page-in=1,2"])
    rows = tuple(Row(j.point, 0, j.scenario, {"error": "no"} if j.point == 3 else {"throughput": 1.0})
                 for j in planned.jobs())  # fmt: skip
    made = heat_map(Grid(planned, rows, "m"))
    assert made.cells[1][1] is None
    assert made.to_table().rows[3][2] is None
    assert "tasks 2, page-in 2 µs: could not be run" in draw(made).svg()


def test_contours_by_hand() -> None:
    assert contour.paths([[-1, 1], [-1, 1]]) == [((0.5, 1.0), (0.5, 0.0))]
    assert contour.paths([[-1, 3]]) == []
    assert contour.paths([[1, 1], [1, 1]]) == []
    assert contour.paths([[-1, 1], [None, 1]]) == []
    ring = contour.paths([[1, 1, 1], [1, -1, 1], [1, 1, 1]])
    assert len(ring) == 1
    assert len(set(ring[0])) == 4
    assert ring[0][0] == ring[0][-1]
    assert len(contour.paths([[1, -2], [-2, 1]])) == 2  # a saddle below zero: each high corner is alone


@settings(max_examples=60)
@given(st.lists(st.lists(st.sampled_from([-2.0, -1.0, 0.5, 1.0, 3.0]), min_size=4, max_size=4), min_size=2,
                max_size=5))  # fmt: skip
def test_contours_part_high_from_low(values: list[list[float]]) -> None:
    """Every side between neighbours of different sign is crossed once, no other; steps stay within a square."""
    paths = contour.paths(values)
    dots = [dot for path in paths for dot in (path[:-1] if path[0] == path[-1] else path)]
    expected = 0
    for row, column in itertools.product(range(len(values)), range(4)):
        high = values[row][column] > 0
        expected += column < 3 and (values[row][column + 1] > 0) != high
        expected += row + 1 < len(values) and (values[row + 1][column] > 0) != high
    sides = {(math.floor(x), math.ceil(x), math.floor(y), math.ceil(y)) for x, y in dots}
    assert len(dots) == expected
    assert len(sides) <= expected
    for path in paths:
        for (x1, y1), (x2, y2) in itertools.pairwise(path):
            assert abs(x1 - x2) <= 1
            assert abs(y1 - y2) <= 1
