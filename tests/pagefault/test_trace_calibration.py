"""Distributions and scenarios out of traces; and replays, by a guest that is written here alone."""

from __future__ import annotations

import argparse
import heapq
import math
import random
import shlex

import pytest

from lab.core import scenario
from lab.core.errors import LabError
from lab.pagefault import PageFaultScenario, run
from lab.pagefault.trace import Replay, calibrate, load, parse, replay_input, write
from lab.pagefault.trace.distribution import CRITERION, distances
from tests.pagefault.recorded import NOT_TOLD, PAGES, TOLD, recorded


def trace_of(page_ins: list[float], deliver: float = 1e-6) -> str:
    """One fault after the other on one vCPU, stamps in seconds."""
    now, lines = 1.0, []
    for number, page_in in enumerate(page_ins, 1):
        gva, token = number << 12, number << 12
        for thread, later, text in (
            ("vmm-1", 1e-5, f"kvm_try_async_get_page: gva = {gva:#x}, gfn = {number:#x}"),
            ("vmm-1", 0.0, f"kvm_async_pf_not_present: token {token:#x} gva {gva:#x}"),
            ("kworker/0:0-9", page_in, f"kvm_async_pf_completed: gva {gva:#x} address 0x7f00"),
            ("vmm-1", deliver, f"kvm_async_pf_ready: token {token:#x} gva {gva:#x}"),
        ):
            now += later
            lines.append(f"{thread} [000] {now:.9f}: {text}")
    return "\n".join(lines)


def simulated(command: str) -> PageFaultScenario:
    """The scenario that a printed command line describes."""
    words = shlex.split(command)
    assert words[:3] == ["kernel-lab", "pagefault", "run"]
    parser = argparse.ArgumentParser()
    scenario.add_options(parser, PageFaultScenario)
    return scenario.from_options(PageFaultScenario, parser.parse_args(words[3:]))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("law", ["exp", "det", "lognormal"])
def test_the_law_that_page_ins_were_drawn_from_is_found(law: str, seed: int) -> None:
    chance = random.Random(seed)
    mean, sigma = 2e-3, 0.6
    values = {
        "exp": lambda: chance.expovariate(1 / mean),
        "det": lambda: mean * chance.uniform(0.999, 1.001),
        "lognormal": lambda: mean * math.exp(chance.gauss(0, sigma) - sigma * sigma / 2),
    }
    found = calibrate(parse(trace_of([values[law]() for _ in range(400)])))
    name, _, spread = found.page_in.law.partition(":")
    if law == "det":
        assert (name, round(float(spread or 0), 2)) in (("det", 0.0), ("lognormal", 0.0))
    else:
        assert name == law
    if law == "lognormal":
        assert float(spread) == pytest.approx(sigma, rel=0.15)
    assert found.page_in.n == 400
    assert found.page_in.mean == pytest.approx(mean, rel=0.2)
    variation = {"exp": 1.0, "det": 0.0, "lognormal": math.sqrt(math.expm1(sigma * sigma))}
    assert found.page_in.variation == pytest.approx(variation[law], abs=0.2)
    assert (found.unit, found.scale) == ("s", 1e6)
    wanted = simulated(found.command)
    assert wanted.page_in == pytest.approx(found.page_in.mean * 1e6, rel=1e-4)
    assert (wanted.mode, wanted.tasks, wanted.vcpus, wanted.slots) == ("halt", 1, 1, None)
    assert wanted.page_in_dist.partition(":")[0] == name
    assert wanted.compute == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize(
    ("mode", "law"), [("pv", "exp"), ("pv", "det"), ("pv", "lognormal:0.7"), ("halt", "exp"), ("halt", "det")]
)
def test_a_simulated_trace_gives_back_the_scenario_that_made_it(mode: str, law: str) -> None:
    made = PageFaultScenario(tasks=6, compute=20.0, page_in=100.0, page_in_dist=law, faults=600, window=1e9, seed=5)
    found = calibrate(parse(write(run(made, mode).events, "trace-cmd")))
    again = simulated(found.command)
    assert (again.mode, again.vcpus) == (mode, 1)
    assert again.tasks == (6 if mode == "pv" else 1)  # a halted vCPU shows one task's faults only
    assert again.page_in == pytest.approx(100, rel=0.1)
    assert again.compute == pytest.approx(20, rel=0.15)
    name, _, spread = law.partition(":")
    assert again.page_in_dist.partition(":")[0] == name
    if spread:
        assert float(again.page_in_dist.partition(":")[2]) == pytest.approx(float(spread), rel=0.1)


def test_distances_are_those_of_the_definition() -> None:
    # exp of mean 2 at (i - 1/2)/2: -2 ln(3/4) and -2 ln(1/4)
    wanted = (abs(1 + 2 * math.log(0.75)) + abs(3 + 2 * math.log(0.25))) / 4
    assert distances([1.0, 3.0])["exp"] == pytest.approx(wanted)
    assert distances([1.0, 3.0])["det"] == 0.5
    assert distances([0.0, 0.0]) == {"det": 0.0}
    assert set(distances([1.0, 2.0, 4.0])) == {"exp", "det", f"lognormal:{math.log(2):.4g}"}


@pytest.mark.parametrize("name", PAGES)
def test_a_recording_is_calibrated_in_proportion_and_says_so(name: str) -> None:
    trace, pairing, log = recorded(name)
    found = calibrate(trace, log, pairing)
    assert (found.unit, found.criterion, found.page_in.n) == ("ticks", CRITERION, PAGES[name])
    wanted = simulated(found.command)
    assert wanted.page_in == 1000
    assert any("made 1000 us, all else in proportion" in note for note in found.notes)
    assert wanted.mode == ("pv" if name in TOLD else "halt")
    assert wanted.tasks == (3 if PAGES[name] == 9 else 4)
    assert found.delivery is not None
    assert found.delivery.n == PAGES[name]
    assert found.burst is not None
    assert wanted.compute == pytest.approx(found.burst.mean * found.scale, rel=1e-4)
    if name in NOT_TOLD:
        assert found.wake_up is None
    else:
        assert found.wake_up is not None
        assert found.wake_up.n == PAGES[name]
    assert sorted(found.page_in.values) == sorted(float(one.page_in or 0) for one in pairing.intervals)
    assert found.page_in.percentiles["p99"] == max(found.page_in.values)


def test_wake_ups_are_those_of_the_guest_s_log() -> None:
    found = calibrate(*recorded("uffd-on-fulltrace")[::2])
    # READY 0x1000 at 24589398847 wakes task 1, SWITCH to it at 24589471231; the last one's 24641674863, 24641864819
    assert found.wake_up is not None
    assert {24589471231 - 24589398847, 24641864819 - 24641674863} <= set(found.wake_up.values)


def test_a_known_rate_makes_real_times() -> None:
    trace, _, log = recorded("on-int")
    known = calibrate(load("on-int", 2e9), log)
    assert known.page_in.mean == pytest.approx(calibrate(trace, log).page_in.mean / 2e9)
    assert simulated(known.command).page_in == pytest.approx(known.page_in.mean * 1e6, rel=1e-4)


def test_a_trace_without_a_whole_page_in_cannot_be_calibrated() -> None:
    with pytest.raises(LabError, match=r"^x: no fault with both not_present and completed that takes time"):
        calibrate(parse("# tracer: nop", "x"))
    with pytest.raises(LabError, match=r"^x: no not_present event in it; nothing to replay$"):
        replay_input(parse("# tracer: nop", "x"))


def fifo_guest(given: Replay, told: bool) -> tuple[list[int], list[int], list[float]]:
    """A FIFO guest on one vCPU, nothing but bursts and page-ins takes time: order queued, order ready, when queued."""
    line, position = list(range(len(given.of_task))), [0] * len(given.of_task)
    now, coming, queued, ready, when = 0.0, list[tuple[float, int, int]](), list[int](), list[int](), list[float]()

    def arrive(until: float) -> None:
        while coming and coming[0][0] <= until:
            _, fault, task = heapq.heappop(coming)
            ready.append(fault)
            if position[task] < len(given.of_task[task]):
                line.append(task)

    while line or coming:
        if not line:
            now = max(now, coming[0][0])
        arrive(now)
        if not line:
            continue
        task = line.pop(0)
        fault = given.of_task[task][position[task]]
        position[task] += 1
        burst, page_in, delivery = given.bursts[fault], given.page_ins[fault], given.deliveries[fault]
        assert burst is not None
        assert page_in is not None
        assert delivery is not None
        arrive(now + burst)
        now += burst
        queued.append(fault)
        when.append(now)
        if told:
            heapq.heappush(coming, (now + page_in + delivery, fault, task))
        else:  # the vCPU is halted meanwhile, and the same task goes on
            now += page_in + delivery
            ready.append(fault)
            if position[task] < len(given.of_task[task]):
                line.insert(0, task)
    return queued, ready, when


@pytest.mark.parametrize("name", PAGES)
def test_a_guest_fed_with_a_recording_s_times_comes_to_its_order(name: str) -> None:
    trace, pairing, log = recorded(name)
    given = replay_input(trace, log, pairing)
    queued, ready, when = fifo_guest(given, name in TOLD)
    assert queued == list(range(PAGES[name]))
    assert tuple(ready) == given.readies
    assert [time - when[0] for time in when] == list(given.queued)


@pytest.mark.parametrize("name", PAGES)
def test_what_is_replayed_is_the_recording(name: str) -> None:
    trace, pairing, log = recorded(name)
    given = replay_input(trace, log, pairing)
    tasks = 3 if PAGES[name] == 9 else 4
    assert sorted(page for pages in given.sequences for page in pages) == list(range(0x1000, 0x1000 + PAGES[name]))
    assert given.sequences == tuple(tuple(range(0x1000 + t, 0x1000 + PAGES[name], tasks)) for t in range(tasks))
    for task, faults in enumerate(given.of_task):
        assert tuple(given.pages[fault] for fault in faults) == given.sequences[task]
        assert {given.tasks[fault] for fault in faults} == {task}
    assert given.arrivals == given.readies  # delivered in the order in which they come in
    lifo = name == "on-int-lifo"
    assert given.readies[:4] == ((3, 2, 1, 0) if lifo else (0, 1, 2, 3))
    assert given.tokens == tuple((number + 1) << 12 for number in range(PAGES[name]))
    assert given.most_under_way == (1 if name in NOT_TOLD else tasks)
    alone = replay_input(trace)
    assert (set(alone.tasks), alone.sequences, set(alone.bursts)) == ({-1}, (), {None})
    assert alone.page_ins == given.page_ins
