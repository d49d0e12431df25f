"""State times, batches, the ratio estimator and Student's t."""

import random
import statistics
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.metrics import (
    COMPUTING,
    IDLE,
    LATENCIES,
    MARK,
    PHASES,
    STATES,
    STOPPED,
    Mark,
    batches_for,
    count,
    enter,
    queue_changes,
    sample,
    share_and_interval,
    student_t,
)
from tests.pagefault import conftest


def test_times_add_up_by_state() -> None:
    m = conftest.machine(1, vcpus=2)
    m.spent = [0.0] * (2 * PHASES)
    enter(m, 0, COMPUTING, 1.0)  # vCPU 0 idles to 1, then computes
    enter(m, 1, COMPUTING, 4.0)
    enter(m, 0, IDLE, 6.0)
    spent = [dict(zip(STATES, m.spent[v * PHASES : (v + 1) * PHASES], strict=True)) for v in range(2)]
    assert spent[0] == dict.fromkeys(STATES, 0.0) | {"computing": 5.0, "idle": 1.0}
    assert spent[1] == dict.fromkeys(STATES, 0.0) | {"idle": 4.0}
    assert [(vcpu.phase, vcpu.since) for vcpu in m.vcpus] == [(IDLE, 6.0), (COMPUTING, 4.0)]


def test_a_mark_takes_in_what_is_going_on() -> None:
    m = conftest.machine(2, vcpus=2, goal=1, warm_up=1, faults=20, batches=10)
    m.spent, m.marks = [0.0] * (2 * PHASES), [0.0] * (2 * MARK)
    enter(m, 0, COMPUTING, 1.0)
    enter(m, 1, STOPPED, 4.0)
    m.vcpus[0].task = 1
    m.tasks[1].computed, m.run.fallbacks, m.run.lost_time = 0.5, 3, 0.25
    count(m, 0, 10.0)
    states = dict(zip(STATES, m.marks[1 : 1 + PHASES], strict=True))
    assert states == dict.fromkeys(STATES, 0.0) | {"computing": 9.0, "stopped": 6.0, "idle": 1.0 + 4.0}
    assert (m.marks[0], *m.marks[PHASES + 1 : MARK]) == (10.0, 3.0, 0.25, 0.0)
    assert (m.run.goals, m.run.goal) == (1, 3)  # the next after 20 / 10 faults more
    assert (m.tasks[0].measured, m.tasks[1].computed, m.tasks[1].started) == (0, 0.0, 10.0)  # counted from here on


@given(st.lists(st.tuples(st.floats(0, 10), st.integers(0, 5)), min_size=1, max_size=20))
def test_the_area_under_the_run_queue(steps: list[tuple[float, int]]) -> None:
    m = conftest.machine(8)
    now, area, length = 0.0, 0.0, 0
    for wait, after in steps:
        area, now, length = area + wait * length, now + wait, after
        queue_changes(m, 0, now)
        m.queues[0].length = after
    assert m.queues[0].area == pytest.approx(area)


def test_samples_begin_with_the_measured_time_and_end_with_the_room() -> None:
    m = conftest.machine(1)
    m.samples = [0.0] * (2 * LATENCIES)
    sample(m, 9.0, 9.0, 9.0)  # in the warm-up
    assert m.run.samples == 0
    m.run.goals = 1
    for n in range(3):
        sample(m, n + 1.0, n + 0.5, n + 0.25)
    assert (m.run.samples, m.samples) == (2, [1.0, 0.5, 0.25, 2.0, 1.5, 1.25])


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
