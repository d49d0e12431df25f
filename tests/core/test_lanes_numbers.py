"""Numbers as a sentence says them, and round values on an axis."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.lanes import Lanes, State, Writer, amount, ticks


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "0"), (4.1, "4.1"), (0.71714, "0.7171"), (1000.5, "1000"), (1001.5, "1002"),
        (9999.4, "9999"), (9999.6, "10,000"), (12345.6, "12,346"), (0.00005, "0.00005"), (1.23456e-7, "0.0000001235"),
        (-12.3456, "-12.35"),
    ],
)  # fmt: skip
def test_amounts(value: float, text: str) -> None:
    assert amount(value) == text


@given(st.floats(-1e15, 1e15))
def test_an_amount_is_near_its_value_and_has_no_exponent(value: float) -> None:
    text = amount(value)
    assert re.fullmatch(r"-?[\d,]+(\.\d+)?", text)
    assert float(text.replace(",", "")) == pytest.approx(value, rel=5.1e-4, abs=1e-320)


@given(st.floats(-1e6, 1e6), st.floats(1e-4, 1e6), st.integers(1, 20))
def test_ticks_are_round_even_and_not_too_many(low: float, wide: float, most: int) -> None:
    values, decimals = ticks(low, low + wide, most)
    assert len(values) <= most + 1
    slack = wide * 1e-6 + 1e-9
    assert all(low - slack <= value <= low + wide + slack for value in values)
    steps = [b - a for a, b in pairwise(values)]
    for step in steps:
        assert f"{step:.0e}"[0] in "125"
        assert step == pytest.approx(steps[0], rel=1e-3)
    assert len({f"{value:.{decimals}f}" for value in values}) == len(values)


def test_an_axis_of_no_length_has_a_tick() -> None:
    assert ticks(3.0, 3.0, 5) == ([3.0], 0)


@pytest.mark.parametrize("text", ["{whom}", "{who:04x}", "{at!r}", "{for:x}", "{0}"])
def test_a_placeholder_nobody_fills_is_a_bug(text: str) -> None:
    with pytest.raises(ValueError, match="no placeholder"):
        State("good", "x", text)


def test_ragged_columns_and_unknown_lanes_are_bugs() -> None:
    writer = Writer()
    writer.add(1, 0, 0.0, 1.0)
    states = (State("good", "x", "y"),)
    with pytest.raises(ValueError, match="no name"):
        writer.lanes(("only",), states, "ms", (0, 1))
    writer.end.append(2.0)
    with pytest.raises(ValueError, match="column end has 2 values, start has 1"):
        Lanes(("a", "b"), states, "ms", (0, 1), writer.start, writer.end, writer.lane, writer.state, writer.who,
              writer.what, writer.group)  # fmt: skip
