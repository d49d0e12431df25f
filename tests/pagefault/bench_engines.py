"""Faults per CPU second of both engines beside SimPy, a heapq loop and a compiled one: `make bench-pagefault`.

The plain machine: one vCPU, bursts of mean 1, page-ins of mean 4, all exponential, as many slots as tasks, told of its
faults, no limit, FIFO. Rounds are interleaved, so what else the machine does hits all alike; CPU time is the process's.
Each share of time computing is held against 1 - ErlangB(N, 4), before that also with few tasks.
"""

from __future__ import annotations

import argparse
import gc
import heapq
import math
import random
import statistics
import time
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

import simpy

from lab.core.table import Table
from lab.pagefault import PageFaultScenario
from lab.pagefault.comparison import run
from lab.pagefault.theory.loss import erlang_b

__all__ = ["CONTENDERS", "main"]

PAGE_IN = 4.0
GROWTH = (16, 64, 256, 1024)
FEW = 4  # tasks, where the vCPU is idle a third of the time, so that the check means something
Contender = Callable[[int, int], float]  # tasks, faults -> share of time computing


def engine(name: str) -> Contender:
    """One of ours."""

    def contender(tasks: int, faults: int) -> float:
        asked = round(faults / 1.1)  # a tenth more is simulated before them, as warm-up
        s = PageFaultScenario(tasks=tasks, page_in=PAGE_IN, limit=None, faults=asked, engine=name)
        return run(s, "pv").utilisation

    return contender


def resource(tasks: int, faults: int) -> float:
    """SimPy as its manual does it: a process for each task, the vCPU a `Resource`."""
    env, draw = simpy.Environment(), random.Random(1).expovariate
    vcpu, done, busy = simpy.Resource(env), env.event(), 0.0
    left = faults

    def task() -> Generator[simpy.Event, Any, None]:
        nonlocal left, busy
        while True:
            with vcpu.request() as turn:
                yield turn
                burst = draw(1.0)
                yield env.timeout(burst)
            busy += burst
            left -= 1
            if left == 0:
                done.succeed()
            yield env.timeout(draw(1 / PAGE_IN))

    for _ in range(tasks):
        env.process(task())
    env.run(done)
    return busy / env.now


def events(tasks: int, faults: int) -> float:
    """SimPy with a run queue of one's own: an event wakes the task whose turn it is."""
    env, draw = simpy.Environment(), random.Random(1).expovariate
    queue: deque[simpy.Event] = deque()
    done, busy, left, idle = env.event(), 0.0, faults, True

    def task() -> Generator[simpy.Event, Any, None]:
        nonlocal left, busy, idle
        while True:
            if idle:
                idle = False
            else:
                turn = env.event()
                queue.append(turn)
                yield turn
            burst = draw(1.0)
            yield env.timeout(burst)
            busy += burst
            if queue:
                queue.popleft().succeed()
            else:
                idle = True
            left -= 1
            if left == 0:
                done.succeed()
            yield env.timeout(draw(1 / PAGE_IN))

    for _ in range(tasks):
        env.process(task())
    env.run(done)
    return busy / env.now


def heap_loop(tasks: int, faults: int) -> float:
    """No library: a heap of page-ins, the end of the burst, a run queue."""
    log, uniform = math.log, random.Random(1).random
    calendar: list[tuple[float, int]] = []
    queue = deque(range(tasks))
    now, busy, left = 0.0, 0.0, faults
    while left:
        if not queue:
            now, task = heapq.heappop(calendar)
            queue.append(task)
        task = queue.popleft()
        burst = -log(1.0 - uniform())
        now += burst
        busy += burst
        while calendar and calendar[0][0] <= now:
            queue.append(heapq.heappop(calendar)[1])
        heapq.heappush(calendar, (now - PAGE_IN * log(1.0 - uniform()), task))
        left -= 1
    return busy / now


def compiled_loop() -> Contender:
    """The same loop compiled, with a heap of its own: about the most that can be had."""
    import numba
    import numpy

    @numba.njit(nogil=True)
    def loop(tasks: int, faults: int) -> float:
        numpy.random.seed(1)
        due, queue = numpy.empty(tasks), tasks  # tasks are alike: their number is enough
        size, now, busy, left = 0, 0.0, 0.0, faults
        while left:
            while size and (queue == 0 or due[0] <= now):
                now = max(now, due[0])
                queue += 1
                size -= 1
                last, i, child = due[size], 0, 1
                while child < size:
                    if child + 1 < size and due[child + 1] < due[child]:
                        child += 1
                    if last <= due[child]:
                        break
                    due[i] = due[child]
                    i, child = child, 2 * child + 1
                due[i] = last
            queue -= 1
            burst = -math.log(1.0 - numpy.random.random())
            now += burst
            busy += burst
            when = now - PAGE_IN * math.log(1.0 - numpy.random.random())
            i = size
            size += 1
            while i and due[(i - 1) >> 1] > when:
                due[i] = due[(i - 1) >> 1]
                i = (i - 1) >> 1
            due[i] = when
            left -= 1
        return busy / now

    return loop


# name -> contender, faults in one round
CONTENDERS: dict[str, tuple[Contender, int]] = {
    "fast engine": (engine("fast"), 4_000_000),
    "SimPy model": (engine("simpy"), 30_000),
    "SimPy, Resource": (resource, 30_000),
    "SimPy, events": (events, 60_000),
    "heapq loop": (heap_loop, 200_000),
}


def measured(contender: Contender, tasks: int, faults: int) -> tuple[float, float]:
    """Faults per CPU second, and the share of time computing."""
    gc.collect()
    began = time.process_time()
    share = contender(tasks, faults)
    return faults / (time.process_time() - began), share


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="faults per CPU second")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tasks", type=int, default=16)
    options = parser.parse_args()
    contenders = CONTENDERS | {"Numba heap loop": (compiled_loop(), 2_000_000)}
    for name, (contender, _) in contenders.items():  # compiles what is to be compiled, too
        _check(name, contender(FEW, 20_000), FEW, 0.03)
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    shares: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(options.rounds):
        for name, (contender, faults) in contenders.items():
            rate, share = measured(contender, options.tasks, faults)
            rates[name].append(rate)
            shares[name].append(share)
    truth = 1 - erlang_b(options.tasks, PAGE_IN)
    middle = {name: statistics.median(found) for name, found in rates.items()}
    rows = []
    for name, rate in middle.items():
        share = statistics.fmean(shares[name])
        _check(name, share, options.tasks, 0.01)
        rows.append(
            (name, rate, min(rates[name]), max(rates[name]), rate / middle["SimPy, Resource"],
             rate / middle["heapq loop"], f"{share:.4f}")
        )  # fmt: skip
    heads = ("engine", "faults/CPU s", "least", "most", "x Resource", "x heapq", f"computes ({truth:.4f})")
    print(Table(heads, tuple(rows)).to_text())
    print(f"N = {options.tasks}, medians of {options.rounds} interleaved rounds\n")
    _growth(options.rounds)


def _check(name: str, share: float, tasks: int, within: float) -> None:
    """Stop if a contender does not simulate what it should."""
    truth = 1 - erlang_b(tasks, PAGE_IN)
    if abs(share - truth) > within:
        raise SystemExit(f"{name}, N = {tasks}: computes {share:.4f} of the time, theory says {truth:.4f}")


def _growth(rounds: int) -> None:
    """What a fault costs with more tasks, beside log N."""
    names = ("fast engine", "SimPy model")
    found: dict[tuple[str, int], list[float]] = {(name, n): [] for name in names for n in GROWTH}
    for _ in range(rounds):
        for name, n in found:
            contender, faults = CONTENDERS[name]
            found[name, n].append(1e6 / measured(contender, n, max(faults, 20 * n))[0])
    cost = {key: statistics.median(values) for key, values in found.items()}
    rows = tuple(
        (n, *(cost[name, n] for name in names), *(cost[name, n] / cost[name, GROWTH[0]] for name in names),
         math.log(n) / math.log(GROWTH[0]))
        for n in GROWTH
    )  # fmt: skip
    print(
        Table(("N", "fast, us/fault", "SimPy, us/fault", "fast, grown", "SimPy, grown", "log N, grown"), rows).to_text()
    )


if __name__ == "__main__":
    main()
