"""Durations as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.duration import duration

SIZE = {"s": 1e6, "ms": 1e3, "µs": 1.0, "ns": 1e-3}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4100.0, "4.1 ms"), (0.25, "250 ns"), (1.0, "1 µs"), (2.5e6, "2.5 s"), (999.4, "999 µs"), (999.6, "1 ms"),
        (0.0, "0 ns"), (0.0158, "15.8 ns"),
    ],
)  # fmt: skip
def test_durations_in_words(value: float, text: str) -> None:
    assert duration(value) == text


def test_more_digits() -> None:
    assert duration(1234.4, 4) == "1.234 ms"
    assert duration(999.96, 4) == "1 ms"
    assert duration(999.94, 4) == "999.9 µs"


@given(st.floats(1e-3, 9e8), st.integers(3, 6))
def test_it_is_the_value_to_its_digits_without_an_exponent(value: float, digits: int) -> None:
    number, unit = duration(value, digits).split()
    assert "e" not in number
    assert float(number) * SIZE[unit] == pytest.approx(value, rel=0.51 * 10 ** (1 - digits))
    assert 1 <= float(number) < 1000
