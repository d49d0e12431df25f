"""Round robin: quanta by hand, and against a model with a deque."""

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault.guest import NOBODY, SCHEDULERS, rr
from lab.pagefault.records import Machine
from tests.pagefault.conftest import machine
from tests.pagefault.little_guest import LittleGuest, shares


def robin(tasks: int, quantum: float = 1000.0) -> Machine:
    return machine(tasks, scheduler=SCHEDULERS["rr"], slice=quantum)


def test_a_task_leaves_at_the_tick_that_finds_its_quantum_used_up() -> None:
    m = robin(2, 1000.0)
    guest = LittleGuest(m)
    guest.begin()
    turns = []
    for _ in range(12):
        guest.run(0, 0.1 + 0.2)  # pieces that do not add up exactly
        guest.run(0, 249.7)
        turns.append(m.vcpus[0].task)
        guest.tick(0)
    assert turns == [0] * 4 + [1] * 4 + [0] * 4


def test_what_is_left_of_a_quantum_outlasts_a_sleep() -> None:
    m = robin(2, 1000.0)
    guest = LittleGuest(m)
    guest.begin()
    guest.run(0, 900.0)
    guest.sleep(0)
    guest.wake(0, 0)
    assert m.vcpus[0].task == 1
    guest.sleep(0)
    guest.wake(1, 0)
    assert m.vcpus[0].task == 0
    guest.run(0, 50.0)
    guest.tick(0)
    assert m.vcpus[0].task == 0
    guest.run(0, 50.0)
    guest.tick(0)
    assert m.vcpus[0].task == 1


def test_alone_it_goes_on_with_a_new_quantum() -> None:
    m = robin(1, 1000.0)
    guest = LittleGuest(m)
    guest.begin()
    guest.run(0, 1500.0)
    guest.tick(0)
    assert guest.answers == [0, 0]
    assert m.tasks[0].slice_left == 1000.0


def test_a_woken_task_waits() -> None:
    m = robin(2)
    rr.put(m, 0, 1, 1)
    assert rr.preempts(m, 0, 0, 1) == 0


@pytest.mark.parametrize("tasks", [2, 3, 7])
def test_equal_shares(tasks: int) -> None:
    had = shares(robin(tasks, 3000.0), 1000.0, 3 * tasks * 40, {})
    assert had == [120_000.0] * tasks


@given(
    st.integers(1, 6),
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.sampled_from([0, 1, 250, 999, 1000])), max_size=80),
)
def test_like_a_deque_with_quanta(tasks: int, commands: list[tuple[int, int, int]]) -> None:
    m = robin(tasks)
    guest = LittleGuest(m)
    guest.begin()
    line, left, asleep = deque(range(tasks)), dict.fromkeys(range(tasks), 1000), set[int]()
    runs = line.popleft()
    for what, who, length in commands:
        guest.obey([(what, who, length)])
        if runs != NOBODY:
            left[runs] -= length
        if what == 0 and runs != NOBODY and left[runs] <= 0:
            left[runs] = 1000
            line.append(runs)
            runs = line.popleft()
        elif what == 1 and runs != NOBODY:
            asleep.add(runs)
            runs = line.popleft() if line else NOBODY
        elif what == 2 and asleep:
            woken = sorted(asleep)[who % len(asleep)]
            asleep.remove(woken)
            line.append(woken)
            if runs == NOBODY:
                runs = line.popleft()
        assert m.vcpus[0].task == runs
        assert m.queues[0].length == len(line)
