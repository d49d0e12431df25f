"""The smallest guest that keeps to what a scheduler is promised: vCPUs that run, sleep, wake and tick on command."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from lab.pagefault import guest
from lab.pagefault.guest import NOBODY


class Calls(NamedTuple):
    """The five functions of a scheduler."""

    put: Callable[..., None] = guest.put
    take: Callable[..., int] = guest.take
    ran: Callable[..., None] = guest.ran
    tick: Callable[..., int] = guest.tick
    preempts: Callable[..., int] = guest.preempts


class LittleGuest:
    """Drives the run queues of machine `m`; `answers` holds what the scheduler said, in order."""

    def __init__(self, m: Any, calls: Calls | None = None) -> None:
        self.m, self.calls = m, calls or Calls()
        self.answers: list[int] = []
        self.asleep: set[int] = set()

    def begin(self) -> None:
        """Every task is new and ready, task t in queue t modulo their number; every vCPU takes one."""
        for t in range(len(self.m.tasks)):
            self.calls.put(self.m, t % len(self.m.queues), t, 0)
        for v in range(len(self.m.vcpus)):
            self.choose(v)

    def run(self, v: int, length: float) -> None:
        """The task of vCPU `v` runs for `length` us."""
        vcpu = self.m.vcpus[v]
        if vcpu.task != NOBODY:
            self.calls.ran(self.m, vcpu.queue, vcpu.task, length)

    def tick(self, v: int) -> None:
        vcpu = self.m.vcpus[v]
        if vcpu.task == NOBODY:
            return
        answer = self.calls.tick(self.m, vcpu.queue, vcpu.task)
        self.answers.append(answer)
        if answer:
            self.put_back(v)

    def sleep(self, v: int) -> None:
        """The task of vCPU `v`, charged up to now, sleeps."""
        vcpu = self.m.vcpus[v]
        if vcpu.task != NOBODY:
            self.asleep.add(int(vcpu.task))
            vcpu.task = NOBODY
            self.choose(v)

    def wake(self, t: int, v: int) -> None:
        """Task `t` sleeps no more; vCPU `v` hears of it."""
        vcpu = self.m.vcpus[v]
        self.asleep.remove(t)
        self.calls.put(self.m, vcpu.queue, t, 1)
        if vcpu.task == NOBODY:
            self.choose(v)
            return
        answer = self.calls.preempts(self.m, vcpu.queue, vcpu.task, t)
        self.answers.append(answer)
        if answer:
            self.put_back(v)

    def put_back(self, v: int) -> None:
        vcpu = self.m.vcpus[v]
        self.calls.put(self.m, vcpu.queue, vcpu.task, 0)
        self.choose(v)

    def choose(self, v: int) -> None:
        vcpu = self.m.vcpus[v]
        vcpu.task = self.calls.take(self.m, vcpu.queue)
        self.answers.append(int(vcpu.task))

    def obey(self, commands: Sequence[tuple[int, int, int]]) -> None:
        """Commands (what, who, microseconds): every one lets a vCPU run for so long and then tick, sleep or wake."""
        for what, who, length in commands:
            v = who % len(self.m.vcpus)
            self.run(v, float(length))
            own = sorted(t for t in self.asleep if t % len(self.m.queues) == self.m.vcpus[v].queue)
            if what == 0:
                self.tick(v)
            elif what == 1:
                self.sleep(v)
            elif what == 2 and own:
                self.wake(own[who % len(own)], v)


def shares(m: Any, tick: float, ticks: int, naps: dict[int, tuple[float, float]]) -> list[float]:
    """How long each task runs on one vCPU during so many ticks.

    `naps`: a task's (burst, sleep) in us; the others never sleep.
    """
    guest_of = LittleGuest(m)
    guest_of.begin()
    had = [0.0] * len(m.tasks)
    left = {t: burst for t, (burst, _) in naps.items()}
    wakes: dict[int, float] = {}
    now, due = 0.0, tick
    while due <= tick * ticks:
        t = m.vcpus[0].task
        then = min([due, *wakes.values(), *([now + left[t]] if t in left else [])])
        if t != NOBODY:
            guest_of.run(0, then - now)
            had[t] += then - now
            if t in left:
                left[t] -= then - now
        now = then
        if t in left and left[t] <= 1e-9:
            left[t] = naps[t][0]
            wakes[t] = now + naps[t][1]
            guest_of.sleep(0)
        for sleeper in [s for s, at in wakes.items() if at <= now]:
            del wakes[sleeper]
            guest_of.wake(sleeper, 0)
        if now >= due:
            guest_of.tick(0)
            due += tick
    return had
