"""Lanes say what the run says: they cover the window, add up to its shares, and name the same fault everywhere."""

import dataclasses
import functools
import random
from collections import Counter, defaultdict

import pytest

from lab.pagefault import PRESETS, PageFaultScenario, compare
from lab.pagefault import events as ev
from lab.pagefault.comparison import Comparison, Run
from lab.pagefault.failures import FAILURES
from lab.pagefault.metrics import STATES as PHASES
from lab.pagefault.picture import GROUPS, draw, states, table
from lab.pagefault.picture.device import page_reads, slot_segments
from lab.pagefault.picture.drawing import MOST
from lab.pagefault.picture.tasks import task_segments
from lab.pagefault.picture.vcpus import vcpu_segments
from lab.pagefault.setup import EVENTS_A_FAULT

P1 = PRESETS[0].scenario
MODES = ("sync", "halt", "pv")
PHASE_OF = {
    states.COMPUTES: "computing", states.OVERHEAD: "overhead", states.SPINS: "overhead", states.STOPPED: "stopped",
    states.HALTED: "halted", states.IDLE: "idle", states.NO_CORE: "waiting",
}  # fmt: skip


def drawn_scenario(seed: int) -> PageFaultScenario:
    """Any combination of scheduler, host, costs and failure, with few faults."""
    d = random.Random(seed)
    vcpus, tick = d.choice((1, 1, 2, 3)), d.choice((None, 1.0, 5.0))
    scheduler = d.choice(("fifo", "rr", "cfs", "eevdf"))
    return PageFaultScenario(
        tasks=d.randint(1, 15), vcpus=vcpus, shared=d.random() < 0.4, cores=d.choice((None, 1, 2)),
        slots=d.choice((None, 1, 2, 3)), overhead=d.choice((0.0, 0.3)), exit_cost=d.choice((0.0, 0.1)),
        injection_cost=d.choice((0.0, 0.2)), switch_cost=d.choice((0.0, 0.15)), limit=d.choice((64, None, 0, 2)),
        tick=tick, scheduler=scheduler, slice=d.choice((None, 2.0)), kernel=d.choice((0.0, 0.0, 0.3)),
        era=d.choice(("5.8+", "2010")), send_always=d.random() < 0.2, access=d.choice(("rate", "rate", "stack:0.5")),
        host_slice=d.choice((3000.0, 3.0)), migrate=d.choice((None, None, 25.0)), failure_at=d.choice((3, 10, 60)),
        failure=d.choice((*FAILURES, "none", "none", "none")), faults=30, window=1e9, seed=seed,
        calculators=int(scheduler != "fifo" and tick is not None and d.random() < 0.3),
    )  # fmt: skip


@functools.cache
def ran(seed: int, mode: str) -> Run:
    return compare(drawn_scenario(seed), (mode,)).of(mode)


@pytest.mark.parametrize("seed", range(12))
def test_every_lane_adds_up_to_the_shares_of_the_run(seed: int) -> None:
    """Whatever the options: the vCPU lanes hold exactly the time that the run has measured in each state."""
    s = drawn_scenario(seed)
    for mode in MODES:
        one = ran(seed, mode)
        room = EVENTS_A_FAULT * (s.faults + s.warm_up) + 16 * (s.tasks + s.calculators) * s.vcpus + 256
        if one.elapsed <= 0 or len(one.events) == room:  # a failure ended it at once; or its log was full too early
            continue
        began = one.covered - one.elapsed
        spent = dict.fromkeys(PHASES, 0.0)
        for piece in vcpu_segments(one.events, one.covered):
            spent[PHASE_OF[piece.state]] += max(0.0, piece.end - max(piece.start, began))
        measured = {name: share * one.elapsed * s.vcpus for name, share in one.shares.items()}
        assert spent == pytest.approx(measured, rel=1e-6, abs=1e-6 * one.elapsed), mode


@pytest.mark.parametrize("seed", range(12))
def test_vcpus_and_tasks_tell_the_same_story(seed: int) -> None:
    """At any moment each vCPU that computes runs one task, and that task says so; so for stopped and halted."""
    s = drawn_scenario(seed)
    for mode in MODES:
        one = ran(seed, mode)
        count = s.all_tasks + s.calculators * s.vcpus
        of_vcpu: Counter[int] = Counter()
        of_task: Counter[int] = Counter()
        for piece in vcpu_segments(one.events, one.covered):
            of_vcpu[piece.state] += round(1e6 * (piece.end - piece.start))
        covered: dict[int, float] = defaultdict(float)
        for piece in task_segments(one.events, one.covered, count):
            of_task[piece.state] += round(1e6 * (piece.end - piece.start))
            assert piece.start == pytest.approx(covered[piece.lane])
            covered[piece.lane] = piece.end
        assert set(covered.values()) <= {one.covered}
        for state in (states.COMPUTES, states.STOPPED, states.HALTED):
            assert of_task[state] == pytest.approx(of_vcpu[state], rel=1e-6, abs=len(one.events)), (mode, state)


@pytest.mark.parametrize("seed", range(12))
def test_slots_are_never_more_than_there_are(seed: int) -> None:
    s = drawn_scenario(seed)
    if s.migrate is not None:  # what is left behind at the old host holds its slot there, unseen
        s = dataclasses.replace(s, migrate=None)
    for mode in MODES:
        one = ran(seed, mode) if s == drawn_scenario(seed) else compare(s, (mode,)).of(mode)
        reads = page_reads(one.events, one.covered)
        slots = list(slot_segments(reads))
        assert max((piece.lane for piece in slots), default=0) < (s.slots or one.most_in_flight)
        until: dict[int, float] = {}
        for piece in sorted(slots, key=lambda p: (p.lane, p.start)):
            assert piece.start >= until.get(piece.lane, 0.0)
            until[piece.lane] = piece.end
        assert len(slots) == sum(e.kind == ev.READ for e in one.events)


@pytest.mark.parametrize("seed", range(40, 46))
def test_everything_unfolded_is_in_order_and_says_something(seed: int) -> None:
    s = dataclasses.replace(drawn_scenario(seed), window=60.0)
    found = compare(s)
    drawing = draw(found, MODES, GROUPS)
    shown = drawing.lanes
    assert len(drawing.modes) == len(shown.names) == len(set(shown.names))
    assert len(drawing.origins) == len(shown)
    assert [name.split()[0] for name in shown.names] == list(drawing.modes)
    last: dict[int, float] = {}
    for i in range(len(shown)):
        assert shown.start[i] >= last.get(shown.lane[i], 0.0)
        last[shown.lane[i]] = shown.end[i]
        assert shown.sentence(i)
        assert (drawing.origins[i] is None) == bool(shown.top(shown.lane[i]))
    assert len(table(found, drawing).rows) <= 2003


def test_p1_opens_with_two_lanes_sync_above_pv() -> None:
    found = compare(P1, modes=("sync", "pv"))
    shown = draw(found).lanes
    assert shown.names == ("sync", "pv")
    assert (shown.unit, shown.span) == ("ms", (0.0, 60.0))
    assert shown.notes == ("20 % ± 0.9", "69 % ± 1.9")
    assert shown.shares == (found.of("sync").utilisation, found.of("pv").utilisation)
    assert list(shown.marks) == pytest.approx([0.2, 0.68932], abs=1e-5)
    assert [state.word for state in shown.states] == ["task computes", "vCPU stopped", "nothing to run"]
    length: dict[tuple[str, str], float] = defaultdict(float)
    for i in range(len(shown)):
        length[shown.names[shown.lane[i]], shown.states[shown.state[i]].token] += shown.end[i] - shown.start[i]
    assert length["sync", "bad"] > 0.6 * 60  # mostly hatched
    assert length["pv", "good"] > 0.5 * 60  # mostly solid
    assert ("pv", "bad") not in length


def test_the_same_fault_lights_up_in_every_lane() -> None:
    drawing = draw(compare(P1, modes=("sync", "pv")), unfolded=GROUPS)
    shown = drawing.lanes
    lanes = defaultdict(set)
    for i in range(len(shown)):
        lanes[shown.group[i]].add(shown.names[shown.lane[i]])
    assert lanes[4] == {
        "sync", "sync task 0", "sync slot 0", "pv", "pv task 0", "pv touch", "pv not present", "pv read", "pv page in",
        "pv ready", "pv ACK", *(name for name in lanes[4] if name.startswith("pv slot ")),
    }  # fmt: skip
    first = next(i for i in range(len(shown)) if shown.states[shown.state[i]].token == "bad")
    assert shown.sentence(first).startswith("vCPU stopped, ")
    assert f"task {shown.who[first]} waits for page 0x{ev.page_of(shown.group[first]):x}" in shown.sentence(first)


def stacked_at(found: Comparison, name: str, time: float) -> dict[str, int]:
    shown = draw(found, ("sync", "pv"), GROUPS).lanes
    lane = shown.names.index(name)
    i = next(i for i in shown.window(time, time + 1e-9) if shown.lane[i] == lane)
    return {state.word: n for state, n in zip(shown.states, shown.stack(i), strict=True) if n}


def test_more_than_twelve_tasks_or_slots_are_stacked() -> None:
    found = compare(PageFaultScenario(tasks=13, slots=None, faults=300, window=60.0), ("sync", "pv"))
    drawing = draw(found, ("sync", "pv"), GROUPS)
    names = drawing.lanes.names
    assert names[:3] == ("sync", "sync tasks", "sync slot 0")
    assert [n for n in names if n.startswith(("pv task", "pv slot"))] == ["pv tasks", "pv slots"]
    events = found.of("pv").events
    for time in (3.3, 17.1, 44.4):
        there = stacked_at(found, "pv tasks", time)
        assert sum(there.values()) == 13
        busy = sum(e.kind == ev.READ for e in events if e.time <= time) - sum(
            e.kind == ev.COMPLETED for e in events if e.time <= time
        )
        assert there.get("task waits for its page", 0) == busy
        assert stacked_at(found, "pv slots", time).get("slot reads", 0) == busy
    few = draw(compare(PageFaultScenario(tasks=MOST, faults=100, window=60.0), ("pv",)), ("pv",), GROUPS)
    assert few.lanes.names[MOST] == f"pv task {MOST - 1}"


def test_pages_in_line_stand_below_the_slots() -> None:
    found = compare(PageFaultScenario(tasks=8, slots=2, faults=300, window=60.0), ("sync", "pv"))
    names = draw(found, ("sync", "pv"), ("device slots",)).lanes.names
    assert names == ("sync", "sync slot 0", "pv", "pv slot 0", "pv slot 1", "pv in line")
    most = max(stacked_at(found, "pv in line", t).get("page in line", 0) for t in range(5, 55))
    assert 3 <= most <= 6


def test_a_short_run_ends_before_the_window() -> None:
    found = compare(PageFaultScenario(tasks=1, faults=3, window=1000.0), modes=("sync",))
    assert found.of("sync").covered < 1000
    shown = draw(found, ("sync",)).lanes
    assert max(shown.end) == pytest.approx(found.of("sync").covered * 1e-3)
    assert shown.span == (0.0, 1.0)


def test_many_vcpus_have_twelve_lanes() -> None:
    found = compare(PageFaultScenario(tasks=1, vcpus=16, faults=100, window=60.0), ("pv",))
    assert draw(found, ("pv",)).lanes.names == tuple(f"pv {v}" for v in range(MOST))


@pytest.mark.parametrize("failure", ["lost-done", "lapic-disabled", "kernel-injection", "early-page"])
def test_a_failure_is_seen_in_the_lanes(failure: str) -> None:
    s = dataclasses.replace(P1, failure=failure, failure_at=20, kernel=0.02, faults=500)
    found = compare(s, ("pv",))
    drawing = draw(found, ("pv",), GROUPS)
    words = {drawing.lanes.states[state].word for state in drawing.lanes.state}
    assert "trouble" in words
    assert ("task lost" in words) == (failure == "lost-done")  # the others end the run, or harm nobody
