"""The pager: against a plain Python pager and guest that have no clock, and the same in both engines."""

from __future__ import annotations

import dataclasses
import math
import random
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault import compiled, model
from lab.pagefault import events as ev
from lab.pagefault.pager import ORDERS, set_pager
from lab.pagefault.randomness import CHOICE, RECORDED, below, stream
from lab.pagefault.records import Machine
from lab.pagefault.result import events_of
from lab.pagefault.scenario import PageFaultScenario
from lab.pagefault.setup import machine_for

Told = list[tuple[str, int]]  # asked for or put in, and the page


@dataclasses.dataclass(frozen=True)
class Case:
    tasks: int
    pages: int
    order: str
    batch: int
    seed: int
    mode: str = "pv"
    settled: bool = True
    delay: float = 30.0
    gap: float = 5.0
    burst: float = 1.0
    limit: int = 64


def machine(case: Case) -> Machine:
    """One vCPU; task t touches the pages t, t + tasks, ... after a burst each."""
    s = PageFaultScenario(mode=case.mode, tasks=case.tasks, limit=case.limit, faults=case.pages, window=1.0, seed=0)
    m = machine_for(s, case.mode)
    m.values = array("d")
    for t in range(case.tasks):
        m.bursts[t] = len(m.values)
        m.values.extend([case.burst] * len(range(t, case.pages, case.tasks)))
        m.values.append(-1.0)
    run = m.run
    run.compute_law, run.window = RECORDED, math.inf
    run.warm_up, run.batches, run.goals, run.goal = 0, 1, 1, case.pages
    set_pager(m, case.order, case.batch, case.delay, case.gap, case.settled, case.seed)
    return m


def pages(m: Machine) -> Told:
    """What was asked for (of whatever kind of fault) and what was put in, in order."""
    words = {ev.NOT_PRESENT: "asked", ev.STOPPED: "asked", ev.COMPLETED: "in"}
    return [(words[e.kind], e.page - ev.FIRST_PAGE) for e in events_of(m) if e.kind in words]


def plain(case: Case) -> Told:
    """The same without a machine: tasks run until each sleeps, then one page goes in, and so on. Told guests only."""
    left = [list(range(t, case.pages, case.tasks)) for t in range(case.tasks)]
    ready, asked, told = list(range(case.tasks)), [], Told()
    sleeper: dict[int, int] = {}
    chance = [stream(case.seed, CHOICE, 0)]

    def all_run() -> None:
        while ready:
            task = ready.pop(0)
            if left[task]:
                page = left[task].pop(0)
                asked.append(page)
                sleeper[page] = task
                told.append(("asked", page))

    all_run()
    while asked:
        batch = asked[: case.batch]
        while batch:
            at = {"fifo": 0, "lifo": len(batch) - 1}.get(case.order, -1)
            page = batch.pop(below(chance, 0, len(batch)) if at < 0 else at)
            asked.remove(page)
            told.append(("in", page))
            ready.append(sleeper.pop(page))
            all_run()
    return told


CASES = st.builds(
    Case,
    tasks=st.integers(1, 40),
    pages=st.integers(1, 120),
    order=st.sampled_from(list(ORDERS)),
    batch=st.integers(1, 50),
    seed=st.integers(0, 2**63),
    burst=st.sampled_from([0.001, 1.0, 100.0]),
    delay=st.sampled_from([0.0, 30.0]),
    gap=st.sampled_from([0.0, 5.0]),
)


@given(CASES)
def test_a_pager_that_waits_for_the_guest_needs_no_clock(case: Case) -> None:
    assert pages(model.drive(machine(case))) == plain(case)


@given(CASES)
def test_a_guest_that_is_not_told_has_one_page_under_way(case: Case) -> None:
    m = model.drive(machine(dataclasses.replace(case, mode="halt")))
    order = [page for t in range(case.tasks) for page in range(t, case.pages, case.tasks)]
    assert pages(m) == [(word, page) for page in order for word in ("asked", "in")]
    assert m.run.most == 1


def random_cases(seed: int, count: int) -> list[Case]:
    chance = random.Random(seed)
    return [
        Case(
            tasks=chance.choice([1, 3, 8, 70, 90]), pages=chance.randrange(1, 200), order=chance.choice([*ORDERS]),
            batch=chance.choice([1, 2, 8, 100]), seed=chance.randrange(1 << 60), settled=chance.random() < 0.6,
            mode=chance.choice(["pv", "pv", "halt", "sync"]), delay=chance.choice([0.0, 3.0, 30.0]),
            gap=chance.choice([0.0, 1.5, 5.0]), burst=chance.choice([0.5, 1.0, 7.0]),
            limit=chance.choice([64, 64, 2, 0]),
        )
        for _ in range(count)
    ]  # fmt: skip


def test_both_engines_page_alike() -> None:
    seen = set()
    for case in random_cases(1, 40):
        one, other = events_of(model.drive(machine(case))), events_of(compiled.drive(machine(case)))
        assert [e[1:] for e in one] == [e[1:] for e in other], case
        assert [e.time for e in one] == pytest.approx([e.time for e in other], rel=1e-12), case
        assert sum(e.kind == ev.COMPLETED for e in one) == case.pages
        seen |= {e.kind for e in one}
    assert {ev.NOT_PRESENT, ev.HALTED, ev.STOPPED, ev.READY, ev.IDLE} <= seen


def test_more_than_the_limit_stops_the_vcpu_until_its_page_is_in() -> None:
    m = model.drive(machine(Case(70, 140, "fifo", 1, 1)))
    events = events_of(m)
    assert m.run.fallbacks == 2
    assert sum(e.kind == ev.NOT_PRESENT for e in events) == 138
    stopped = next(i for i, e in enumerate(events) if e.kind == ev.STOPPED)
    first = next(i for i, e in enumerate(events) if e.kind == ev.READY)
    assert events[stopped].page - ev.FIRST_PAGE == 64
    assert first > stopped  # a stopped vCPU delivers nothing
    tokens = [e.token >> 12 for e in events if e.kind == ev.NOT_PRESENT]
    assert tokens[:65] == [*range(1, 65), 66]  # the number of the synchronous one is used up


def test_pauses_are_as_long_as_asked_for() -> None:
    """Batch of 2, settled: delay, gap, delay...; the guest's bursts lie before each pause."""
    m = model.drive(machine(Case(2, 4, "fifo", 2, 1, delay=30.0, gap=5.0, burst=1.0)))
    times = [e.time for e in events_of(m) if e.kind == ev.COMPLETED]
    assert times == [2 + 30, 2 + 30 + 1 + 5, 2 + 30 + 1 + 5 + 1 + 30, 2 + 30 + 1 + 5 + 1 + 30 + 5]


def test_timed_it_is_one_server_with_the_delay_as_service_time() -> None:
    m = model.drive(machine(Case(3, 6, "fifo", 1, 1, settled=False, delay=30.0, burst=1.0)))
    assert [e.time for e in events_of(m) if e.kind == ev.COMPLETED] == [1 + 30.0 * (n + 1) for n in range(6)]


def test_without_a_pager_nothing_is_paged() -> None:
    m = machine_for(PageFaultScenario(faults=10, window=1.0), "pv")
    assert m.run.pager == 0
    with pytest.raises(KeyError):
        set_pager(m, "any", 1, 1.0, 1.0, True, 1)
