"""Lanes: what the table, the sentence and the picture say of the same segments."""

import re
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.lanes import Lanes, State, Writer

STATES = (
    State("good", "computes", "task {who} computes, {for}"),
    State("bad", "stopped", "task {who} stopped at page 0x{what:x} from {at}, {for}"),
)
SVG = "{http://www.w3.org/2000/svg}"


def build(cuts: list[list[int]], span: tuple[float, float] = (0.0, 100.0)) -> Lanes:
    """Lanes whose segments run from one cut to the next, states taking turns."""
    writer = Writer()
    for lane, marks in enumerate(cuts):
        for i, (start, end) in enumerate(pairwise(sorted(set(marks)))):
            writer.add(lane, i % 2, start / 10, end / 10, who=i, what=4096 * i)
    return writer.lanes(tuple(f"lane {i}" for i in range(len(cuts))), STATES, "ms", span)


CUTS = st.lists(st.lists(st.integers(0, 2000), max_size=60), min_size=1, max_size=4)


def boxes(lanes: Lanes) -> list[tuple[int, float, float]]:
    """What the picture draws for segments: (lane, left, right) in pixels, from left to right."""
    root = ElementTree.fromstring(lanes.to_picture("t", "d", row=40).svg())
    fills = {f"var(--lab-{state.token})" for state in STATES}
    found = []
    for path in root.iter(f"{SVG}path"):
        if path.get("fill") in fills:
            for x, y, w, _ in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v(28)h", path.get("d", "")):
                found.append((int(float(y)) // 40, float(x), float(x) + float(w)))
    return sorted(found)


def merged(lanes: Lanes) -> int:
    root = ElementTree.fromstring(lanes.to_picture("t", "d").svg())
    words = [t.text or "" for t in root.iter(f"{SVG}text")]
    return sum(int(w.split()[0].replace(",", "")) for w in words if w.endswith(" merged into others"))


@given(CUTS)
def test_the_picture_draws_or_counts_every_segment_of_the_window(cuts: list[list[int]]) -> None:
    lanes = build(cuts)
    drawn = boxes(lanes)
    assert len(drawn) + merged(lanes) == len(list(lanes.window(*lanes.span)))
    for (lane, _, right), (other, left, _) in pairwise(drawn):
        assert other > lane or left >= right - 0.011  # coordinates have two decimals


@given(CUTS, st.floats(0, 200), st.floats(0, 200))
def test_the_window_holds_what_touches_it(cuts: list[list[int]], one: float, other: float) -> None:
    lanes = build(cuts)
    low, high = sorted((one, other))
    inside = set(lanes.window(low, high))
    for i in range(len(lanes)):
        assert (i in inside) == (lanes.start[i] < high and lanes.end[i] > low)


@given(CUTS)
def test_the_table_says_what_the_picture_shows(cuts: list[list[int]]) -> None:
    lanes = build(cuts)
    table = lanes.to_table()
    assert table.columns == ("lane", "start (ms)", "end (ms)", "state", "what happens")
    assert [row[4] for row in table.rows] == [lanes.sentence(i) for i in lanes.window(0, 100)]


def test_an_empty_run_has_a_picture_and_a_table() -> None:
    lanes = build([[], []])
    assert len(lanes) == 0
    assert lanes.to_table().rows == ()
    assert boxes(lanes) == []


def test_a_hundred_thousand_segments_stay_small() -> None:
    lanes = build([list(range(60_000)) for _ in range(2)], span=(0.0, 6_000.0))
    assert len(lanes) > 100_000
    picture = lanes.to_picture("t", "d").standalone()
    assert len(picture.encode()) < 200_000
    assert len(boxes(lanes)) <= 2 * 920
    assert len(boxes(lanes)) + merged(lanes) == len(lanes)
    table = lanes.to_table(limit=50)
    assert len(table.rows) == 50
    assert table.caption == f"{len(lanes)} segments from 0 ms to 6000 ms, the first 50 shown"


def test_a_sentence() -> None:
    lanes = build([[0, 10, 45]])
    assert lanes.sentence(1) == "task 1 stopped at page 0x1000 from 1 ms, 3.5 ms"


def test_nothing_that_lasts_no_time_is_kept() -> None:
    writer = Writer()
    writer.add(0, 0, 1.0, 1.0)
    writer.add(0, 0, 2.0, 1.0)
    assert len(writer.start) == 0


def test_a_state_with_an_unknown_colour_is_a_bug() -> None:
    with pytest.raises(ValueError, match="no palette token 'purple'"):
        State("purple", "x", "y")


def test_an_area_stacks_its_states_and_says_how_many_are_in_each() -> None:
    states = (State("good", "runs", "{who} runs"), State("wait", "waits", "{who} waits"))
    writer = Writer()
    writer.area(1, [1, 3], 0.0, 5.0)
    writer.area(1, [4, 0], 5.0, 5.0)  # of no length: left out
    writer.area(1, [0, 2], 5.0, 10.0)
    lanes = writer.lanes(("one", "all"), states, "ms", (0.0, 10.0), tops=(0, 4))
    assert [lanes.sentence(i) for i in range(len(lanes))] == ["runs: 1, waits: 3, 5 ms", "waits: 2, 5 ms"]
    assert [list(lanes.stack(i)) for i in range(len(lanes))] == [[1, 3], [0, 2]]
    assert list(lanes.state) == [1, 1]
    svg = lanes.to_picture("t", "d", row=40).standalone()
    tall = [float(h) for h in re.findall(r"v([\d.]+)h-", svg)]
    assert sorted(tall)[:3] == [7.0, 14.0, 14.0] or {7.0, 14.0, 21.0} <= set(tall)
    with pytest.raises(ValueError, match="1 tops for 2 lanes"):
        writer.lanes(("one", "all"), states, "ms", (0.0, 10.0), tops=(4,))


def test_an_instant_is_in_the_window_it_stands_at_and_in_the_picture() -> None:
    writer = Writer()
    for at in (0.0, 2.5, 10.0):
        writer.instant(0, 0, at, who=7, group=3)
    lanes = writer.lanes(("marks",), (State("new", "ready", "task {who} at {at}"),), "ms", (0.0, 10.0))
    assert list(lanes.window(0.0, 10.0)) == [0, 1]
    assert lanes.sentence(1) == "task 7 at 2.5 ms"
    svg = lanes.to_picture("t", "d").standalone()
    assert len(re.findall(r"M[\d.]+ 6h", svg)) >= 2
    assert ">ready<" not in svg  # its lane says what it is
