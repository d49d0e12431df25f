"""What KVM did in the recordings, beside the log of the machine's own side, and beside the model.

Order and counts are evidence there; times are not (ticks of an emulated clock, single runs).
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest

from lab.core import dataset
from lab.pagefault import PageFaultScenario, run
from lab.pagefault import events as ev
from lab.pagefault.comparison import Run
from lab.pagefault.protocol import WAKE_ALL, next_token, vcpu_of

TRACED = re.compile(r"^ *\S+-\d+ +\[\d+\] \S+ +(\d+): (\w+): (.*)$")
PAGES = {"off-hostonly": 32, "on-int": 32, "on-int-lifo": 32, "on-nosendalways": 32, "uffd-on-fulltrace": 9}
TOLD = ("on-int", "on-int-lifo", "uffd-on-fulltrace")  # the guest hears of its faults
NOT_TOLD = ("off-hostonly", "on-nosendalways")
SAME = {  # the kernel's event for what the model calls it
    "kvm_try_async_get_page": ev.FAULT,
    "kvm_async_pf_not_present": ev.NOT_PRESENT,
    "kvm_async_pf_completed": ev.COMPLETED,
    "kvm_async_pf_ready": ev.READY,
}


class Traced(NamedTuple):
    """A line of the trace about an asynchronous fault; `page` is a frame number; -1 for what it does not say."""

    ticks: int
    kind: str
    page: int
    token: int
    vcpu: int  # of the exit that the line belongs to


class Recording(NamedTuple):
    """One recording: KVM's events, the pages that the VMM put in, and the guest's own log (word, value)."""

    traced: list[Traced]
    arrived: list[int]
    guest: list[tuple[str, int]]
    flags: int

    def pages(self, kind: str) -> list[int]:
        return [one.page for one in self.traced if one.kind == kind and one.token != WAKE_ALL]

    def heard(self, word: str) -> list[int]:
        return [value for said, value in self.guest if said == word]


def read(name: str) -> Recording:
    path = dataset.find(f"pagefault/{name}").path
    traced, vcpu, flags = [], -1, 0
    for line in path.read_text("ascii").splitlines():
        found = TRACED.match(line)
        if found is None:
            assert line.startswith("#"), line
            continue
        ticks, event, said = int(found[1]), found[2], found[3]
        if exit_of := re.match(r"vcpu (\d+) rip", said):
            vcpu = int(exit_of[1])
        if event == "kvm_msr" and (enabled := re.fullmatch(r"msr_write 4b564d02 = (0x[0-9a-f]+)", said)):
            flags = int(enabled[1], 16) & 0xF
        if event in SAME:
            gva, token = re.search(r"gva =? ?(0x[0-9a-f]+)", said), re.search(r"token (0x[0-9a-f]+)", said)
            assert gva
            traced.append(Traced(ticks, SAME[event], int(gva[1], 16) >> 12, int(token[1], 16) if token else -1, vcpu))
    log = path.with_name(f"{name}.vmm.txt").read_text("ascii")
    arrived = [int(gpa, 16) >> 12 for gpa in re.findall(r"^UFFD copy .* gpa=(0x[0-9a-f]+) rc=0$", log, re.MULTILINE)]
    guest = re.findall(r"^G \d+ host_tsc=\d+ task\d+ (\w+) (\w+)$", log, re.MULTILINE)
    return Recording(traced, arrived, [(word, int(value, 16)) for word, value in guest], flags)


def most_under_way(traced: list[Traced]) -> int:
    under_way, most = set[int](), 0
    for one in traced:
        if one.kind == ev.NOT_PRESENT:
            under_way.add(one.page)
        elif one.kind == ev.COMPLETED:
            under_way.remove(one.page)
        most = max(most, len(under_way))
    return most


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
    found = read(name)
    asked = found.pages(ev.FAULT)
    assert len(asked) == PAGES[name]
    assert found.pages(ev.NOT_PRESENT) == asked  # queued as they are asked for, each once
    for kind in (ev.COMPLETED, ev.READY):
        assert sorted(found.pages(kind)) == sorted(asked), kind
    assert sorted(asked) == sorted(page >> 12 for page in found.heard("TOUCHED"))
    lost = [0x101F] if name == "on-nosendalways" else []  # a line that this log of the VMM lacks
    assert sorted([*found.arrived, *lost]) == sorted(asked)


@pytest.mark.parametrize("name", PAGES)
def test_what_the_guest_hears_is_what_kvm_sends(name: str) -> None:
    found = read(name)
    sent = [one.token for one in found.traced if one.kind == ev.NOT_PRESENT]
    ready = [one.token for one in found.traced if one.kind == ev.READY]
    assert found.heard("NOT_PRESENT") == (sent if name in TOLD else [])
    enabled = name != "off-hostonly"  # then KVM wakes whoever sleeps from before, once
    assert (ready[:1] == [WAKE_ALL]) == enabled
    assert ready.count(WAKE_ALL) == enabled
    assert found.heard("SPURIOUS") == [WAKE_ALL] * enabled
    assert found.heard("READY") == (ready[1:] if name in TOLD else [])
    assert found.flags == {"off-hostonly": 0, "on-nosendalways": 0x9}.get(name, 0xB)


@pytest.mark.parametrize("name", PAGES)
def test_tokens_are_those_of_the_model(name: str) -> None:
    ids = [0]
    for one in read(name).traced:
        if one.kind != ev.NOT_PRESENT:
            continue
        assert one.token != 0
        assert one.vcpu == 0  # said by the exit before it
        assert vcpu_of(one.token) == one.vcpu
        assert one.token == next_token(ids, one.vcpu)


@pytest.mark.parametrize("name", PAGES)
def test_each_fault_goes_through_the_model_s_steps_in_order(name: str) -> None:
    found = read(name)
    mode, tasks = ("pv" if name in TOLD else "halt"), (3 if name == "uffd-on-fulltrace" else 4)
    model = [e.kind for e in modelled(mode, tasks).events if e.fault == 0 and e.kind in SAME.values()]
    assert model == [ev.FAULT, ev.NOT_PRESENT, ev.COMPLETED, ev.READY]
    assert [one.ticks for one in found.traced] == sorted(one.ticks for one in found.traced)
    for page in found.pages(ev.FAULT):
        assert [one.kind for one in found.traced if one.page == page] == model


def test_told_four_are_under_way_and_not_told_one() -> None:
    for name in NOT_TOLD:
        assert most_under_way(read(name).traced) == modelled("halt").most_in_flight == 1, name
    for name in ("on-int", "on-int-lifo"):
        assert most_under_way(read(name).traced) == modelled("pv").most_in_flight == 4, name
    assert most_under_way(read("uffd-on-fulltrace").traced) == modelled("pv", tasks=3).most_in_flight == 3


def test_told_the_tasks_take_turns_and_not_told_each_goes_on_alone() -> None:
    turns = touched(modelled("pv"))[:32]
    assert turns[:4] == [0x1000, 0x1001, 0x1002, 0x1003]
    assert read("on-int").pages(ev.FAULT) == turns
    assert read("uffd-on-fulltrace").pages(ev.FAULT) == touched(modelled("pv", tasks=3))[:9]
    alone = touched(modelled("halt"))[:8]  # the guest's tasks have eight pages each
    assert alone[:3] == [0x1000, 0x1004, 0x1008]
    for name in NOT_TOLD:
        assert read(name).pages(ev.FAULT) == [page + task for task in range(4) for page in alone], name


def test_last_asked_for_first_in_is_the_order_of_delivery() -> None:
    found = read("on-int-lifo")
    asked, ready = found.pages(ev.FAULT), found.pages(ev.READY)
    assert ready == found.arrived
    for i in range(0, 32, 4):
        assert set(ready[i : i + 4]) == set(asked[i : i + 4])
    assert ready[:4] == [0x1003, 0x1002, 0x1001, 0x1000] == asked[3::-1]
