"""State times, batches, the ratio estimator and Student's t."""

import math
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
    never_seen,
    queue_changes,
    sample,
    share_and_interval,
    stand,
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
    mean, half, batches, correlated = share_and_interval(marks, 0, 1)
    assert (batches, correlated) == (20, False)
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
        mean, half, _, _ = share_and_interval(marks, 0, 1)
        assert half is not None
        covered += abs(mean - 0.2) <= half
    assert 365 <= covered <= 394  # 380 expected, 3.4 and more standard errors to either side


def test_too_few_batches_have_no_interval() -> None:
    marks = [Mark(float(i), (i / 2,), 0) for i in range(10)]
    assert share_and_interval(marks, 0, 1) == (0.5, None, 9, False)


def walk(seed: int, batches: int, keep: float) -> list[Mark]:
    """Batches of one length whose share hangs together: each keeps so much of how far the one before was from 0.5."""
    draw = random.Random(seed)
    marks, spent, off = [Mark(0.0, (0.0,), 0)], 0.0, 0.0
    for i in range(1, batches + 1):
        off = keep * off + math.sqrt(1 - keep * keep) * draw.gauss(0, 0.01)
        spent += 0.5 + off
        marks.append(Mark(float(i), (spent,), 0))
    return marks


def test_batches_that_resemble_their_neighbours_are_merged() -> None:
    counts, covered = [], 0
    for seed in range(300):
        mean, half, batches, _ = share_and_interval(walk(seed, 64, 0.5), 0, 1)
        assert half is not None
        counts.append(batches)
        covered += abs(mean - 0.5) <= half
    assert set(counts) <= {64, 32, 16}
    assert counts.count(64) < 15  # hardly any of 64 batches with a correlation of a half passes for independent
    assert 267 <= covered <= 297  # 285 expected of 300


def test_strangers_are_seldom_merged() -> None:
    kept = sum(share_and_interval(walk(seed, 64, 0.0), 0, 1).batches == 64 for seed in range(300))
    assert 270 <= kept <= 298  # the test errs in 5 of 100


def test_still_alike_at_the_fewest_the_interval_is_wider_and_says_so() -> None:
    plain, slow = walk(3, 16, 0.0), walk(3, 16, 0.98)
    assert not share_and_interval(plain, 0, 1).correlated
    found = share_and_interval(slow, 0, 1)
    assert found.correlated
    assert found.batches == 16
    gaps = [b.states[0] - a.states[0] - found.share for a, b in pairwise(slow)]
    assert found.half is not None
    assert found.half > 1.5 * student_t(15) * statistics.stdev(gaps) / 4


def test_a_batch_is_not_shorter_than_four_memories_but_for_the_first_ten() -> None:
    marks = walk(5, 60, 0.0)
    found = [share_and_interval(marks, 0, 1, memories) for memories in (240.0, 239.0, 100.0, 40.0, 10.0, 9.9)]
    assert [one.batches for one in found] == [60, 59, 25, 10, 10, 10]
    assert [one.correlated for one in found] == [False] * 5 + [True]
    assert len({one.share for one in found}) == 1


@given(st.integers(10, 64), st.integers(1, 63))
def test_one_batch_that_differs_says_as_little_as_none(batches: int, odd: int) -> None:
    same = [Mark(float(i), (float(i),), 0) for i in range(batches + 1)]
    odd = min(odd, batches)
    one = [Mark(float(i), (i - 1e-4 * (i >= odd),), 0) for i in range(batches + 1)]
    assert share_and_interval(same, 0, 1).half == 0.0  # nothing is random
    for marks in (same, one):
        assert share_and_interval(marks, 0, 1, 1000.0).half == pytest.approx(3 / 1000)
    assert never_seen(2.0) == 1.0


def test_the_rule_of_three_covers_what_was_never_seen() -> None:
    for trials in (10, 100, 10_000):
        assert (1 - never_seen(trials)) ** trials < 0.05  # so rarely nothing is seen of what is as likely as that


def test_where_a_run_stands_includes_what_is_under_way_and_can_be_asked_twice() -> None:
    m = conftest.machine(3, vcpus=2)
    m.spent, m.marks = [0.0] * (2 * PHASES), [0.0] * MARK
    enter(m, 0, COMPUTING, 1.0)
    enter(m, 1, STOPPED, 2.0)
    queue_changes(m, 0, 3.0)
    m.queues[0].length = 2
    for _ in range(2):
        stand(m, 5.0)
        states = dict(zip(STATES, m.marks[1 : 1 + PHASES], strict=True))
        assert states == dict.fromkeys(STATES, 0.0) | {"computing": 4.0, "stopped": 3.0, "idle": 3.0}
        assert (m.marks[0], m.marks[MARK - 1]) == (5.0, 4.0)
