"""What must hold in every run, whatever the scenario: each event is followed, the machine searched at the end."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.core.progress import silent
from lab.pagefault import events as ev
from lab.pagefault.events import Event
from lab.pagefault.gfns import EMPTY
from lab.pagefault.guest import NOBODY, take
from lab.pagefault.guest.sleepers import CHAINS
from lab.pagefault.host import HALT, SLEEP
from lab.pagefault.metrics import COMPUTING, ENDED, MARK, PHASES, STATES
from lab.pagefault.protocol import WAKE_ALL, vcpu_of
from lab.pagefault.records import Machine
from lab.pagefault.result import engine, events_of, run
from lab.pagefault.scenario import MODES, PageFaultScenario

AT_LEAST = {ev.RUN: "computing", ev.FAULT: "overhead", ev.INTERRUPT: "overhead", ev.SWITCH: "overhead",
            ev.STOPPED: "stopped", ev.HALTED: "halted", ev.IDLE: "idle", ev.WAITING: "waiting"}  # fmt: skip
END = Event(math.inf, "end", -1)


@dataclasses.dataclass
class Fault:
    """What the events have said of one fault that is under way."""

    vcpu: int
    task: int
    page: int
    halts: bool
    read: bool = False
    completed: bool = False


class Watch:
    """Follows the events of a run and objects to what cannot be."""

    def __init__(self, s: PageFaultScenario, mode: str) -> None:
        self.s, self.mode = s, mode
        tasks = s.all_tasks + s.calculators * s.vcpus
        self.home = [0 if s.shared else t % s.vcpus for t in range(tasks)]
        self.ready = set(range(tasks))  # on a run queue
        self.asleep = dict[int, int]()  # task -> token
        self.has = dict[int, int]()  # vCPU -> its task
        self.live = dict[int, Fault]()  # token -> fault queued and not delivered
        self.stopped = dict[int, Fault]()  # fault number -> synchronous fault
        self.slot = dict[int, int]()  # vCPU -> token that the guest has not acknowledged
        self.waking = defaultdict[int, list[int]](list)  # vCPU -> tasks that its interrupt is waking
        self.serving = set[int]()  # vCPUs in a page-ready interrupt
        self.state = ["idle"] * s.vcpus
        self.since = [0.0] * s.vcpus
        self.spent = [dict.fromkeys(STATES, 0.0) for _ in range(s.vcpus)]
        self.now = 0.0
        self.seen = set[str]()

    def follow(self, log: list[Event]) -> None:
        after = log[-1]
        pairs = []
        for e in reversed(log[:-1]):  # each with the next one that is not the device's
            pairs.append((e, after))
            after = after if e.kind == ev.READ else e
        for e, after in reversed(pairs):
            assert e.time >= self.now, "time is monotonic"
            if e.time > self.now:
                self.nobody_idles()
            self.now = e.time
            self.seen.add(e.kind)
            self.heard(e)
            if e.kind in AT_LEAST:
                self.enters(e.vcpu, AT_LEAST[e.kind])
            getattr(self, f"on_{e.kind}")(e, after)

    def nobody_idles(self) -> None:
        """Work is conserved: until now no vCPU has been idle while a task was ready for it.

        In the shared queue may stand one for each vCPU that was woken and waits for a core.
        """
        coming = sum(state == "waiting" and v not in self.has for v, state in enumerate(self.state))
        for v, state in enumerate(self.state):
            if state == "idle":
                mine = [t for t in self.ready if self.s.shared or self.home[t] == v]
                assert len(mine) <= (coming if self.s.shared else 0), f"vCPU {v} idles"
                assert v not in self.has

    def enters(self, v: int, state: str) -> None:
        self.spent[v][self.state[v]] += self.now - self.since[v]
        self.state[v], self.since[v] = state, self.now

    def heard(self, e: Event) -> None:
        """Whoever `ready` announced is on a run queue: at once, or when the interrupt is over."""
        if e.kind == ev.INTERRUPT:
            self.serving.add(e.vcpu)
        elif e.kind not in (ev.READ, ev.COMPLETED, ev.WAITING):
            self.serving.discard(e.vcpu)
        for v in [v for v in self.waking if v not in self.serving]:
            self.ready.update(self.waking.pop(v))

    # -- one method for each kind of event

    def dispatched(self, e: Event) -> None:
        """The vCPU has the task, or takes it from the run queue."""
        if self.has.get(e.vcpu) != e.task:
            assert e.vcpu not in self.has, "two tasks on a vCPU"
            assert e.task in self.ready, "a task runs that nobody has woken"
            self.ready.remove(e.task)
            self.has[e.vcpu] = e.task
        assert e.task not in self.asleep
        assert list(self.has.values()).count(e.task) == 1

    def on_run(self, e: Event, after: Event) -> None:
        self.dispatched(e)

    def on_switch(self, e: Event, after: Event) -> None:
        self.dispatched(e)

    def on_fault(self, e: Event, after: Event) -> None:
        self.dispatched(e)  # without a `run` where it touches its page again at once

    def on_stopped(self, e: Event, after: Event) -> None:
        assert self.has[e.vcpu] == e.task
        assert e.fault not in self.stopped
        self.stopped[e.fault] = Fault(e.vcpu, e.task, e.page, halts=False)

    def on_not_present(self, e: Event, after: Event) -> None:
        assert self.mode != "sync"
        assert self.has[e.vcpu] == e.task
        assert e.token not in (0, WAKE_ALL)
        assert e.token not in self.live, "a token names two faults"
        assert vcpu_of(e.token) == e.vcpu
        mine = [fault for fault in self.live.values() if fault.vcpu == e.vcpu]
        assert e.page not in [fault.page for fault in mine], "the vCPU has asked for this page already"
        assert self.s.limit is None or len(mine) < self.s.limit
        halts = (after.kind, after.vcpu, after.token) == (ev.HALTED, e.vcpu, e.token)
        assert halts or self.mode == "pv"
        self.live[e.token] = Fault(e.vcpu, e.task, e.page, halts)
        if not halts:
            self.asleep[e.task] = e.token
            del self.has[e.vcpu]

    def on_halted(self, e: Event, after: Event) -> None:
        assert self.has[e.vcpu] == e.task

    def on_repeated(self, e: Event, after: Event) -> None:
        assert self.has[e.vcpu] == e.task
        assert e.page in [fault.page for fault in self.live.values() if fault.vcpu == e.vcpu]
        assert (after.kind, after.vcpu, after.task) == (ev.HALTED, e.vcpu, e.task)

    def on_read(self, e: Event, after: Event) -> None:
        fault = self.under_way(e)
        if fault is not None:
            assert not fault.read
            fault.read = True

    def on_completed(self, e: Event, after: Event) -> None:
        fault = self.under_way(e)
        assert fault is not None
        assert fault.read
        assert not fault.completed
        fault.completed = True
        if e.token == 0:
            assert self.has[fault.vcpu] == fault.task
            del self.stopped[e.fault]

    def under_way(self, e: Event) -> Fault | None:
        """The fault that a worker speaks of; None: a migration has left it behind."""
        found = self.live.get(e.token) if e.token else self.stopped.get(e.fault)
        if found is not None:
            assert (found.vcpu, found.task, found.page) == (e.vcpu, e.task, e.page)
        return found

    def on_ready(self, e: Event, after: Event) -> None:
        fault = self.live.pop(e.token)
        assert (fault.vcpu, fault.task, fault.page, fault.completed) == (e.vcpu, e.task, e.page, True)
        assert e.vcpu not in self.slot, "the slot is taken"
        assert e.vcpu not in [sync.vcpu for sync in self.stopped.values()], (
            "its thread sleeps in a fault and delivers nothing"
        )
        if not fault.halts:
            if self.s.era == "5.8+":
                self.slot[e.vcpu] = e.token
            assert self.asleep.pop(e.task) == e.token
            self.waking[e.vcpu].append(e.task)

    def on_ack(self, e: Event, after: Event) -> None:
        assert self.slot.pop(e.vcpu) == e.token

    def on_preempted(self, e: Event, after: Event) -> None:
        self.dispatched(e)  # without a `run` where something else was due at once
        del self.has[e.vcpu]
        self.ready.add(e.task)

    def on_wake_all(self, e: Event, after: Event) -> None:
        for token in [token for token, fault in self.live.items() if fault.vcpu == e.vcpu]:
            del self.live[token]
        woken = [task for task, token in self.asleep.items() if vcpu_of(token) == e.vcpu]
        for task in woken:
            del self.asleep[task]
        self.ready.update(woken, self.waking.pop(e.vcpu, []))
        self.slot.pop(e.vcpu, None)

    def on_idle(self, e: Event, after: Event) -> None:
        assert e.vcpu not in self.has

    def on_interrupt(self, e: Event, after: Event) -> None:
        if e.task != NOBODY and e.task not in self.asleep:  # or just being told to sleep
            self.dispatched(e)

    on_waiting = on_interrupt


def sleepers(m: Machine) -> dict[int, int]:
    """token -> task, dummies too."""
    found, s = dict[int, int](), m.sleepers
    for chain in range(CHAINS):
        at = s[chain]
        while at != 0:
            found[s[at]] = s[at + 1]
            at = s[at + 3]
    return found


def look_through(m: Machine, mode: str) -> None:
    """At the end of a run every task, work and page stands where it should, once."""
    run = m.run
    free = list(m.free[: run.free_count])
    used = [m.works[w] for w in range(len(m.works)) if w not in free]
    assert len(set(free)) == len(free) == len(m.works) - len(used)
    told = {work.token: work.task for work in used if work.kind == SLEEP}
    asleep = sleepers(m) if mode == "pv" else {}
    for token, task in asleep.items():
        heard = m.vcpus[vcpu_of(token)].slot == token  # the guest is about to read it
        assert heard or told[token] == task, "a task sleeps that nothing will wake"

    standing = [take(m, q) for q in range(len(m.queues)) for _ in range(m.queues[q].length)]
    running = [vcpu.task for vcpu in m.vcpus if vcpu.task != NOBODY]
    assert sorted([*asleep.values(), *standing, *running]) == list(range(run.tasks)), "a task is lost or doubled"

    for v, vcpu in enumerate(m.vcpus):
        under_way = [work for work in used if work.vcpu == v and work.kind in (HALT, SLEEP)]
        assert vcpu.queued == len(under_way) <= run.limit
        if mode != "sync":
            table = m.gfns[v * run.gfn_slots : (v + 1) * run.gfn_slots]
            assert sorted(gfn for gfn in table if gfn != EMPTY) == sorted(work.page for work in under_way)


def add_up(m: Machine, watch: Watch, s: PageFaultScenario, full: bool) -> None:
    """Times add up, in the figures and in what the events show."""
    last = m.marks[(m.run.goals - 1) * MARK : m.run.goals * MARK]
    end = last[0]
    every = end * s.vcpus
    assert math.fsum(m.spent) == pytest.approx(every, rel=1e-9)
    assert math.fsum(last[1 : 1 + PHASES]) == pytest.approx(every, rel=1e-9)
    watch.now = end
    for v in range(s.vcpus):
        watch.enters(v, watch.state[v])
        if full:
            continue  # there was no room for the last events
        shown = [watch.spent[v][state] for state in STATES]
        assert shown == pytest.approx(list(m.spent[v * PHASES : (v + 1) * PHASES]), rel=1e-9, abs=1e-9 * end)
    computing = last[1 + COMPUTING] - m.marks[1 + COMPUTING]
    computed = math.fsum(task.computed for task in m.tasks)
    computed += math.fsum(end - m.tasks[vcpu.task].started for vcpu in m.vcpus if vcpu.phase == COMPUTING)
    assert computed == pytest.approx(computing, rel=1e-9, abs=1e-9 * end)


@st.composite
def scenarios(draw: st.DrawFn) -> PageFaultScenario:
    def pick(*values: Any) -> Any:
        return draw(st.sampled_from(values))

    scheduler, tick = pick("fifo", "fifo", "rr", "cfs", "eevdf"), pick(None, None, 3.0, 40.0)
    access = pick("rate", "rate", "rate", "zipf:0.8", "stack:1.5")
    asked: dict[str, Any] = {
        "tasks": draw(st.integers(1, 6)), "vcpus": draw(st.integers(1, 3)), "shared": draw(st.booleans()),
        "cores": pick(None, None, 1, 2), "slots": pick(None, None, 1, 2), "compute_dist": pick("exp", "det"),
        "page_in": pick(0.5, 4.0, 16.0), "page_in_dist": pick("exp", "det", "lognormal:1.0"),
        "overhead": pick(0.0, 0.0, 0.25), "exit_cost": pick(0.0, 0.1), "injection_cost": pick(0.0, 0.2),
        "switch_cost": pick(0.0, 0.3), "limit": pick(None, 64, 0, 1, 2), "tick": tick, "scheduler": scheduler,
        "slice": pick(None, 5.0), "kernel": pick(0.0, 0.0, 0.5), "send_always": draw(st.booleans()),
        "era": pick("5.8+", "5.8+", "2010"), "access": access, "working_set": 12, "memory": pick(4, 9),
        "shared_pages": access.startswith("zipf") and draw(st.booleans()),
        "calculators": 0 if scheduler == "fifo" or tick is None else pick(0, 0, 1), "host_slice": pick(2.0, 3000.0),
        "migrate": pick(None, None, None, 25.0), "faults": draw(st.integers(20, 90)), "window": 1e9,
        "seed": draw(st.integers(0, 1 << 32)),
    }  # fmt: skip
    return PageFaultScenario(**asked)


def observe(s: PageFaultScenario, mode: str, name: str) -> Watch:
    m = engine(name)(s, mode, silent)
    watch = Watch(s, mode)
    full = m.run.notes == len(m.note_time)
    log = [*events_of(m), END]
    while full and log[-1].kind in (END.kind, ev.READ):  # what comes after the last one is not known then
        log.pop()
    watch.follow(log)
    assert ENDED[m.run.ended] == "complete"
    add_up(m, watch, s, full)
    look_through(m, mode)
    return watch


@pytest.mark.parametrize("mode", MODES)
@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(scenarios())
def test_every_run_keeps_to_the_protocol(mode: str, s: PageFaultScenario) -> None:
    observe(s, mode, "simpy")


@settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
@given(s=scenarios(), mode=st.sampled_from(MODES))
def test_so_does_every_compiled_run(mode: str, s: PageFaultScenario) -> None:
    observe(s, mode, "fast")


SHAPES = [
    {"tasks": tasks, "vcpus": vcpus, "page_in": page_in, "limit": limit, "slots": slots, "page_in_dist": law}
    for tasks, vcpus, page_in, limit, slots, law in (
        (1, 1, 4.0, 64, None, "exp"), (2, 1, 0.5, 64, None, "exp"), (4, 1, 4.0, 64, 1, "exp"),
        (4, 1, 16.0, 64, 2, "det"), (6, 1, 4.0, 0, None, "exp"), (6, 1, 4.0, 1, None, "exp"),
        (6, 1, 4.0, 2, 1, "lognormal:1.0"), (3, 2, 4.0, 64, 1, "exp"), (3, 2, 4.0, 1, None, "det"),
        (5, 3, 8.0, 3, 2, "exp"),
    )
]  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_when_nothing_costs_anything_sync_does_not_beat_pv(shape: dict[str, Any]) -> None:
    """In the mean over seeds, and by no more than chance where the device or the limit makes the two alike."""
    gains = []
    for seed in range(8):
        s = PageFaultScenario(faults=500, seed=seed, **shape)
        gains.append(run(s, "pv").throughput / run(s, "sync").throughput - 1)
    error = statistics.stdev(gains) / math.sqrt(len(gains))
    assert statistics.fmean(gains) >= -3 * error - 1e-9
    if shape["slots"] is None and shape["limit"] != 0 and shape["tasks"] > 1:
        assert min(gains) > 0.05  # there it is no question of chance
