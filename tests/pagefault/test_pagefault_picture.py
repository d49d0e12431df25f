"""Lanes say what the run says: they cover the window and add up to its shares."""

import dataclasses
import math
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.pagefault import PRESETS, PageFaultScenario, compare
from lab.pagefault import events as ev
from lab.pagefault.picture import MOST_TASK_LANES, STATES, lanes

P1 = PRESETS[0].scenario


def test_p1_opens_with_two_lanes_sync_above_pv() -> None:
    found = compare(P1, modes=("sync", "pv"))
    shown = lanes(found)
    assert shown.names == ("sync", "pv")
    assert (shown.unit, shown.span) == ("ms", (0.0, 60.0))
    assert shown.notes == ("20 % ± 0.7", "69 % ± 1.9")
    assert shown.shares == (found.of("sync").utilisation, found.of("pv").utilisation)
    assert list(shown.marks) == pytest.approx([0.2, 0.68932], abs=1e-5)
    assert [state.word for state in shown.states] == ["task computes", "vCPU stopped", "nothing to run"]
    length: dict[tuple[str, str], float] = defaultdict(float)
    for i in range(len(shown)):
        length[shown.names[shown.lane[i]], shown.states[shown.state[i]].token] += shown.end[i] - shown.start[i]
    assert length["sync", "bad"] > 0.6 * 60  # mostly hatched
    assert length["pv", "good"] > 0.5 * 60  # mostly solid
    assert ("pv", "bad") not in length


def test_the_same_fault_lights_up_in_both_lanes() -> None:
    shown = lanes(compare(P1, modes=("sync", "pv")))
    groups = [{shown.group[i] for i in range(len(shown)) if shown.lane[i] == lane} - {-1} for lane in (0, 1)]
    assert len(groups[0]) >= 8
    assert len(groups[0] & groups[1]) >= 8
    first = next(i for i in range(len(shown)) if shown.states[shown.state[i]].token == "bad")
    assert shown.sentence(first).startswith("vCPU stopped, ")
    assert f"task {shown.who[first]} waits for page 0x{ev.page_of(shown.group[first]):x}" in shown.sentence(first)


@settings(deadline=None)
@given(
    st.integers(1, 15), st.integers(1, 3), st.booleans(), st.none() | st.integers(1, 3), st.integers(0, 9),
    st.sampled_from((0.0, 0.5)), st.integers(20, 80),
)  # fmt: skip
def test_every_lane_is_covered_once_in_order(
    tasks: int, vcpus: int, shared: bool, slots: int | None, limit: int, overhead: float, faults: int
) -> None:
    s = PageFaultScenario(
        tasks=tasks, vcpus=vcpus, shared=shared, slots=slots, limit=limit, overhead=overhead, faults=faults,
        window=40.0,
    )  # fmt: skip
    modes = ("sync", "halt", "pv")
    found = compare(s)
    shown = lanes(found, modes, modes)
    assert shown.unit == "µs"
    assert len(shown.names) == 3 * (vcpus + min(tasks * vcpus, MOST_TASK_LANES))
    assert len(shown.names) == len(shown.notes) == len(shown.shares) == len(shown.marks)
    covered = [found.of(mode).covered for mode in modes for _ in range(len(shown.names) // 3)]
    for lane, end in enumerate(covered):
        mine = [i for i in range(len(shown)) if shown.lane[i] == lane]
        at = 0.0
        for i in mine:
            assert shown.start[i] == at
            at = shown.end[i]
        assert at == end


def test_a_short_run_ends_before_the_window() -> None:
    found = compare(PageFaultScenario(tasks=1, faults=3, window=1000.0), modes=("sync",))
    assert found.of("sync").covered < 1000
    shown = lanes(found, ("sync",))
    assert max(shown.end) == pytest.approx(found.of("sync").covered * 1e-3)
    assert shown.span == (0.0, 1.0)


def test_lanes_add_up_to_the_shares_of_the_run() -> None:
    """Over the whole run, warm-up included, computing time in the lane is the sum of its bursts."""
    found = compare(dataclasses.replace(P1, faults=300, window=1e9), ("pv",))
    shown, one = lanes(found, ("pv",)), found.of("pv")
    computing = math.fsum(
        shown.end[i] - shown.start[i] for i in range(len(shown)) if shown.states[shown.state[i]].token == "good"
    )
    assert computing * 1e3 / one.covered == pytest.approx(one.utilisation, abs=0.1)


def test_the_legend_depends_on_what_can_happen_only() -> None:
    s = dataclasses.replace(P1, overhead_pv=100.0, faults=100)
    found = compare(s)
    assert [x.word for x in lanes(found, ("sync", "halt", "pv"), ("pv",)).states] == [x.word for x in STATES]
    assert [x.word for x in lanes(found, ("sync",)).states] == ["task computes", "vCPU stopped"]
