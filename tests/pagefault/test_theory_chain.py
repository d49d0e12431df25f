"""The chain at the beginning of each burst, against every special form and against a plain event loop."""

import heapq
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.pagefault import theory
from lab.pagefault.theory import Cycle, chain_share

tasks = st.integers(1, 40)
loads = st.floats(0.01, 100.0)
slots = st.none() | st.integers(1, 50)


@given(tasks, loads, slots)
def test_without_overhead_and_limit_it_is_birth_and_death(n: int, load: float, c: int | None) -> None:
    assert chain_share(Cycle(n, 1.0, load, c)) == pytest.approx(theory.slots_share(n, load, c), rel=1e-10)


@given(tasks, loads, st.floats(0, 10), st.booleans(), st.booleans())
def test_a_slot_for_each_task_is_takacs(n: int, load: float, overhead: float, fixed: bool, counted: bool) -> None:
    form = theory.overhead_share(n, 1.0, load, overhead, fixed)
    assert chain_share(Cycle(n, 1.0, load, n if counted else None, None, overhead, fixed)) == pytest.approx(
        form, rel=1e-9
    )


@given(st.integers(2, 40), loads, st.data())
def test_a_limit_is_the_chain_of_queued_and_stopped(n: int, load: float, data: st.DataObject) -> None:
    limit = data.draw(st.integers(0, n - 1))
    form = theory.limited(load, limit)
    assert chain_share(Cycle(n, 1.0, load, None, limit)) == pytest.approx(form, rel=1e-10)
    assert chain_share(Cycle(n, 1.0, load, limit + 1, limit)) == pytest.approx(form, rel=1e-10)


@settings(max_examples=30)
@given(tasks, loads)
def test_fixed_bursts_and_one_slot_are_fixed_page_ins_and_one_vcpu(n: int, load: float) -> None:
    # the two servers change their parts: what the vCPU is busy there, the device is busy here
    device = theory.fixed_page_in_share(n, 1 / load)
    assert chain_share(Cycle(n, 1.0, load, 1, None, 0.0, True)) * load == pytest.approx(device, rel=1e-8)


@given(loads, st.floats(0, 10), st.booleans(), slots)
def test_one_task_and_no_queue_both_wait_for_each_page(
    load: float, overhead: float, fixed: bool, c: int | None
) -> None:
    alone = theory.stopped_share(1.0, load, overhead)
    assert chain_share(Cycle(1, 1.0, load, c, None, overhead, fixed)) == pytest.approx(alone, rel=1e-12)
    assert chain_share(Cycle(5, 1.0, load, c, 0, overhead, fixed)) == pytest.approx(alone, rel=1e-12)


@settings(max_examples=25)
@given(
    st.integers(1, 4096), st.floats(1e-9, 1e9), st.integers(1, 64), st.integers(0, 64), st.floats(0, 1e3), st.booleans()
)
def test_no_chain_overflows(n: int, load: float, c: int, limit: int, overhead: float, fixed: bool) -> None:
    share = chain_share(Cycle(n, 1.0, load, c, limit, overhead, fixed))
    assert 0 < share <= 1 / (1 + overhead) * (1 + 1e-12)
    assert share * load <= min(c, n) * (1 + 1e-9)  # the device's bound


def test_too_many_states_are_refused() -> None:
    assert not Cycle(2000, 1.0, 4.0, 2).solvable
    assert not Cycle(500, 1.0, 4.0, 2, None, 0.1).solvable
    assert Cycle(500, 1.0, 4.0, None, None, 0.1).solvable
    with pytest.raises(ValueError, match="more than 1024 pages under way"):
        chain_share(Cycle(2000, 1.0, 4.0, 2))


def simulated(cycle: Cycle, bursts: int, seed: int) -> float:
    """The same vCPU and device as a plain event loop that knows nothing of the chain."""
    draw, now, busy = random.Random(seed), 0.0, 0.0
    reading: list[float] = []  # when the pages on slots are in
    waiting = undelivered = 0
    ready, c = cycle.tasks, cycle.slots or cycle.tasks + 1

    def page_in() -> float:
        nonlocal waiting
        at = heapq.heappop(reading)
        if waiting:
            waiting -= 1
            heapq.heappush(reading, at + draw.expovariate(1 / cycle.page_in))
        return at

    def ask(at: float) -> None:
        nonlocal waiting
        if len(reading) < c:
            heapq.heappush(reading, at + draw.expovariate(1 / cycle.page_in))
        else:
            waiting += 1

    for _ in range(bursts):
        if ready == 0:
            now, ready = page_in(), 1
        burst = cycle.compute if cycle.fixed_burst else draw.expovariate(1 / cycle.compute)
        now, busy = now + burst, busy + burst
        while reading and reading[0] <= now:
            page_in()
            ready += 1
        queued = cycle.tasks - ready
        now += cycle.overhead
        while reading and reading[0] <= now:
            page_in()
            undelivered += 1
        if cycle.limit is not None and queued >= cycle.limit:
            ahead = len(reading) + waiting
            while ahead >= c:  # its page is the last in line
                now = page_in()
                undelivered += 1
                ahead -= 1
            end = now + draw.expovariate(1 / cycle.page_in)
            while reading and reading[0] <= end:
                page_in()
                undelivered += 1
            now = end
        else:
            ask(now)
            ready -= 1
        ready += undelivered
        undelivered = 0
    return busy / now


@pytest.mark.parametrize(
    "cycle",
    [
        Cycle(8, 1.0, 4.0, 2, None, 0.5),
        Cycle(8, 1.0, 4.0, 3, None, 0.5, True),
        Cycle(6, 1.0, 4.0, None, 3, 0.7),
        Cycle(6, 1.0, 4.0, 2, 4, 0.0),
        Cycle(12, 1.0, 9.0, 5, 8, 0.4, True),
        Cycle(6, 1.0, 2.0, 3, 5, 2.0),
    ],
)
def test_overhead_few_slots_and_limit_together_against_an_event_loop(cycle: Cycle) -> None:
    rounds = [simulated(cycle, 4000, seed) for seed in range(10)]
    mean = sum(rounds) / 10
    error = (sum((x - mean) ** 2 for x in rounds) / 90) ** 0.5
    assert abs(mean - chain_share(cycle)) < 3.7 * error  # 99.5 % of Student's t with 9 degrees of freedom
