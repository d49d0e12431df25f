"""The protocol step by step: steps and states are what trace, log and model say."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.pagefault import events as ev
from lab.pagefault.result import run
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.sequence import CASES, SequenceScenario, Step, sequence, simulated, table
from lab.pagefault.sequence.recorded import recorded as steps_of
from lab.pagefault.trace import parse, under_way, write
from lab.pagefault.trace.event import ACK, COMPLETED, INJECT_PF, NOT_PRESENT, READY, REPEATED, TRY
from tests.pagefault.recorded import NOT_TOLD, PAGES, recorded


def kinds(steps: tuple[Step, ...], *wanted: str) -> list[Step]:
    return [one for one in steps if one.kind in wanted]


@pytest.mark.parametrize("name", PAGES)
def test_a_recording_is_told_whole(name: str) -> None:
    trace, pairing, log = recorded(name)
    steps = steps_of(trace, log)
    count = PAGES[name]
    for kind in ("touch", "queue", "read", "in", "done", "ready"):
        assert len(kinds(steps, kind)) == count, kind
    for kind in ("sleep", "wake"):
        assert len(kinds(steps, kind)) == (0 if name in NOT_TOLD else count), kind
    injected = sum(one.kind == INJECT_PF for one in trace.events)  # one in on-int is injected twice
    assert len(kinds(steps, "told")) == injected
    assert [one.number for one in steps] == list(range(1, len(steps) + 1))
    end = steps[-1].state
    assert (end.queued, end.done, end.under_way, end.sleeps, end.stuck) == (0, 0, (), (), ())
    assert all(0 <= one.state.queued <= 64 for one in steps)
    # pages under way, counted from the intervals, are those of the states
    counts = [len(one.state.under_way) for one in kinds(steps, "queue", "in")]
    assert counts == [many for _, many in under_way(pairing.intervals)]
    # every line of the trace that is about a fault stands at a step, and each line is one
    lines = {one.line for one in trace.events if one.kind in (TRY, NOT_PRESENT, INJECT_PF, COMPLETED, READY, REPEATED)}
    assert lines <= {int(one.line.split(":")[0].split()[1]) for one in steps if one.line.startswith("line ")}


def test_a_slot_that_the_guest_has_read_takes_the_next_token() -> None:
    trace, _, log = recorded("uffd-on-fulltrace")
    steps = steps_of(trace, log)
    early = [one for one in kinds(steps, READY) if "ACK is still on the way" in one.why]
    assert [one.state.slot for one in early] == [0x3000]
    follows = next(one for one in steps[early[0].number :] if one.kind == ACK)
    assert follows.state.slot == 0x3000  # that ACK is of 0x2000
    assert [one.state.slot for one in kinds(steps, ACK)][-1] == 0


def test_a_trace_without_its_log_has_no_guest_inside() -> None:
    trace, _, _ = recorded("on-int")
    steps = steps_of(trace)
    assert not kinds(steps, "sleep", "wake", "run", "idle", "goes-on")
    assert len(kinds(steps, "queue")) == 32


@settings(max_examples=25, deadline=None)
@given(
    tasks=st.integers(1, 8),
    limit=st.sampled_from([1, 2, 64, None]),
    cost=st.sampled_from([0.0, 0.5]),
    mode=st.sampled_from(["halt", "pv"]),
    failure=st.sampled_from(["none", "early-page", "lost-done"]),
    seed=st.integers(0, 1000),
)
def test_the_steps_of_a_run_are_its_events(
    tasks: int, limit: int | None, cost: float, mode: str, failure: str, seed: int
) -> None:
    scenario = PageFaultScenario(
        tasks=tasks, limit=limit, exit_cost=cost, injection_cost=cost, failure=failure, failure_at=7, seed=seed,
        faults=40, window=60.0, mode=mode,
    )  # fmt: skip
    try:
        events = run(scenario, mode).events
    except LabError:  # lost-done: too early to measure anything
        return
    steps = simulated(events, limit, told=mode == "pv", wipes=failure == "lost-done")
    queued = [e for e in events if e.kind == ev.NOT_PRESENT]
    assert len(kinds(steps, "queue")) == len(queued)
    assert len(kinds(steps, "touch")) == sum(e.kind == ev.FAULT for e in events)
    assert len(kinds(steps, "dummy")) == sum(e.kind == ev.DUMMY for e in events)
    assert len(kinds(steps, "lost")) == sum(e.kind == ev.LOST for e in events)
    most = 64 * 1024 if limit is None else limit
    for one in steps:
        assert 0 <= one.state.queued <= most
        assert one.state.done <= one.state.queued
        assert len(set(one.state.under_way)) == len(one.state.under_way)
        assert not set(one.state.sleeps) & set(one.state.stuck)
    if failure == "none" and mode == "pv":
        # in KVM's grammar: every line once, in its order
        lines = [f"{e.name}: {e.text}" for e in parse(write(events, "tracefs"), "x").events]
        said = [one.line.partition(" us: ")[2] for one in steps if one.line]
        assert [line for line in said if "not_present" in line or "completed" in line] == [
            line for line in lines if "not_present" in line or "completed" in line
        ]
        assert len(said) == len(lines)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_every_case_comes_to_its_point(case: object) -> None:
    found = sequence(case.id)  # type: ignore[attr-defined]
    assert found.case.at == "" or found.at(0).kind == found.case.at
    assert "{" not in found.headline
    assert "  " not in found.headline
    assert found.command.startswith("kernel-lab pagefault ")
    assert found.number(10**6) == len(found.steps)
    rows = table(found.steps, "x").rows
    assert len(rows) == len(found.steps)


def test_the_cases_show_what_they_say() -> None:
    limit = sequence("limit").at(0)
    assert (limit.state.queued, limit.state.limit, limit.target) == (64, 64, "KVM")
    early = sequence("early-page")
    after = early.steps[early.begin : early.begin + 3]
    assert [one.kind for one in after] == ["told", "found", "run"]
    zero = sequence("token-zero")
    assert any("token 0x0 into the slot" in one.text for one in zero.steps[zero.begin - 6 : zero.begin])
    assert zero.steps[-1].state.stuck
    lost = sequence("lost-done").at(0)
    assert (lost.state.queued, lost.state.under_way) == (0, ())
    assert lost.state.stuck
    again = sequence("second-touch")
    assert again.steps[again.begin].state.runs == "halted"


def test_a_case_that_is_not_known() -> None:
    with pytest.raises(LabError, match="--case: 'x' is not one of recorded"):
        SequenceScenario("x")
    with pytest.raises(LabError, match="--step"):
        dataclasses.replace(SequenceScenario(), step=-1)
