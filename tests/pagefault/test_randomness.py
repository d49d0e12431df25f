"""The generator: known answers, independent streams, the right distribution, the same bits when compiled."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.randomness import BURST, LAWS, MASK, PAGE_IN, STEP, constant, exponential, mix, stream

words = st.integers(0, MASK)


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
    starts = {stream(s, p, t) for s in range(20) for p in (BURST, PAGE_IN) for t in range(50)}
    assert len(starts) == 20 * 2 * 50


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
    assert constant(streams, 0, 3.0) == 3.0
    assert streams == [5]
    assert set(LAWS) == {"exp", "det"}


def test_compiled_code_gives_the_same_bits() -> None:
    numba = pytest.importorskip("numba")
    numpy = pytest.importorskip("numpy")
    compiled_mix, compiled = numba.njit(mix), numba.njit(exponential)
    plain = [stream(7, PAGE_IN, task) for task in range(3)]
    buffer = numpy.array(plain, dtype=numpy.uint64)
    for i in range(3000):
        assert compiled(buffer, i % 3, 4.0).hex() == exponential(plain, i % 3, 4.0).hex()
    assert [int(x) for x in buffer] == plain
    assert int(compiled_mix(numpy.uint64(MASK))) == mix(MASK)
