"""The model in SimPy: one process for each vCPU, events for the pages. It decides nothing itself.

What a fault does is `host.answer`, who runs next is the guest's scheduler, tokens and the limit are
`protocol`; here they meet on one clock.
"""

from __future__ import annotations

from collections.abc import Generator, MutableSequence
from typing import Any

import simpy

from lab.core.progress import Progress, silent
from lab.pagefault import events as ev
from lab.pagefault import protocol
from lab.pagefault.device import Device
from lab.pagefault.guest import NOBODY, SCHEDULERS
from lab.pagefault.host import HALT, MODE, SLEEP, STOP, answer
from lab.pagefault.metrics import COMPUTING, HALTED, IDLE, OVERHEAD, STOPPED, Mark, StateTimes, batches_for
from lab.pagefault.randomness import BURST, LAWS, PAGE_IN, stream
from lab.pagefault.scenario import PageFaultScenario

__all__ = ["MOST_EVENTS", "Machine", "simulate"]

MOST_EVENTS = 500_000


class Machine:
    """A guest on its host, in one mode; `run` lets it live until enough faults are complete.

    `window`: until when (us) events are logged; 0 logs nothing, infinity everything, but never more than
    `MOST_EVENTS`. Afterwards `marks` holds the ends of warm-up and batches, `log` the events up to `covered`.
    """

    def __init__(self, scenario: PageFaultScenario, mode: str, window: float = 0.0) -> None:
        s = self.scenario = scenario
        self.env = simpy.Environment()
        self.mode = MODE[mode]
        self.tasks = s.all_tasks
        self.overhead = s.overhead_of(mode)
        self.limit = protocol.NO_LIMIT if s.limit is None else s.limit
        self.queued, self.ids = [0] * s.vcpus, [0] * s.vcpus
        self.bursts = [stream(s.seed, BURST, task) for task in range(self.tasks)]
        page_ins = [stream(s.seed, PAGE_IN, task) for task in range(self.tasks)]
        self.device = Device(self.env, s.slots, LAWS[s.page_in_dist], page_ins, s.page_in)
        self.scheduler = SCHEDULERS[s.scheduler]
        self.queues = self._run_queues()
        self.asleep: dict[int, int] = {}  # token -> fault: the guest's table of sleepers
        self.undelivered: list[list[int]] = [[] for _ in range(s.vcpus)]  # tokens whose vCPU is stopped
        self.deaf = [False] * s.vcpus  # stopped in a synchronous fault: takes no delivery
        self.idle: dict[int, simpy.Event] = {}
        self.faulted = [0] * s.all_tasks  # faults begun, by task
        self.times = StateTimes(s.vcpus)
        self.fallbacks = self.completed = 0
        self.marks: list[Mark] = []
        self.done = self.env.event()
        self.log: list[ev.Event] = []
        self.logging = window > 0
        self.covered = 0.0
        if 0 < window < float("inf"):
            self.env.timeout(window).callbacks.append(self._stop_logging)

    def run(self, progress: Progress = silent) -> None:
        """Simulate the warm-up and then the faults that are measured."""
        s = self.scenario
        batches = batches_for(s.faults)
        self.goals = [s.warm_up + s.faults * i // batches for i in range(batches, -1, -1)]
        self.progress, self.last = progress, self.goals[0]
        self.goal = self.goals.pop()
        for vcpu in range(s.vcpus):
            self.env.process(self._vcpu(vcpu))
        progress(0, self.last, "simulating")
        self.env.run(until=self.done)
        self._stop_logging()

    # -- a vCPU -----------------------------------------------------------------------------------

    def _vcpu(self, v: int) -> Generator[simpy.Event, Any, None]:
        """What one vCPU does for ever: run a task until it sleeps, then the next; idle when there is none."""
        env, s, queue, take = self.env, self.scenario, self.queues[v], self.scheduler.take
        timeout, enter, faulted = env.timeout, self.times.enter, self.faulted
        burst, bursts, compute = LAWS[s.compute_dist], self.bursts, s.compute
        mode, queued, limit, overhead = self.mode, self.queued, self.limit, self.overhead
        while True:
            task = take(queue)
            if task == NOBODY:
                enter(v, IDLE, env.now)
                if self.logging:
                    self._note(ev.IDLE, v)
                self.idle[v] = env.event()
                yield self.idle[v]
                continue
            action = STOP
            while action != SLEEP:
                enter(v, COMPUTING, env.now)
                fault = faulted[task] * self.tasks + task  # the same number in all modes, whenever it happens there
                if self.logging:
                    self._note(ev.RUN, v, task, fault)
                yield timeout(burst(bursts, task, compute))
                faulted[task] += 1
                if self.logging:
                    self._note(ev.FAULT, v, task, fault)
                if overhead:
                    enter(v, OVERHEAD, env.now)
                    yield timeout(overhead)
                action = answer(mode, queued, v, limit)
                if action == SLEEP:
                    self._sleep(v, task, fault)
                else:
                    yield from self._wait(v, task, fault, action)

    def _sleep(self, v: int, task: int, fault: int) -> None:
        """The guest is told by token: the task sleeps, the vCPU goes on."""
        token = protocol.next_token(self.ids, v)
        self.asleep[token] = fault
        if self.logging:
            self._note(ev.NOT_PRESENT, v, task, fault, token)
        self.device.read(task, token).callbacks.append(self._page_is_in)

    def _wait(self, v: int, task: int, fault: int, action: int) -> Generator[simpy.Event, Any, None]:
        """The vCPU waits for the page itself, stopped or halted; the same task goes on afterwards."""
        token = 0
        if action == HALT:
            token = protocol.next_token(self.ids, v)
            self._note(ev.NOT_PRESENT, v, task, fault, token)
        elif self.mode:
            self.fallbacks += 1
        kind = ev.HALTED if action == HALT else ev.STOPPED
        self.deaf[v] = action != HALT
        self.times.enter(v, HALTED if action == HALT else STOPPED, self.env.now)
        self._note(kind, v, task, fault, token)
        yield self.device.read(task)
        self._note(ev.COMPLETED, v, task, fault, token)
        if action == HALT:
            protocol.release(self.queued, v)
            self._note(ev.READY, v, task, fault, token)
        self._count()
        self.deaf[v] = False
        for late in self.undelivered[v]:
            self._deliver(late)
        self.undelivered[v].clear()

    # -- pages ------------------------------------------------------------------------------------

    def _page_is_in(self, page_in: Any) -> None:
        """A worker has read a page. The vCPU's own thread delivers that, so a stopped vCPU delays it."""
        token = page_in.value
        v = protocol.vcpu_of(token)
        if self.logging:
            fault = self.asleep[token]
            self._note(ev.COMPLETED, v, fault % self.tasks, fault, token)
        if self.deaf[v]:
            self.undelivered[v].append(token)
        else:
            self._deliver(token)

    def _deliver(self, token: int) -> None:
        """The guest hears "page ready": it wakes the task, and a vCPU if one is idle."""
        v, fault = protocol.vcpu_of(token), self.asleep.pop(token)
        task = fault % self.tasks
        protocol.release(self.queued, v)
        self.scheduler.put(self.queues[v], task)
        if self.logging:
            self._note(ev.READY, v, task, fault, token)
        self._count()
        if self.idle:
            self._rouse(v)

    def _rouse(self, v: int) -> None:
        """Wake the idle vCPU that can run what was just queued: `v` itself, else (one queue for all) the lowest."""
        if v not in self.idle and self.scenario.shared:
            v = min(self.idle)
        if v in self.idle:
            self.idle.pop(v).succeed()

    # -- counting ---------------------------------------------------------------------------------

    def _count(self) -> None:
        """A fault is complete; at the end of the warm-up and of each batch, note where the run stands."""
        self.completed += 1
        if self.completed == self.goal:
            now = self.env.now
            self.marks.append(Mark(now, self.times.until(now), self.fallbacks))
            self.progress(self.completed, self.last, "simulating")
            if self.goals:
                self.goal = self.goals.pop()
            else:
                self.done.succeed()

    def _note(self, kind: str, vcpu: int, task: int = -1, fault: int = -1, token: int = 0) -> None:
        """Log an event; the busiest callers look at `logging` themselves, which saves the call."""
        if self.logging:
            self.log.append(ev.Event(self.env.now, kind, vcpu, task, fault, token))
            if len(self.log) == MOST_EVENTS:
                self._stop_logging()

    def _stop_logging(self, _event: simpy.Event | None = None) -> None:
        if self.logging:
            self.logging, self.covered = False, self.env.now

    # -- setting up -------------------------------------------------------------------------------

    def _run_queues(self) -> list[MutableSequence[int]]:
        """A queue for each vCPU (the same one if it is shared), every task ready."""
        s = self.scenario
        made = [self.scheduler.new(self.tasks) for _ in range(1 if s.shared else s.vcpus)]
        for task in range(self.tasks):
            self.scheduler.put(made[0 if s.shared else task % s.vcpus], task)
        return [made[0 if s.shared else v] for v in range(s.vcpus)]


def simulate(scenario: PageFaultScenario, mode: str, window: float = 0.0, progress: Progress = silent) -> Machine:
    """A `Machine` that has run; the same scenario and mode give the same run on every machine."""
    machine = Machine(scenario, mode, window)
    machine.run(progress)
    return machine
