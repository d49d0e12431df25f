"""What the host does with a fault: each reason for each answer, and what it counts."""

import itertools
from typing import Any

import pytest

from lab.pagefault.failures import FAILURES
from lab.pagefault.gfns import EMPTY, gfn_add
from lab.pagefault.host import AGAIN, HALT, MODE, SLEEP, STOP, answer
from lab.pagefault.records import Machine
from tests.pagefault.conftest import machine

PAGE = 0x1234


def touching(vcpus: int = 1, **run_fields: Any) -> Machine:
    m = machine(1, vcpus, gfn_slots=64, **{"limit": 64, **run_fields})
    m.gfns = [EMPTY] * (64 * vcpus)
    m.tasks[0].page = PAGE
    m.tasks[0].fault = 0
    return m


@pytest.mark.parametrize(("mode", "does"), [("sync", STOP), ("halt", HALT), ("pv", SLEEP)])
def test_the_three_modes(mode: str, does: int) -> None:
    m = touching(mode=MODE[mode])
    assert answer(m, 0, 0) == does
    assert m.vcpus[0].queued == (does != STOP)  # a synchronous fault is not queued


@pytest.mark.parametrize("mode", ["halt", "pv"])
def test_over_the_limit_a_fault_is_synchronous(mode: str) -> None:
    m = touching(mode=MODE[mode], limit=2)
    assert [answer(m, 0, 0) for _ in range(3)] == [MODE[mode]] * 2 + [STOP]
    assert m.vcpus[0].queued == 2


@pytest.mark.parametrize("mode", ["halt", "pv"])
def test_a_page_under_way_is_not_asked_for_again_by_the_same_vcpu(mode: str) -> None:
    m = touching(vcpus=2, mode=MODE[mode])
    gfn_add(m, 0, PAGE)
    assert answer(m, 0, 0) == AGAIN
    assert m.vcpus[0].queued == 0
    assert answer(m, 1, 0) == MODE[mode]  # another one's table knows nothing of it
    m.vcpus[0].queued = 64
    assert answer(m, 0, 0) == AGAIN  # asked before the limit is looked at


def test_a_host_that_waits_itself_has_no_table_of_pages_under_way() -> None:
    m = touching(mode=MODE["sync"])
    gfn_add(m, 0, PAGE)
    assert answer(m, 0, 0) == STOP


def test_in_kernel_mode_the_vcpu_is_halted_unless_the_guest_wants_to_hear_always() -> None:
    for send_always, does in ((0, HALT), (1, SLEEP)):
        m = touching(mode=MODE["pv"], send_always=send_always)
        m.tasks[0].kernel = 1
        assert answer(m, 0, 0) == does
        assert m.vcpus[0].queued == 1


def test_without_memory_every_so_many_faults_are_synchronous_and_not_queued() -> None:
    m = touching(mode=MODE["pv"], failure=FAILURES["no-memory"], failure_at=3)
    done = []
    for fault in range(7):
        m.tasks[0].fault = fault
        done.append(answer(m, 0, 0))
    assert done == [SLEEP, SLEEP, STOP, SLEEP, SLEEP, STOP, SLEEP]
    assert m.vcpus[0].queued == 5


@pytest.mark.parametrize("mode", list(MODE))
def test_a_guest_that_is_not_registered_is_stopped_by_every_fault(mode: str) -> None:
    m = touching(mode=MODE[mode], failure=FAILURES["unregistered"], failure_at=1000)
    assert [answer(m, 0, 0) for _ in range(3)] == [STOP] * 3
    assert m.vcpus[0].queued == 0


def expected(mode: str, known: bool, queued: int, kernel: int, send_always: int) -> int:
    """The kernel's order of questions, written down once more."""
    if mode == "sync":
        return STOP
    if known:
        return AGAIN
    if queued >= 64:
        return STOP
    return SLEEP if mode == "pv" and (send_always or not kernel) else HALT


@pytest.mark.parametrize("mode", list(MODE))
def test_every_case(mode: str) -> None:
    cases = itertools.product([False, True], [0, 1, 63, 64, 65], [0, 1], [0, 1])
    for known, queued, kernel, send_always in cases:
        m = touching(mode=MODE[mode], send_always=send_always)
        m.vcpus[0].queued = queued
        m.tasks[0].kernel = kernel
        if known:
            gfn_add(m, 0, PAGE)
        does = expected(mode, known, queued, kernel, send_always)
        assert answer(m, 0, 0) == does
        assert m.vcpus[0].queued == queued + (does in (HALT, SLEEP))


def test_the_answers_are_four_different_ones() -> None:
    assert all(a != b for a, b in itertools.combinations((STOP, HALT, SLEEP, AGAIN), 2))
