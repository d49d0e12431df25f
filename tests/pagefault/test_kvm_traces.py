"""What KVM did in the recordings, beside the log of the machine's own side, and beside the model.

Order and counts are evidence there; times are not (ticks of an emulated clock, single runs).
"""

from __future__ import annotations

import pytest

from lab.pagefault import PageFaultScenario, run
from lab.pagefault import events as ev
from lab.pagefault.comparison import Run
from lab.pagefault.protocol import WAKE_ALL, token_of, vcpu_of
from lab.pagefault.trace import Traced, most
from tests.pagefault.conftest import machine
from tests.pagefault.recorded import NOT_TOLD, PAGES, TOLD, recorded

STEPS = (ev.FAULT, ev.NOT_PRESENT, ev.COMPLETED, ev.READY)
SAME = {"try": ev.FAULT, "not_present": ev.NOT_PRESENT, "completed": ev.COMPLETED, "ready": ev.READY}


def traced(name: str, kind: str = "") -> list[Traced]:
    """The events of a recording that the model knows too, or those of one of its kinds."""
    return [e for e in recorded(name).trace.events if SAME.get(e.kind) in ((kind,) if kind else STEPS)]


def pages(name: str, kind: str) -> list[int]:
    return [(one.gva or 0) >> 12 for one in traced(name, kind)]


def tokens(name: str, kind: str) -> list[int | None]:
    return [one.token for one in traced(name, kind)]


def modelled(mode: str, tasks: int = 4) -> Run:
    """A run of the model as the recorded guest was: tasks that are all alike, page-ins that do not vary."""
    return run(
        PageFaultScenario(
            tasks=tasks, compute=1.0, page_in=8.0, compute_dist="det", page_in_dist="det", faults=64, window=1e4
        ),
        mode,
    )


def touched(found: Run) -> list[int]:
    return [ev.page_of(e.fault) for e in found.events if e.kind == ev.FAULT]


@pytest.mark.parametrize("name", PAGES)
def test_both_sides_of_the_fault_tell_the_same(name: str) -> None:
    log = recorded(name).log
    asked = pages(name, ev.FAULT)
    assert len(asked) == PAGES[name]
    assert pages(name, ev.NOT_PRESENT) == asked  # queued as they are asked for, each once
    for kind in (ev.COMPLETED, ev.READY):
        assert sorted(pages(name, kind)) == sorted(asked), kind
    assert sorted(asked) == sorted(address >> 12 for address in log.heard("TOUCHED"))
    lost = [0x101F] if name == "on-nosendalways" else []  # a line that this log of the VMM lacks
    assert sorted([*(one.gpa >> 12 for one in log.arrivals if one.rc == 0), *lost]) == sorted(asked)


@pytest.mark.parametrize("name", PAGES)
def test_what_the_guest_hears_is_what_kvm_sends(name: str) -> None:
    trace, _, log = recorded(name)
    assert log.heard("NOT_PRESENT") == (tokens(name, ev.NOT_PRESENT) if name in TOLD else [])
    assert log.heard("READY") == (tokens(name, ev.READY) if name in TOLD else [])
    everyone = [e for e in trace.events if e.kind == "wake_all"]
    enabled = name != "off-hostonly"  # then KVM wakes whoever sleeps from before, once
    assert [e.token for e in everyone] == log.heard("SPURIOUS") == [WAKE_ALL] * enabled
    assert all(e.stamp < traced(name)[0].stamp for e in everyone)
    assert trace.flags == {"off-hostonly": None, "on-nosendalways": 0x9}.get(name, 0xB)
    assert log.result["flags"] == (trace.flags or 0)


@pytest.mark.parametrize("name", PAGES)
def test_tokens_are_those_of_the_model(name: str) -> None:
    model = machine(1)
    exits = [e.vcpu for e in recorded(name).trace.events if e.kind in ("exit", "page_fault")]
    assert set(exits) == {0}
    for token in tokens(name, ev.NOT_PRESENT):
        assert token == token_of(model, 0) != 0
        assert vcpu_of(token) == 0


@pytest.mark.parametrize("name", PAGES)
def test_each_fault_goes_through_the_model_s_steps_in_order(name: str) -> None:
    mode, tasks = ("pv" if name in TOLD else "halt"), (3 if name == "uffd-on-fulltrace" else 4)
    model = [e.kind for e in modelled(mode, tasks).events if e.fault == 0 and e.kind in STEPS]
    assert model == list(STEPS)
    stamps = [one.stamp for one in recorded(name).trace.events]
    assert stamps == sorted(stamps)
    for page in pages(name, ev.FAULT):
        assert [SAME[one.kind] for one in traced(name) if (one.gva or 0) >> 12 == page] == model


def test_told_four_are_under_way_and_not_told_one() -> None:
    for name in NOT_TOLD:
        assert most(recorded(name).pairing.intervals) == modelled("halt").most_in_flight == 1, name
    for name in ("on-int", "on-int-lifo"):
        assert most(recorded(name).pairing.intervals) == modelled("pv").most_in_flight == 4, name
    assert most(recorded("uffd-on-fulltrace").pairing.intervals) == modelled("pv", tasks=3).most_in_flight == 3


def test_told_the_tasks_take_turns_and_not_told_each_goes_on_alone() -> None:
    turns = touched(modelled("pv"))[:32]
    assert turns[:4] == [0x1000, 0x1001, 0x1002, 0x1003]
    assert pages("on-int", ev.FAULT) == turns
    assert pages("uffd-on-fulltrace", ev.FAULT) == touched(modelled("pv", tasks=3))[:9]
    alone = touched(modelled("halt"))[:8]  # the guest's tasks have eight pages each
    assert alone[:3] == [0x1000, 0x1004, 0x1008]
    for name in NOT_TOLD:
        assert pages(name, ev.FAULT) == [page + task for task in range(4) for page in alone], name


def test_last_asked_for_first_in_is_the_order_of_delivery() -> None:
    asked, ready = pages("on-int-lifo", ev.FAULT), pages("on-int-lifo", ev.READY)
    assert ready == [one.gpa >> 12 for one in recorded("on-int-lifo").log.arrivals]
    for i in range(0, 32, 4):
        assert set(ready[i : i + 4]) == set(asked[i : i + 4])
    assert ready[:4] == [0x1003, 0x1002, 0x1001, 0x1000] == asked[3::-1]
