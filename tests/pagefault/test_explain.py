"""What is said follows from the run: each kind of answer once, and numbers equal to the result's."""

import dataclasses

import pytest

from lab.core.duration import duration
from lab.pagefault import MODES, PRESETS, PageFaultScenario, compare
from lab.pagefault import events as ev
from lab.pagefault.comparison import Comparison
from lab.pagefault.explain import headline, why_run
from lab.pagefault.failures import KNOWN
from lab.pagefault.story import why_event, why_fault

P1, P2, P3, P4 = (preset.scenario for preset in PRESETS)


@pytest.fixture(scope="module")
def first() -> Comparison:
    return compare(P1)


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        (P1, "Told of its faults, the guest computes 69 % of the time, not 20 %."),
        (dataclasses.replace(P1, tasks=1), "One task alone gains nothing"),
        (P2, "The device is the wall: its 2 slots are always busy"),
        (dataclasses.replace(P2, slots=1), "The device is the wall: its 1 slot is always busy"),
        (P3, "The limit of 64 is reached: one fault in 7"),
        (P4, "Telling the guest costs 5 µs for a page of 3 µs: 66 % computing, not 77 %."),
        (dataclasses.replace(P1, tasks=2, limit=0, faults=500), "The limit of 0 is reached: every fault stops"),
        (dataclasses.replace(P1, tasks=2, page_in=1.0), "Both come to the same"),
    ],
)
def test_the_headline_is_the_answer(scenario: PageFaultScenario, said: str) -> None:
    assert headline(compare(scenario, modes=("sync", "pv"))).startswith(said)


def test_why_a_mode_computes_as_much_as_it_does(first: Comparison) -> None:
    for mode in MODES:
        one = first.of(mode)
        line, trace = why_run(first, one)
        assert line.startswith(f"{mode}: ")
        assert f"theory {one.theory.formula} = {100 * (one.theory.utilisation or 0):.1f} %" in line
        assert f"{100 * one.utilisation:.1f} %" in trace[0]
        assert "5,000 faults" in trace[0]
        assert any("seed 1" in item for item in trace)
    bare = compare(PageFaultScenario(overhead=1.0, page_in_dist="det", faults=5))
    line, trace = why_run(bare, bare.of("pv"))
    assert "theory" not in line
    assert trace[1].startswith("no closed form: ")


def test_why_a_fault_tells_its_story_in_every_mode(first: Comparison) -> None:
    fault = next(e.fault for e in first.of("sync").events if e.kind == ev.COMPLETED)
    page_in = {
        mode: next(e.time for e in first.of(mode).events if (e.fault, e.kind) == (fault, ev.COMPLETED))
        - next(e.time for e in first.of(mode).events if (e.fault, e.kind) == (fault, ev.FAULT))
        for mode in MODES
    }
    assert page_in["pv"] == pytest.approx(page_in["sync"])  # the same random numbers
    wording = {"sync": "the vCPU itself waits", "halt": "its vCPU is halted", "pv": "and sleeps"}
    for mode in MODES:
        line, trace = why_fault(first, mode, fault)
        assert f"{wording[mode]} {duration(page_in[mode])}" in line
        assert all(any(item.startswith(f"{other}, ") for item in trace) for other in MODES)
        assert len(trace) == 2 + sum(e.fault == fault for one in first.runs for e in one.events)
        assert trace[0].startswith(f"the wait in {mode}: page-in {duration(page_in[mode])}")
        assert trace[1].startswith("meanwhile ")
    assert any("token 0x1000 (number << 12 | vCPU)" in item for item in why_fault(first, "pv", fault)[1])


def test_why_a_fault_that_is_not_over_or_not_begun(first: Comparison) -> None:
    assert why_fault(first, "sync", 4001)[0] == "sync: task 1 has not come to page 0x1fa1 within the window."
    states = {why_fault(first, "pv", f)[0].split("; ")[0] for f in range(60)}
    assert any("has not touched" in line for line in states)
    assert any("sleeps until after the window" in line for line in states)


def test_a_fault_over_the_limit_says_so() -> None:
    found = compare(dataclasses.replace(P1, tasks=3, limit=1, page_in=2e4, faults=100, window=2e5))
    fault = next(e.fault for e in found.of("pv").events if e.kind == ev.STOPPED)
    assert "(more than 1 queued), nobody else can run" in why_fault(found, "pv", fault)[0]


def test_the_wait_is_taken_apart_and_adds_up() -> None:
    """In line, page-in, delivery and wake-up of a fault are those that the run has measured, and name who ran."""
    s = dataclasses.replace(P2, exit_cost=100.0, injection_cost=100.0, faults=300)
    found = compare(s, ("pv",))
    events = found.of("pv").events
    fault = 9
    at = {e.kind: e.time for e in events if e.fault == fault}
    line, trace = why_fault(found, "pv", fault)
    assert f"sleeps {duration(at[ev.READY] - at[ev.FAULT])}" in line
    said = trace[0]
    assert f"in line for a slot {duration(at[ev.READ] - at[ev.NOT_PRESENT])}" in said
    assert f"page-in {duration(at[ev.COMPLETED] - at[ev.READ])}" in said
    assert "wake-up" in said
    assert trace[1].startswith("meanwhile on vCPU 0: task ")


@pytest.mark.parametrize("scheduler", ["fifo", "rr", "cfs", "eevdf"])
def test_every_kind_of_event_is_explained(scheduler: str) -> None:
    s = PageFaultScenario(
        tasks=3, vcpus=2, cores=1, host_slice=3.0, scheduler=scheduler, tick=1.0, slice=2.0, slots=2, kernel=0.2,
        switch_cost=0.1, exit_cost=0.1, injection_cost=0.1, limit=2, migrate=40.0, faults=200, window=300.0,
    )  # fmt: skip
    found = compare(s)
    kinds = set()
    for one in found.runs:
        for event in one.events:
            if (one.mode, event.kind) in kinds:
                continue
            kinds.add((one.mode, event.kind))
            line, _ = why_event(found, one.mode, event)
            assert line.startswith(f"{one.mode}: ")
            assert line.endswith(".")
            assert "_" not in line  # words, not the names of the code
    assert {kind for mode, kind in kinds if mode == "pv"} >= {
        ev.RUN, ev.FAULT, ev.NOT_PRESENT, ev.COMPLETED, ev.READY, ev.READ, ev.INTERRUPT, ev.SWITCH, ev.WAITING, ev.ACK,
        ev.WAKE_ALL, ev.STOPPED, ev.HALTED,
    }  # fmt: skip


@pytest.mark.parametrize("failure", KNOWN, ids=lambda failure: failure.id)
def test_a_failure_is_explained_with_its_sources(failure) -> None:  # type: ignore[no-untyped-def]
    s = dataclasses.replace(P1, failure=failure.id, failure_at=20, kernel=0.02, faults=500)
    found = compare(s, ("sync", "pv"))
    assert headline(found)
    _, trace = why_run(found, found.of("pv"))
    assert any(failure.title in item for item in trace)
    assert all(f"source: {source}" in trace for source in failure.sources)
    for event in found.of("pv").events:
        if event.kind in (ev.LOST, ev.PANIC, ev.SPIN, ev.DUMMY):
            _, why = why_event(found, "pv", event)
            assert why[-1].startswith("source: ")
