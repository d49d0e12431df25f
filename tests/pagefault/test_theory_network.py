"""Mean value analysis and convolution against the closed forms; own run queues against the chain of all states."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.pagefault import theory

loads = st.floats(0.01, 100.0)


@given(st.integers(1, 64), loads)
def test_one_slot_is_exact_mean_value_analysis(tasks: int, load: float) -> None:
    assert theory.mva([1.0, load], tasks) == pytest.approx(theory.one_slot(tasks, load), rel=1e-12)
    assert theory.buzen([1.0, load], [1, 1], tasks) == pytest.approx(theory.one_slot(tasks, load), rel=1e-12)


@given(st.integers(1, 64), loads)
def test_a_slot_for_each_task_is_a_delay(tasks: int, load: float) -> None:
    assert theory.mva([1.0], tasks, delay=load) == pytest.approx(1 - theory.erlang_b(tasks, load), rel=1e-12)


@settings(max_examples=30)
@given(st.integers(1, 40), loads, st.integers(1, 40), st.integers(1, 8))
def test_birth_and_death_is_buzens_convolution(tasks: int, load: float, slots: int, vcpus: int) -> None:
    throughput = theory.buzen([1.0, load], [vcpus, slots], tasks)
    assert theory.slots_share(tasks, load, slots, vcpus) * vcpus == pytest.approx(throughput, rel=1e-12)
    throughput = theory.buzen([1.0, load], [vcpus, None], tasks)
    assert theory.slots_share(tasks, load, None, vcpus) * vcpus == pytest.approx(throughput, rel=1e-12)


@settings(max_examples=30)
@given(st.integers(1, 40), loads, st.integers(1, 50))
def test_own_queues_of_one_vcpu_are_one_queue(tasks: int, load: float, slots: int) -> None:
    share = theory.own_queues_share(tasks, load, slots, 1)
    assert share == pytest.approx(theory.slots_share(tasks, load, slots), rel=1e-10)


@settings(max_examples=30)
@given(st.integers(1, 12), loads, st.integers(1, 6))
def test_with_slots_for_all_own_queues_do_not_meet(tasks: int, load: float, vcpus: int) -> None:
    share = theory.own_queues_share(tasks, load, tasks * vcpus, vcpus)
    assert share == pytest.approx(theory.slots_share(tasks, load, None), rel=1e-10)


@settings(max_examples=30)
@given(st.integers(1, 12), loads, st.integers(1, 6))
def test_one_task_for_each_vcpu_is_machine_repair(vcpus: int, load: float, slots: int) -> None:
    share = theory.own_queues_share(1, load, slots, vcpus)
    assert share == pytest.approx(theory.slots_share(vcpus, load, slots, vcpus), rel=1e-10)


@pytest.mark.parametrize(("tasks", "vcpus", "slots", "load"), [(2, 2, 1, 3.0), (3, 2, 2, 0.8), (1, 3, 2, 2.0)])
def test_own_queues_against_the_line_at_the_device_state_by_state(
    tasks: int, vcpus: int, slots: int, load: float
) -> None:
    """States are who stands where in the device's line, first in first out: power iteration on the whole chain."""
    longest = tasks * vcpus
    states = [
        line
        for length in range(longest + 1)
        for line in itertools.product(range(vcpus), repeat=length)
        if all(line.count(v) <= tasks for v in range(vcpus))
    ]
    number = {line: i for i, line in enumerate(states)}
    rate = vcpus + slots / load
    moves: list[list[tuple[int, float]]] = []
    for line in states:
        out = [(number[(*line, v)], 1.0) for v in range(vcpus) if line.count(v) < tasks]
        out += [(number[line[:i] + line[i + 1 :]], 1 / load) for i in range(min(slots, len(line)))]
        moves.append([*out, (number[line], rate - math.fsum(r for _, r in out))])
    chance = [1 / len(states)] * len(states)
    for _ in range(1000):
        after = [0.0] * len(states)
        for i, out in enumerate(moves):
            for j, r in out:
                after[j] += chance[i] * r / rate
        chance = after
    busy = math.fsum(p for line, p in zip(states, chance, strict=True) if line.count(0) < tasks)
    assert theory.own_queues_share(tasks, load, slots, vcpus) == pytest.approx(busy, rel=1e-9)


@settings(max_examples=30)
@given(st.integers(1, 64), st.floats(1e-9, 1e9), st.integers(1, 64), st.integers(1, 16))
def test_own_queues_do_not_overflow(tasks: int, load: float, slots: int, vcpus: int) -> None:
    share = theory.own_queues_share(tasks, load, slots, vcpus)
    assert 0 <= share <= 1 + 1e-12
    assert share * vcpus <= theory.saturation(1.0, load, slots, vcpus) * (1 + 1e-9)
    alone = theory.slots_share(tasks, load, None)
    assert share <= alone * (1 + 1e-9)


@given(st.integers(1, 40), loads, st.integers(1, 40), st.integers(1, 8))
def test_nothing_is_above_saturation(tasks: int, load: float, slots: int, vcpus: int) -> None:
    bound = theory.saturation(2.0, 2 * load, slots, vcpus)
    assert theory.slots_share(tasks, load, slots, vcpus) * vcpus / 2.0 <= bound * (1 + 1e-12)
    assert theory.fixed_throughput(tasks, 2.0, 2 * load, slots, vcpus) <= bound * (1 + 1e-12)
    assert theory.saturation(2.0, 1.0, None, 3, 1.0) == 1.0
