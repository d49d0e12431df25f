"""Tokens, the limit of 64, and who may be told what, against what the kernel does."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lab.pagefault import protocol
from lab.pagefault.failures import FAILURES
from lab.pagefault.host import MODE
from lab.pagefault.protocol import (
    ERA,
    PER_VCPU,
    WAKE_ALL,
    can_be_told,
    can_deliver,
    queue_fault,
    queue_wake_all,
    release_fault,
    token_of,
    vcpu_of,
)
from tests.pagefault.conftest import machine

IDS = 1 << 20


@given(st.integers(0, 255), st.integers(0, 1 << 33))
@example(0, IDS - 1)
@example(255, IDS)
def test_a_token_is_never_0_and_names_its_vcpu(vcpu: int, start: int) -> None:
    m = machine(1, vcpu + 1)
    m.vcpus[vcpu].ids = start
    for _ in range(3):
        token = token_of(m, vcpu)
        assert 0 < token < WAKE_ALL
        assert token >> 12 != 0  # on every vCPU
        assert vcpu_of(token) == vcpu


def test_tokens_are_the_numbers_in_turn_until_the_20_bits_wrap_and_0_is_skipped() -> None:
    m = machine(1)
    assert [token_of(m, 0) for _ in range(1000)] == [number << 12 for number in range(1, 1001)]  # as recordings begin
    m.vcpus[0].ids = IDS - 1000
    assert [token_of(m, 0) for _ in range(1000)] == [number << 12 for number in range(IDS - 1000, IDS)]
    assert token_of(m, 0) == 0x1000  # after the wrap the first number is 1 again


def test_each_vcpu_counts_its_own_tokens() -> None:
    m = machine(1, 3)
    assert [token_of(m, v) for v in (0, 2, 2, 1, 0)] == [0x1000, 0x1002, 0x2002, 0x1001, 0x2000]


def test_the_wake_all_token_would_be_one_of_the_last_vcpu() -> None:
    # number 0xfffff of vCPU 0xfff; the kernel relies on there being fewer vCPUs
    assert vcpu_of(WAKE_ALL) == 0xFFF


@given(st.integers(0, 3), st.lists(st.sampled_from(["queue", "deliver", "wake all"]), max_size=40))
def test_the_limit_counts_each_vcpu_for_itself_and_wake_all_is_one_more(limit: int, steps: list[str]) -> None:
    m = machine(1, 2, limit=limit)
    faults = 0  # queued and undelivered, without the wake-all
    all_queued = 0
    for step in steps:
        if step == "queue":
            taken = queue_fault(m, 0)
            assert taken == (faults + all_queued < limit)
            faults += taken
        elif step == "wake all":
            m.vcpus[0].done_count = all_queued
            all_queued += queue_wake_all(m, 0)
            assert all_queued == 1
        elif faults:
            release_fault(m, 0)
            faults -= 1
        assert m.vcpus[0].queued == faults + all_queued <= limit + 1
        assert m.vcpus[1].queued == 0


def test_the_kernels_limit_is_64_faults_and_65_with_a_wake_all() -> None:
    m = machine(1, limit=PER_VCPU)
    assert [queue_fault(m, 0) for _ in range(65)] == [1] * 64 + [0]
    assert queue_wake_all(m, 0) == 1
    assert m.vcpus[0].queued == 65
    assert queue_fault(m, 0) == 0


def test_no_limit_is_never_reached() -> None:
    m = machine(1, limit=protocol.NO_LIMIT)
    assert all(queue_fault(m, 0) for _ in range(1000))


def test_no_wake_all_is_queued_where_completed_faults_wait() -> None:
    m = machine(1, limit=64)
    m.vcpus[0].done_count = 1
    assert (queue_wake_all(m, 0), m.vcpus[0].queued) == (0, 0)


@pytest.mark.parametrize(("mode", "era"), [*itertools.product(MODE.values(), ERA.values())])
def test_the_next_page_is_delivered_only_when_the_slot_is_free(mode: int, era: int) -> None:
    m = machine(1, 2, mode=mode, era=era)
    assert (can_deliver(m, 0), can_deliver(m, 1)) == (1, 1)
    m.vcpus[0].slot = 0x1000
    assert (can_deliver(m, 0), can_deliver(m, 1)) == (0, 1)


@pytest.mark.parametrize(("mode", "era", "told"), [("pv", "5.8+", 0), ("pv", "2010", 1), ("halt", "5.8+", 1)])
def test_a_disabled_lapic_holds_back_interrupts_only(mode: str, era: str, told: int) -> None:
    m = machine(1, mode=MODE[mode], era=ERA[era], failure=FAILURES["lapic-disabled"])
    assert can_deliver(m, 0) == told


# mode, kernel mode, send_always: told? (kvm_can_deliver_async_pf)
TOLD = {
    ("pv", 0, 0): 1, ("pv", 0, 1): 1, ("pv", 1, 0): 0, ("pv", 1, 1): 1,
    ("halt", 0, 0): 0, ("halt", 0, 1): 0, ("halt", 1, 0): 0, ("halt", 1, 1): 0,
}  # fmt: skip


@pytest.mark.parametrize("era", list(ERA.values()))
@pytest.mark.parametrize(("mode", "kernel", "send_always"), list(TOLD))
def test_the_guest_is_told_in_user_mode_or_always(mode: str, kernel: int, send_always: int, era: int) -> None:
    m = machine(1, mode=MODE[mode], send_always=send_always, era=era)
    assert can_be_told(m, 0, kernel) == TOLD[mode, kernel, send_always]
