"""State times, batches, the ratio estimator and Student's t."""

import random
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.metrics import COMPUTING, IDLE, STATES, Mark, StateTimes, batches_for, share_and_interval, student_t


def test_times_add_up_and_what_is_going_on_counts() -> None:
    times = StateTimes(2)
    times.enter(0, COMPUTING, 1.0)  # vCPU 0 idles to 1, then computes
    times.enter(1, COMPUTING, 4.0)
    times.enter(0, IDLE, 6.0)
    total = dict(zip(STATES, times.until(10.0), strict=True))
    assert total == {"computing": 5.0 + 6.0, "overhead": 0, "stopped": 0, "halted": 0, "idle": 1.0 + 4.0 + 4.0}
    assert times.until(10.0) == tuple(total.values())  # asking changes nothing


# Tables of Student's t, for example NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2
@pytest.mark.parametrize(
    ("freedom", "value"), [(9, 2.262157), (15, 2.131450), (19, 2.093024), (30, 2.042272), (63, 1.998341)]
)
def test_students_t(freedom: int, value: float) -> None:
    assert student_t(freedom) == pytest.approx(value, abs=1e-4)


@given(st.integers(1, 10**8))
def test_batches_are_never_empty(faults: int) -> None:
    batches = batches_for(faults)
    assert 1 <= batches <= min(faults, 64)
    ends = [faults * i // batches for i in range(batches + 1)]
    assert ends[0] == 0
    assert ends[-1] == faults
    assert all(a < b for a, b in pairwise(ends))


def test_equal_batches_give_the_plain_interval_of_the_mean() -> None:
    draw = random.Random(3)
    shares = [draw.uniform(0.3, 0.5) for _ in range(20)]
    marks, spent = [Mark(0.0, (0.0,), 0)], 0.0
    for i, share in enumerate(shares, 1):
        spent += share * 10
        marks.append(Mark(10.0 * i, (spent,), 0))
    mean, half = share_and_interval(marks, 0, 1)
    assert mean == pytest.approx(statistics.fmean(shares))
    assert half == pytest.approx(2.093024 * statistics.stdev(shares) / 20**0.5, rel=1e-4)


def test_the_interval_covers_the_truth_about_95_times_in_100() -> None:
    draw = random.Random(11)
    covered = 0
    for _ in range(400):
        marks, time, busy = [Mark(0.0, (0.0,), 0)], 0.0, 0.0
        for _ in range(20):
            on = sum(draw.expovariate(1.0) for _ in range(20))
            off = sum(draw.expovariate(0.25) for _ in range(20))
            time, busy = time + on + off, busy + on
            marks.append(Mark(time, (busy,), 0))
        mean, half = share_and_interval(marks, 0, 1)
        assert half is not None
        covered += abs(mean - 0.2) <= half
    assert 365 <= covered <= 394  # 380 expected, 3.4 and more standard errors to either side


def test_too_few_batches_have_no_interval() -> None:
    marks = [Mark(float(i), (i / 2,), 0) for i in range(10)]
    assert share_and_interval(marks, 0, 1) == (0.5, None)
