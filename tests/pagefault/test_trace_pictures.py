"""A trace as lanes and as messages: what is drawn is what the trace says."""

from __future__ import annotations

from itertools import groupby, pairwise

import pytest

from lab.pagefault.trace import load, messages, pair, parse, trace_lanes
from lab.pagefault.trace.lanes import DELIVERED, HALTED, MOST_LANES, READING, TOLD, UNDELIVERED
from lab.pagefault.trace.messages import DEVICE, GUEST, KVM, PARTIES, WORKER
from tests.pagefault.recorded import NOT_TOLD, PAGES, recorded
from tests.pagefault.recorded import TOLD as TOLD_OF_FAULTS


@pytest.mark.parametrize("name", PAGES)
def test_lanes_are_the_intervals(name: str) -> None:
    trace, pairing, log = recorded(name)
    lanes = trace_lanes(trace, pairing, log)
    rows = 1 if name in NOT_TOLD else 3 if PAGES[name] == 9 else 4
    assert lanes.names == ("vCPU 0", *(f"page {i + 1}" for i in range(rows)))
    assert (lanes.unit, lanes.notes[0]) == ("ticks", f"{PAGES[name]} faults")
    zero = pairing.intervals[0].asked or 0
    for state, wanted in (
        (READING, {(f.number, (f.queued or 0) - zero, (f.completed or 0) - zero) for f in pairing.intervals}),
        (UNDELIVERED, {(f.number, (f.completed or 0) - zero, (f.ready or 0) - zero) for f in pairing.intervals}),
    ):
        assert {
            (lanes.group[i], lanes.start[i], lanes.end[i]) for i in range(len(lanes)) if lanes.state[i] == state
        } == wanted
    on_vcpu = {lanes.state[i] for i in range(len(lanes)) if lanes.lane[i] == 0}
    assert on_vcpu == ({HALTED} if name in NOT_TOLD else {TOLD})
    delivered = sum(1 for state in lanes.state if state == DELIVERED)
    assert (delivered > 0) == (name in TOLD_OF_FAULTS)
    for lane in range(len(lanes.names)):
        mine = [i for i in range(len(lanes)) if lanes.lane[i] == lane]
        assert all(lanes.end[a] <= lanes.start[b] for a, b in pairwise(mine))
    assert max(lanes.end) <= lanes.span[1]
    assert lanes.to_picture("a", "b")
    assert len(lanes.to_table().rows) == len(lanes)
    page = pairing.intervals[0].page
    assert any(f"page 0x{page:x} is on its way" in lanes.sentence(i) for i in range(len(lanes)))


def test_lanes_with_a_known_rate_are_in_milliseconds() -> None:
    ticks, known = trace_lanes(load("on-int")), trace_lanes(load("on-int", 1e9))
    assert known.unit == "ms"
    assert known.span[1] == pytest.approx(ticks.span[1] / 1e6)


def test_lanes_of_odd_traces() -> None:
    empty = trace_lanes(parse("# tracer: nop"))
    assert (empty.names, len(empty)) == ((), 0)
    far = "vmm-1 [000] 5: kvm_async_pf_not_present: token 0x1003 gva 0xfffffffffffff000"
    lanes = trace_lanes(parse(far + "\nvmm-1 [000] 9: kvm_entry: vcpu 3"))
    assert lanes.names == ("vCPU 3", "page 1")
    assert len(lanes) == 0  # it ends where it begins


def test_messages_of_the_recording_with_nine_faults() -> None:
    trace, pairing, log = recorded("uffd-on-fulltrace")
    found = messages(trace, log, pairing)
    assert [one.order for one in found] == list(range(len(found)))
    assert all(a.stamp <= b.stamp for a, b in pairwise(found))
    assert {one.source for one in found} | {one.target for one in found} == set(PARTIES)
    for fault in range(9):
        mine = [(one.source, one.target) for one in found if one.fault == fault]
        assert mine == [
            (GUEST, KVM),  # touches the page
            (KVM, WORKER), (WORKER, DEVICE),  # queued
            (KVM, GUEST),  # #PF
            (GUEST, GUEST),  # the task sleeps
            (DEVICE, WORKER), (WORKER, KVM),  # the page is in
            (KVM, GUEST),  # ready
            (GUEST, GUEST), (GUEST, GUEST),  # the task may run; it goes on
        ]  # fmt: skip
    first = [one.text for one in found if one.fault == 0]
    assert first[0] == "task 1 touches page 0x1000: the host has it not"
    assert first[3] == "#PF, flags say not present, CR2 = token 0x1000"
    assert first[4] == "task 1 sleeps on token 0x1000"
    assert first[-1] == "task 1 has page 0x1000 and goes on"
    assert found[0].text == "tell me of missing pages, also in kernel mode (flags 0xb)"
    assert [one.text for one in found if "nobody" in one.text] == ["token 0xffffffff: nobody sleeps on it"]
    acks = [one for one in found if one.text.startswith("ACK")]
    assert len(acks) == 10
    said = [one for one in found if one.log]
    assert all(one.source == one.target == GUEST for one in said)
    words = ("NOT_PRESENT", "READY", "SPURIOUS", "SWITCH", "TOUCHED")
    assert len(said) == sum(1 for one in log.guest if one.word in words)


@pytest.mark.parametrize("name", PAGES)
def test_no_effect_stands_before_its_cause(name: str) -> None:
    trace, pairing, log = recorded(name)
    found = messages(trace, log, pairing)
    for fault in range(PAGES[name]):
        mine = [one for one in found if one.fault == fault]
        order = ["touches page", "queued with", "read page", "#PF,", "sleeps on", "is in", "is done:", "ready: token",
                 "may run", "goes on"]  # fmt: skip
        places = [next((i for i, part in enumerate(order) if part in one.text), -1) for one in mine]
        if name in TOLD_OF_FAULTS:
            assert [place for place, _ in groupby(places)] == list(range(10))  # a #PF may be injected again
        else:
            assert not any("#PF" in one.text for one in mine)
            assert "the vCPU goes on, the guest is told nothing" in mine[-2].text


def test_messages_without_the_log_or_with_stamps_in_seconds() -> None:
    trace = recorded("on-int").trace
    plain = messages(trace)
    assert not any(one.log for one in plain)
    assert {one.fault for one in plain} == {-1, *range(32)}
    seconds = parse("vmm-1 [000] 1.000001: kvm_async_pf_not_present: token 0x1000 gva 0x5000")
    (queued, read) = messages(seconds, recorded("on-int").log, pair(seconds))
    assert (queued.source, read.target, queued.fault) == (KVM, DEVICE, 0)


def test_of_a_great_many_pages_at_once_some_are_drawn_and_the_rest_counted() -> None:
    many = MOST_LANES + 44
    lines = [
        f"vmm-1 [000] {i + 1}: kvm_async_pf_not_present: token {(i + 1) << 12:#x} gva {i << 12:#x}" for i in range(many)
    ]
    lanes = trace_lanes(
        parse("\n".join([*lines, f"kworker-9 [000] {many + 9}: kvm_async_pf_completed: gva 0x0 address 0x0"]))
    )
    assert len(lanes.names) == 1 + MOST_LANES
    assert lanes.notes[-1] == "44 more"
