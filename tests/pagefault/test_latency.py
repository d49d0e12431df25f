"""Mean and percentiles of sampled latencies, and what they are in a run where they are known."""

from __future__ import annotations

import dataclasses
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault import PageFaultScenario, run
from lab.pagefault.latency import NAMES, latencies

times = st.floats(0, 1e6)


def test_nothing_sampled_is_nothing() -> None:
    assert latencies([0.0] * 30, 0) == {}


@given(st.lists(st.tuples(times, times, times), min_size=1, max_size=300), st.integers(0, 5))
def test_percentiles_are_the_nearest_rank(rows: list[tuple[float, float, float]], spare: int) -> None:
    flat = [value for row in rows for value in row] + [1e9] * (3 * spare)  # room that is not used
    found = latencies(flat, len(rows))
    assert tuple(found) == NAMES
    for name, column in zip(NAMES, (*zip(*rows, strict=True), tuple(map(sum, rows))), strict=True):
        one = found[name]
        assert one.n == len(rows)
        assert one.mean == pytest.approx(statistics.fmean(column), rel=1e-9, abs=1e-9)
        for share, value in ((50, one.p50), (95, one.p95), (99, one.p99), (100, one.longest)):
            assert value in column
            assert 100 * sum(other <= value for other in column) >= share * len(column)
            assert 100 * sum(other < value for other in column) < share * len(column)


def test_parts_of_a_fault_where_they_are_known() -> None:
    """One task: the page takes its time, it is delivered at once, the task is at its turn at once."""
    s = PageFaultScenario(tasks=1, page_in=7.0, page_in_dist="det", faults=200)
    for mode in ("sync", "halt", "pv"):
        found = run(s, mode).latency
        assert found["page_in"].n >= 199
        assert found["page_in"].p50 == pytest.approx(7.0) == found["page_in"].longest
        assert found["delivery"].longest == pytest.approx(0.0, abs=1e-9)
        assert found["wake_up"].longest == pytest.approx(0.0, abs=1e-9)
        assert found["total"].mean == pytest.approx(7.0)


def test_a_page_that_comes_while_the_vcpu_is_stopped_is_delivered_late() -> None:
    found = run(PageFaultScenario(tasks=3, limit=1, page_in=20.0, faults=500), "pv").latency
    assert found["delivery"].longest > 0
    assert found["delivery"].p50 < found["page_in"].mean


def test_the_line_before_the_device_counts_as_page_in() -> None:
    s = PageFaultScenario(tasks=8, page_in=4.0, page_in_dist="det", faults=500)
    free, narrow = run(s, "pv").latency, run(dataclasses.replace(s, slots=1), "pv").latency
    assert free["page_in"].longest == pytest.approx(4.0)
    assert narrow["page_in"].p50 > 4 * free["page_in"].p50


def test_a_told_task_waits_for_its_turn_and_what_interrupts_cost() -> None:
    s = PageFaultScenario(tasks=8, page_in=4.0, exit_cost=0.1, injection_cost=0.2, faults=500)
    found = run(s, "pv").latency
    assert found["wake_up"].mean > 1.0  # eight tasks that compute for 1 us at a time share the vCPU
    assert found["total"].mean == pytest.approx(
        sum(found[part].mean for part in ("page_in", "delivery", "wake_up")), rel=1e-9
    )
