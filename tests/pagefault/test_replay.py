"""The model fed with the recordings comes to their order of events, with their tokens; both engines."""

from __future__ import annotations

import dataclasses

import pytest

from lab.core.errors import LabError
from lab.pagefault import events as ev
from lab.pagefault.protocol import WAKE_ALL
from lab.pagefault.replaying import compared, machine_of, mode_of, recorded_order, replay
from lab.pagefault.trace import Replay, replay_input
from tests.pagefault.recorded import NOT_TOLD, PAGES, TOLD, recorded


def fed_with(name: str) -> Replay:
    found = recorded(name)
    return replay_input(found.trace, found.log, found.pairing)


def mode_in(name: str) -> str:
    return mode_of(recorded(name).pairing)


@pytest.mark.parametrize("engine", ["simpy", "fast"])
@pytest.mark.parametrize("delivery", [True, False], ids=["with delivery", "page-in alone"])
@pytest.mark.parametrize("name", PAGES)
def test_the_model_gives_the_recorded_order_with_the_recorded_tokens(name: str, delivery: bool, engine: str) -> None:
    """The proof that the issue asks for."""
    found = compared(fed_with(name), mode_in(name), engine, delivery)
    assert found.recorded == {ev.NOT_PRESENT: PAGES[name], ev.READY: PAGES[name]}
    assert found.simulated == found.recorded
    assert found.first_difference is None
    assert found.same_order
    assert found.furthest is not None
    if delivery:  # nothing else took time in between: the stamps come out too
        assert found.furthest == 0.0
    else:
        assert found.furthest > 0  # the host's deliveries did take time


@pytest.mark.parametrize("name", PAGES)
def test_the_order_is_that_of_the_trace_itself(name: str) -> None:
    """`recorded_order` against the raw events, in the order of their lines in the file."""
    kinds = {"kvm_async_pf_not_present": ev.NOT_PRESENT, "kvm_async_pf_ready": ev.READY}
    raw = [(kinds[e.name], e.token) for e in recorded(name).trace.events if e.name in kinds and e.token != WAKE_ALL]
    assert [said[1:] for said in recorded_order(fed_with(name))] == raw


@pytest.mark.parametrize("name", PAGES)
def test_tasks_fault_in_the_recorded_order(name: str) -> None:
    recording = fed_with(name)
    events = replay(recording, mode_in(name))
    assert tuple(e.task for e in events if e.kind == ev.NOT_PRESENT) == recording.tasks
    assert {e.vcpu for e in events} == {0}


def test_a_guest_that_is_not_told_halts() -> None:
    assert {mode_in(name) for name in TOLD} == {"pv"}
    assert {mode_in(name) for name in NOT_TOLD} == {"halt"}


def test_the_wrong_mode_does_not_agree() -> None:
    """So that the proof could fail: other rules with the same input give another order."""
    found = compared(fed_with("on-int"), "halt")
    assert not found.same_order
    assert found.first_difference == (1, (ev.NOT_PRESENT, 0x2000), (ev.READY, 0x1000))
    assert found.furthest is None


def test_other_page_ins_do_not_agree() -> None:
    recording = fed_with("on-int-lifo")
    known = [value or 0.0 for value in recording.page_ins]
    slow = dataclasses.replace(recording, page_ins=(known[0] * 100, *known[1:]))
    events = [(e.kind, e.token) for e in replay(slow, "pv") if e.kind in (ev.NOT_PRESENT, ev.READY)]
    assert events != [said[1:] for said in recorded_order(recording)]


def test_what_cannot_be_replayed_is_refused() -> None:
    found = recorded("on-int")
    with pytest.raises(LabError, match="does not say which task faults; give the guest's log with --log FILE"):
        machine_of(replay_input(found.trace, None, found.pairing), "pv")
    whole = fed_with("on-int")
    with pytest.raises(LabError, match="2 vCPUs; only those of one vCPU are replayed"):
        machine_of(dataclasses.replace(whole, vcpus=(1, *whole.vcpus[1:])), "pv")
    with pytest.raises(LabError, match="token 0x1000 was delivered"):
        machine_of(dataclasses.replace(whole, page_ins=(None, *whole.page_ins[1:])), "pv")
