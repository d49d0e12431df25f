"""A run in the kernel's grammar: what is written is read back as the same events."""

from __future__ import annotations

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.pagefault import PageFaultScenario, run
from lab.pagefault import events as ev
from lab.pagefault.protocol import WAKE_ALL, token_of
from lab.pagefault.trace import LAYOUTS, Trace, most, pair, parse, write
from lab.pagefault.trace import event as kinds
from lab.pagefault.trace.perfetto import VCPU
from tests.pagefault.conftest import machine

TEXTS = [name for name in LAYOUTS if name != "perfetto"]
UNIT = {"tracefs": "ticks", "trace-cmd": "s", "perf": "s"}
Said = tuple[str, int, int, int]  # kind, nanoseconds, token, page


def expected(events: list[ev.Event]) -> list[Said]:
    """What KVM traces of a run: by the model's kinds, with the try that a second touch begins with."""
    out: list[Said] = []
    asked: dict[int, int] = {}
    queued = {(e.vcpu, e.token, e.fault) for e in events if e.kind == ev.NOT_PRESENT}
    for e in events:
        at, page = round(e.time * 1000), e.page if e.page >= 0 else ev.page_of(e.fault)
        if e.kind == ev.FAULT:
            asked[e.vcpu] = page
            out.append((kinds.TRY, at, 0, page))
        elif e.kind in (ev.NOT_PRESENT, ev.REPEATED):
            if asked.pop(e.vcpu, None) != page:
                out.append((kinds.TRY, at, 0, page))
            out.append((e.kind, at, e.token if e.kind == ev.NOT_PRESENT else 0, page))
        elif e.kind == ev.COMPLETED and (e.vcpu, e.token, e.fault) in queued:
            out.append((kinds.COMPLETED, at, 0, page))
        elif e.kind == ev.READY and (e.vcpu, e.token, e.fault) in queued:
            out.append((kinds.READY, at, e.token, page))
        elif e.kind == ev.WAKE_ALL:
            out.append((kinds.WAKE_ALL, at, WAKE_ALL, 0))
        elif e.kind == ev.ACK:
            out.append((kinds.ACK, at, 0, 0))
    return out


def said(trace: Trace) -> list[Said]:
    known = (*kinds.ASYNC, kinds.ACK)
    return [(e.kind, e.stamp, e.token or 0, (e.gva or 0) >> 12) for e in trace.events if e.kind in known]


def read_back(events: list[ev.Event], layout: str) -> Trace:
    trace = parse(write(events, layout), layout)
    assert trace.unread == ()
    assert trace.notes == ()
    assert said(trace) == expected(events)
    assert {e.vcpu for e in trace.events if e.tid < 9000} <= {-1} | {e.vcpu for e in events}
    for e in trace.events:
        if e.tid < 9000 and e.kind in (kinds.TRY, kinds.NOT_PRESENT) and e.vcpu >= 0:
            assert e.tid == 1000 + e.vcpu
    return trace


@pytest.mark.parametrize("layout", TEXTS)
@pytest.mark.parametrize("mode", ["halt", "pv"])
def test_a_run_is_read_back(mode: str, layout: str) -> None:
    found = run(PageFaultScenario(tasks=4, vcpus=2, slots=3, limit=2, faults=40, window=1e9), mode)
    trace = read_back(list(found.events), layout)
    assert (trace.layout, trace.unit) == (layout, UNIT[layout])
    faults = pair(trace).intervals
    touched = [e.page if e.page >= 0 else ev.page_of(e.fault) for e in found.events if e.kind == ev.FAULT]
    assert sorted(one.page or 0 for one in faults) == sorted(touched)
    assert most(faults) <= found.most_in_flight
    told = {one.told for one in faults if one.queued is not None}
    assert told == {mode == "pv"} or (mode == "halt" and told == {None})


@settings(max_examples=25)
@given(
    st.integers(1, 6), st.integers(1, 3), st.booleans(), st.sampled_from([None, 1, 2]),
    st.sampled_from([None, 0, 1, 3]), st.sampled_from(["halt", "pv", "sync"]),
    st.sampled_from(TEXTS), st.integers(0, 99),
)  # fmt: skip
def test_random_runs_are_read_back(
    tasks: int, vcpus: int, shared: bool, slots: int | None, limit: int | None, mode: str, layout: str, seed: int
) -> None:
    scenario = PageFaultScenario(
        tasks=tasks, vcpus=vcpus, shared=shared, slots=slots, limit=limit, faults=30, window=1e9, seed=seed
    )
    read_back(list(run(scenario, mode).events), layout)


@st.composite
def runs(draw: st.DrawFn) -> list[ev.Event]:
    """Events of several vCPUs as a model may note them: faults, second touches, wake-alls, tokens near their wrap."""
    vcpus = draw(st.integers(1, 3))
    start = draw(st.sampled_from([0, 1, (1 << 20) - 2, (1 << 20) - 1]))
    m = machine(1, vcpus)
    for vcpu in m.vcpus:
        vcpu.ids = start
    events, open_faults, time, count = [], list[ev.Event](), 0.0, 0
    for _ in range(draw(st.integers(1, 25))):
        time += draw(st.floats(0, 50, allow_nan=False))
        v = draw(st.integers(0, vcpus - 1))
        step = draw(st.sampled_from(["fault", "fault", "again", "done", "wake_all", "ack", "sync"]))
        mine = [e for e in open_faults if e.vcpu == v]
        if step == "fault":
            page = draw(st.sampled_from([0, 5, 0x1000 + count, 1 << 40]))
            if any(e.page == page for e in mine):
                continue
            task = draw(st.integers(0, 3))
            events.append(ev.Event(time, ev.FAULT, v, task, count, 0, page))
            told = ev.Event(time, ev.NOT_PRESENT, v, task, count, token_of(m, v), page)
            events.append(told)
            open_faults.append(told)
            if draw(st.booleans()):
                events.append(ev.Event(time, ev.HALTED, v, task, count, told.token, page))
            count += 1
        elif step == "again" and mine:
            events.append(ev.Event(time, ev.REPEATED, v, mine[0].task, mine[0].fault, 0, mine[0].page))
        elif step == "done" and open_faults:
            one = open_faults.pop(draw(st.integers(0, len(open_faults) - 1)))
            events.append(one._replace(time=time, kind=ev.COMPLETED))
            events.append(one._replace(time=time, kind=ev.READY))
        elif step == "wake_all":
            events.append(ev.Event(time, ev.WAKE_ALL, v, token=WAKE_ALL))
        elif step == "ack":
            events.append(ev.Event(time, ev.ACK, v))
        elif step == "sync":
            events.append(ev.Event(time, ev.FAULT, v, 0, count, 0, 0x2000 + count))
            events.append(ev.Event(time, ev.STOPPED, v, 0, count, 0, 0x2000 + count))
            count += 1
    return events


@settings(max_examples=40)
@given(runs(), st.sampled_from(TEXTS))
def test_any_events_are_read_back(events: list[ev.Event], layout: str) -> None:
    if not any(e.kind not in (ev.HALTED, ev.STOPPED) for e in events):
        return
    trace = read_back(events, layout)
    found = pair(trace)
    tokens = [e.token for e in events if e.kind == ev.NOT_PRESENT]
    assert [one.token for one in found.intervals if one.queued is not None] == tokens
    assert 0 not in tokens
    assert sum(one.repeated for one in found.intervals) == sum(1 for e in events if e.kind == ev.REPEATED)
    assert len(found.wake_alls) == sum(1 for e in events if e.kind == ev.WAKE_ALL)
    ready = {(e.vcpu, e.token): round(e.time * 1000) for e in events if e.kind == ev.READY}
    for one in found.intervals:
        if one.queued is not None:
            assert one.ready == ready.get((one.vcpu, one.token or 0))


def test_a_token_at_its_wrap_and_an_address_of_nought_in_each_layout() -> None:
    m = machine(1)
    m.vcpus[0].ids = 1 << 20
    token = token_of(m, 0)
    assert token == 0x1000
    events = [ev.Event(1.0, ev.FAULT, 0, 0, 0, 0, 0), ev.Event(1.0, ev.NOT_PRESENT, 0, 0, 0, token, 0)]
    assert "gva = 0x0, gfn = 0x0\n" in write(events, "tracefs")  # the kernel's own %#llx
    for layout in ("trace-cmd", "perf"):  # the C library's
        assert "gva = 0, gfn = 0\n" in write(events, layout)


def test_the_layouts_are_those_of_the_tools() -> None:
    event = [ev.Event(28714545983.5, ev.FAULT, 3, 0, 0, 0, 0x1000)]
    text = "gva = 0x1000000, gfn = 0x1000\n"
    assert write(event, "trace-cmd") == (
        f"cpus=4\n       CPU 3/KVM-1003  [003] 28714.545983500: kvm_try_async_get_page: {text}"
    )
    assert write(event, "perf") == (
        f"       CPU 3/KVM    1003 [003] 28714.545983500: kvm:kvm_try_async_get_page: {text}"
    )
    assert write(event, "tracefs").splitlines()[-1] + "\n" == (
        f"       CPU 3/KVM-1003    [003] ..... 28714545983500: kvm_try_async_get_page: {text}"
    )
    with pytest.raises(LabError, match=r"^--trace-format: 'x' is not one of tracefs, trace-cmd, perf, perfetto$"):
        write(event, "x")


def test_workers_are_named_and_none_reads_two_pages_at_once() -> None:
    found = run(PageFaultScenario(tasks=6, slots=None, faults=60, window=1e9), "pv")
    trace = parse(write(found.events, "tracefs"))
    names = {(e.comm, e.tid) for e in trace.events if e.kind == kinds.COMPLETED}
    assert 1 < len(names) <= found.most_in_flight
    assert all(comm == f"kworker/0:{tid - 9000}" for comm, tid in names)


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [n for v in value.values() for n in numbers(v)]
    if isinstance(value, list):
        return [n for v in value for n in numbers(v)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


@pytest.mark.parametrize("mode", ["sync", "halt", "pv"])
def test_perfetto_has_threads_slices_that_do_not_overlap_and_flows_that_end(mode: str) -> None:
    found = run(PageFaultScenario(tasks=3, vcpus=2, slots=2, limit=2, faults=60, window=1e9), mode)
    data = json.loads(write(found.events, "perfetto"))
    entries = data["traceEvents"]
    assert all(math.isfinite(n) for n in numbers(data))
    named = {(e["pid"], e["tid"]): e["args"]["name"] for e in entries if e["name"] == "thread_name"}
    assert {"vCPU 0", "vCPU 1", "device slot 0", "task 0", "task 1"} <= set(named.values())
    assert {e["args"]["name"] for e in entries if e["name"] == "process_name"} == {"host", "guest"}
    slices: dict[tuple[int, int], list[Any]] = {}
    for e in entries:
        assert e["ph"] in "MXiCstf"
        if e["ph"] == "X":
            assert (e["pid"], e["tid"]) in named
            slices.setdefault((e["pid"], e["tid"]), []).append(e)
    for row in slices.values():
        row.sort(key=lambda e: e["ts"])
        for before, after in pairwise(row):
            assert before["dur"] > 0 or before["name"].startswith("page")
            assert before["ts"] + before["dur"] <= after["ts"] * (1 + 1e-12) + 1e-9
    begun = [e["id"] for e in entries if e["ph"] == "s"]
    ended = [e["id"] for e in entries if e["ph"] == "f"]
    assert len(set(begun)) == len(begun) == sum(1 for e in found.events if e.kind == ev.NOT_PRESENT)
    assert set(ended) <= set(begun)
    assert len(ended) == len(set(ended)) == sum(1 for e in found.events if e.kind == ev.READY)
    if mode == "sync":
        assert begun == []


def test_perfetto_s_slices_add_up_to_the_run_s_shares() -> None:
    found = run(PageFaultScenario(tasks=3, faults=400, window=1e9), "pv")
    entries = json.loads(write(found.events, "perfetto"))["traceEvents"]
    length: dict[str, float] = {}
    for e in entries:
        if e["ph"] == "X" and e["pid"] == 1 and e["tid"] == 1:
            length[e["name"]] = length.get(e["name"], 0.0) + e["dur"]
    assert set(length) <= set(VCPU.values())
    share = length["computes"] / sum(length.values())
    assert share == pytest.approx(found.utilisation, abs=0.05)  # the events hold the warm-up too


@settings(max_examples=15)
@given(runs())
def test_perfetto_takes_any_events(events: list[ev.Event]) -> None:
    data = json.loads(write(events, "perfetto"))
    assert all(math.isfinite(n) and n >= 0 for n in numbers(data))
