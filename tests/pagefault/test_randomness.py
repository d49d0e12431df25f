"""The generator: known answers, independent streams, the right distributions, the same bits when compiled."""

import math
import statistics
import types
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.randomness import (
    BURST,
    CHOICE,
    KERNEL,
    LAWS,
    MASK,
    PAGE_IN,
    STEP,
    below,
    draw,
    empirical,
    exponential,
    lognormal,
    mix,
    stream,
    uniform,
)  # fmt: skip

words = st.integers(0, MASK)


def compiled(rule: Callable[..., Any], known: dict[Any, Any]) -> Any:
    """`rule` through Numba, and every rule that it calls."""
    import numba

    if rule not in known:
        names = {
            name: compiled(value, known) if isinstance(value, types.FunctionType) else value
            for name, value in rule.__globals__.items()
            if name in rule.__code__.co_names
        }
        known[rule] = numba.njit(types.FunctionType(rule.__code__, names, rule.__name__), error_model="numpy")
    return known[rule]


def test_the_reference_sequence_of_splitmix64() -> None:
    # S. Vigna's splitmix64.c (public domain) started at 1234567, as quoted by many ports of it
    state, found = 1234567, []
    for _ in range(5):
        state = (state + STEP) & MASK
        found.append(mix(state))
    assert found == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@given(words, words)
def test_mixing_is_one_to_one_and_stays_within_64_bits(a: int, b: int) -> None:
    assert 0 <= mix(a) <= MASK
    assert (mix(a) == mix(b)) == (a == b)


def test_streams_differ_by_seed_purpose_and_task() -> None:
    purposes = (BURST, PAGE_IN, CHOICE, KERNEL)
    starts = {stream(s, p, t) for s in range(20) for p in purposes for t in range(50)}
    assert len(starts) == 20 * 4 * 50


@pytest.mark.parametrize("purpose", [BURST, PAGE_IN])
def test_exponential_numbers_have_their_mean_variance_and_quartiles(purpose: int) -> None:
    n = 40_000
    streams = [stream(1, purpose, task) for task in range(8)]
    values = sorted(exponential(streams, i % 8, 2.0) for i in range(n))
    assert values[0] >= 0
    assert math.fsum(values) / n == pytest.approx(2.0, abs=4 * 2.0 / math.sqrt(n))
    for share in (0.25, 0.5, 0.75, 0.99):
        expected = -2.0 * math.log(1 - share)
        error = 2.0 * math.sqrt(share * (1 - share) / n) / (1 - share)  # of a sample quantile
        assert values[int(share * n)] == pytest.approx(expected, abs=4 * error)


def test_two_streams_are_not_correlated() -> None:
    n = 20_000
    streams = [stream(1, BURST, 0), stream(1, BURST, 1)]
    pairs = [(exponential(streams, 0, 1.0) - 1, exponential(streams, 1, 1.0) - 1) for _ in range(n)]
    assert abs(math.fsum(x * y for x, y in pairs) / n) < 4 / math.sqrt(n)


def test_a_constant_draws_nothing() -> None:
    streams = [5]
    assert draw(LAWS["det"], streams, 0, 3.0, 9.0, []) == 3.0
    assert streams == [5]


@pytest.mark.parametrize("sigma", [0.1, 0.8, 1.5])
def test_the_logarithm_of_a_lognormal_number_is_normal_and_the_mean_is_kept(sigma: float) -> None:
    n = 20_000
    streams = [stream(2, PAGE_IN, 0)]
    logs = sorted(math.log(lognormal(streams, 0, 1700.0, sigma)) for _ in range(n))
    normal = statistics.NormalDist(math.log(1700.0) - sigma * sigma / 2, sigma)
    # D. of Kolmogorov and Smirnov; its 99.9 % point is 1.95/sqrt(n)
    distance = max(abs(normal.cdf(x) - i / n) for i, x in enumerate(logs))
    assert distance < 1.95 / math.sqrt(n)
    error = 1700.0 * math.sqrt(math.expm1(sigma * sigma) / n)
    assert math.fsum(map(math.exp, logs)) / n == pytest.approx(1700.0, abs=4 * error)


def test_a_lognormal_number_takes_two_steps_and_any_other_one() -> None:
    for law, steps in (("exp", 1), ("det", 0), ("lognormal", 2), ("empirical", 1)):
        streams = [99, 7]
        draw(LAWS[law], streams, 1, 1.0, 0.5, [1.0])
        assert streams == [99, (7 + steps * STEP) & MASK]


@given(words, st.integers(1, 1 << 40))
def test_uniform_numbers_stay_in_their_range(start: int, n: int) -> None:
    assert 0 <= uniform([start], 0) < 1
    assert 0 <= below([start], 0, n) < n


@pytest.mark.parametrize("n", [1, 3, 7, 4096, 10**9 + 7, (1 << 40) - 1])
def test_the_largest_uniform_number_is_still_below(n: int) -> None:
    assert int((1 - 2.0**-53) * n) == n - 1


def test_numbers_below_are_equally_likely() -> None:
    n = 12_000
    streams = [stream(3, CHOICE, 0)]
    counts = [0] * 12
    for _ in range(n):
        counts[below(streams, 0, 12)] += 1
    assert sum((count - 1000) ** 2 / 1000 for count in counts) < 31.3  # 99.9 % point of chi squared, 11 degrees


def test_an_empirical_law_gives_its_own_values_and_nothing_else() -> None:
    values = [0.25, 0.5, 2.25]
    streams = [stream(4, PAGE_IN, 0)]
    found = [empirical(streams, 0, 8.0, values) for _ in range(3000)]
    assert set(found) == {2.0, 4.0, 18.0}
    assert math.fsum(found) / 3000 == pytest.approx(8.0, abs=4 * statistics.pstdev([2.0, 4.0, 18.0]) / math.sqrt(3000))


def test_draw_asks_the_law_that_is_named() -> None:
    values = [0.5, 1.5]
    for start in range(50):
        assert draw(LAWS["exp"], [start], 0, 3.0, 0.7, values) == exponential([start], 0, 3.0)
        assert draw(LAWS["lognormal"], [start], 0, 3.0, 0.7, values) == lognormal([start], 0, 3.0, 0.7)
        assert draw(LAWS["empirical"], [start], 0, 3.0, 0.7, values) == empirical([start], 0, 3.0, values)


def test_compiled_code_gives_the_same_bits() -> None:
    numpy = pytest.importorskip("numpy")
    pytest.importorskip("numba")
    known: dict[object, object] = {}
    fast_draw, fast_mix, fast_below = compiled(draw, known), compiled(mix, known), compiled(below, known)
    plain = [stream(7, PAGE_IN, task) for task in range(3)]
    buffer, values = numpy.array(plain, dtype=numpy.uint64), [0.3, 0.7, 2.0]
    table = numpy.array(values)
    for i in range(4000):
        law = i % 4
        fast = fast_draw(law, buffer, i % 3, 4.0, 1.1, table)
        assert fast.hex() == draw(law, plain, i % 3, 4.0, 1.1, values).hex()
    assert [fast_below(buffer, 0, 1000) for _ in range(1000)] == [below(plain, 0, 1000) for _ in range(1000)]
    assert [int(x) for x in buffer] == plain
    assert int(fast_mix(numpy.uint64(MASK))) == mix(MASK)
