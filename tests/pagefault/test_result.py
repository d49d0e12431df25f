"""What a run's figures mean: intervals of slow and of silent runs, slow-down, runs that end at once."""

import dataclasses
import math

import pytest

from lab.core.errors import LabError
from lab.pagefault import PageFaultScenario, metrics, run
from lab.pagefault.model import simulate
from lab.pagefault.result import FEW_FAULTS, Run, marks_of, summary


def scenario(**changes: object) -> PageFaultScenario:
    return dataclasses.replace(PageFaultScenario(faults=5000), **changes)  # type: ignore[arg-type]


def away(found: Run) -> float:
    """Standard errors from theory."""
    assert found.standard_errors is not None
    return found.standard_errors


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 4, "tasks": 128, "page_in": 1.0, "slots": 1, "limit": None},
        {"tasks": 4096, "page_in": 5000.0, "limit": 4000, "faults": 2000},
        {"tasks": 8, "page_in": 0.7, "page_in_dist": "det", "limit": None},
    ],
)
def test_a_random_run_that_never_waited_is_not_certain(changes: dict[str, object]) -> None:
    found = run(scenario(**changes), "pv")
    assert found.utilisation == pytest.approx(1.0)  # so that no batch differs
    assert found.theory.utilisation is not None
    assert found.theory.utilisation < 1
    assert found.ci95 is not None
    assert abs(found.utilisation - found.theory.utilisation) < found.ci95 <= 1


def test_a_run_without_chance_is_certain() -> None:
    found = run(scenario(compute_dist="det", page_in_dist="det", tasks=2), "sync")
    assert (found.ci95, found.standard_errors, found.correlated) == (0.0, 0.0, False)


def test_a_slow_run_is_given_wide_and_few_batches() -> None:
    slow = scenario(tasks=64, page_in=1.0, slots=1, limit=None, faults=10_000)
    found = [run(dataclasses.replace(slow, seed=seed), "pv") for seed in range(1, 4)]
    assert slow.faults / slow.relaxation("pv") < 40  # so not even ten batches of four memories
    assert {one.batches for one in found} == {10}
    assert math.sqrt(sum(away(one) ** 2 for one in found) / len(found)) < 2
    quick = run(scenario(tasks=4, faults=20_000), "pv")
    assert quick.batches in (64, 32)
    assert not quick.correlated


def test_a_run_shorter_than_its_memory_says_that_it_is() -> None:
    assert run(scenario(tasks=128, page_in=1.0, slots=1), "pv").correlated
    assert not run(scenario(tasks=128, page_in=1.0, slots=1), "sync").correlated  # one vCPU, one page at a time


def test_the_warm_up_is_as_long_as_the_line_remembers() -> None:
    near = scenario(tasks=128, page_in=1.0, slots=1)
    assert near.relaxation("pv") == pytest.approx(129**2 / math.pi**2, rel=1e-3)
    assert near.warm_up == int(2.5 * near.relaxation("pv"))
    assert dataclasses.replace(near, faults=100).warm_up == 400  # no more than four times what is measured
    assert dataclasses.replace(near, page_in=4.0).warm_up == 500  # the device is the wall, and soon
    assert dataclasses.replace(near, slots=None).warm_up == 500
    assert dataclasses.replace(near, slots=None, tasks=4096).warm_up == 8192


@pytest.mark.parametrize("access", ["rate", "stack:1", "stack:0.5"])
@pytest.mark.parametrize("mode", ["sync", "halt", "pv"])
def test_one_task_alone_is_not_slowed_down(mode: str, access: str) -> None:
    found = run(scenario(faults=1500, tasks=1, access=access, working_set=64, memory=48, page_in=40.0), mode)
    assert found.slow_down == pytest.approx(1.0, abs=0.1)  # the page-ins drawn are a sample of the law
    assert (found.left_out, found.starved) == (0, 0)


def test_overhead_is_slow_down_and_exactly_so_where_nothing_varies() -> None:
    s = scenario(tasks=1, compute_dist="det", page_in_dist="det", overhead=2.5, faults=1000)
    assert run(s, "sync").slow_down == pytest.approx((1 + 4 + 2.5) / (1 + 4))


def test_tasks_that_share_are_slowed_down_by_theory() -> None:
    found = run(scenario(tasks=8, page_in=4.0, faults=20_000), "pv")
    assert found.slow_down == pytest.approx(8 / found.utilisation / (1 + 4), rel=0.02)  # N C / U a cycle
    assert len(found.tasks.slow_down) == 8


def test_starving_tasks_are_counted_not_averaged() -> None:
    found = run(scenario(tasks=65, page_in=80.0, faults=2000), "sync")
    assert (found.left_out, found.starved) == (64, 64)  # FIFO: the first keeps the vCPU
    assert found.tasks.slow_down.count(None) == 64
    assert found.slow_down == pytest.approx(1.0, abs=0.1)


def test_few_faults_have_no_slow_down() -> None:
    found = run(scenario(tasks=4, faults=4 * FEW_FAULTS - 20), "pv")
    assert found.left_out >= 1
    for n, slow in zip(found.tasks.faults, found.tasks.slow_down, strict=True):
        assert (slow is None) == (n < FEW_FAULTS)
    none = run(scenario(tasks=4, faults=8), "pv")
    assert (none.slow_down, none.left_out, none.starved) == (None, 4, 0)


def test_a_run_that_a_failure_ends_at_its_very_start_has_a_result() -> None:
    s = scenario(tasks=1, faults=100)
    m = simulate(s, "pv")
    m.run.ended, m.run.over, m.run.goals, m.run.completed = metrics.SPINNING, 0.0, 0, 0
    for vcpu in m.vcpus:
        vcpu.since = 0.0
    for queue in m.queues:
        queue.since = queue.area = 0.0
    found = summary(s, "pv", m, [marks_of(m)[0]] * 2)
    assert (found.utilisation, found.ci95, found.throughput, found.elapsed, found.faults) == (0.0, None, 0.0, 0.0, 0)
    assert set(found.shares.values()) == {0.0}
    assert found.ended == "spin"
    m.run.ended = metrics.COMPLETE
    with pytest.raises(LabError, match="all complete at the same moment"):
        summary(s, "pv", m, [metrics.Mark(1.0, (0.0,) * metrics.PHASES, 0)] * 2)


def test_a_run_that_ends_early_counts_the_time_to_its_end() -> None:
    found = run(scenario(tasks=3, failure="lapic-disabled", failure_at=500, faults=5000), "pv")
    assert found.ended != "complete"
    assert sum(found.shares.values()) == pytest.approx(1.0)
    assert 0 < found.elapsed < 5000 * 5
