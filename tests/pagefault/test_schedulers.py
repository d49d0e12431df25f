"""All schedulers: nobody is lost, the dispatcher calls the one that is asked for, compiled code answers the same."""

import dataclasses
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.compiled.struct import Struct
from lab.pagefault.compiled import COMPILER, arrays_of
from lab.pagefault.guest import DEFAULT_SLICE, NOBODY, SCHEDULERS, cfs, eevdf, fifo, rr
from lab.pagefault.records import Machine, RunQueue, Task
from tests.pagefault.conftest import machine
from tests.pagefault.little_guest import Calls, LittleGuest

FILES: dict[str, ModuleType] = {"fifo": fifo, "rr": rr, "cfs": cfs, "eevdf": eevdf}
COMMANDS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 7), st.sampled_from([0, 1, 120, 750, 1000, 4000, 100_000])), max_size=60
)


def test_the_tables_name_the_same() -> None:
    assert list(SCHEDULERS) == list(DEFAULT_SLICE) == list(FILES)
    assert list(SCHEDULERS.values()) == [0, 1, 2, 3]


def scheduled(name: str, tasks: int, vcpus: int, shared: int) -> Machine:
    return machine(tasks, vcpus, shared=shared, scheduler=SCHEDULERS[name], slice=DEFAULT_SLICE[name] / 3, tick=1000.0)


@pytest.mark.parametrize("name", SCHEDULERS)
@settings(max_examples=50)
@given(st.integers(1, 12), st.integers(1, 3), st.integers(0, 1), COMMANDS)
def test_nobody_is_lost_or_doubled(
    name: str, tasks: int, vcpus: int, shared: int, commands: list[tuple[int, int, int]]
) -> None:
    guest = LittleGuest(scheduled(name, tasks, vcpus, shared))
    guest.begin()
    for command in commands:
        guest.obey([command])
        assert whereabouts(guest) == list(range(tasks))
    for vcpu in guest.m.vcpus:  # a vCPU has nothing to do only if nobody is ready
        assert vcpu.task != NOBODY or guest.m.queues[vcpu.queue].length == 0


def whereabouts(guest: LittleGuest) -> list[int]:
    """All tasks that are ready, running or asleep."""
    width = guest.m.run.width
    ready = [
        int(guest.m.line[q * width + (queue.first + i) % width])
        for q, queue in enumerate(guest.m.queues)
        for i in range(queue.length)
    ]
    return sorted(ready + [int(vcpu.task) for vcpu in guest.m.vcpus if vcpu.task != NOBODY] + list(guest.asleep))


@pytest.mark.parametrize("name", SCHEDULERS)
@settings(max_examples=25)
@given(COMMANDS)
def test_the_one_asked_for_is_called(name: str, commands: list[tuple[int, int, int]]) -> None:
    own = Calls(*(getattr(FILES[name], call) for call in Calls._fields))
    asked, direct = LittleGuest(scheduled(name, 5, 2, 0)), LittleGuest(scheduled(name, 5, 2, 0), own)
    for guest in (asked, direct):
        guest.begin()
        guest.obey(commands)
    assert asked.answers == direct.answers
    assert asked.m == direct.m


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_task_that_stays_ready_runs(name: str) -> None:
    """With ticks, or sleeps under FIFO, none of 8 starves."""
    guest = LittleGuest(scheduled(name, 8, 1, 0))
    guest.begin()
    seen = set()
    for _ in range(400):
        seen.add(guest.m.vcpus[0].task)
        guest.run(0, 1000.0)
        guest.tick(0)
        if name == "fifo":
            guest.sleep(0)
            guest.wake(min(guest.asleep), 0)
    assert seen == set(range(8))


def compiled_guest(m: Machine) -> LittleGuest:
    """A guest on the same machine as NumPy records, whose scheduler is compiled code."""
    arrays = arrays_of(m)
    struct = Struct(arrays, single=("run",))
    seen = {name: array.view(np.recarray) if array.dtype.names else array for name, array in arrays.items()}

    def call(rule: Any) -> Any:
        fast = COMPILER.compiled(rule)
        return lambda _seen, *arguments: fast(struct, *arguments)

    return LittleGuest(SimpleNamespace(**{**seen, "run": m.run}), Calls(*map(call, Calls())))


@pytest.mark.parametrize("name", SCHEDULERS)
@settings(max_examples=25)
@given(st.integers(1, 12), st.integers(1, 3), st.integers(0, 1), COMMANDS)
def test_compiled_code_answers_the_same(
    name: str, tasks: int, vcpus: int, shared: int, commands: list[tuple[int, int, int]]
) -> None:
    m = scheduled(name, tasks, vcpus, shared)
    plain, fast = LittleGuest(m), compiled_guest(m)
    for guest in (plain, fast):
        guest.begin()
        guest.obey(commands)
    assert plain.answers == fast.answers
    assert whereabouts(fast) == whereabouts(plain)
    for field in dataclasses.fields(Task):
        assert [getattr(task, field.name) for task in m.tasks] == fast.m.tasks[field.name].tolist()
    for field in dataclasses.fields(RunQueue):
        assert [getattr(queue, field.name) for queue in m.queues] == fast.m.queues[field.name].tolist()
