"""Tokens and the limit of 64, against what the kernel does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.pagefault import host, protocol


@given(st.integers(0, 4095), st.integers(0, 1 << 33))
def test_a_token_is_never_0_and_names_its_vcpu(vcpu: int, start: int) -> None:
    ids = [0] * 4096
    ids[vcpu] = start
    for _ in range(3):
        token = protocol.next_token(ids, vcpu)
        assert 0 < token <= 0xFFFFFFFF
        assert protocol.vcpu_of(token) == vcpu


def test_tokens_are_unique_until_the_20_bits_wrap_and_0_is_skipped() -> None:
    ids = [0]
    seen = [protocol.next_token(ids, 0) for _ in range((1 << 20) - 1)]
    assert seen[0] == 1 << 12
    assert len(set(seen)) == len(seen)
    assert protocol.next_token(ids, 0) == 1 << 12  # after the wrap the first number is 1 again


def test_the_wake_all_token_comes_only_from_the_last_vcpu() -> None:
    # number 0xfffff of vCPU 0xfff would be it; the kernel relies on there being fewer vCPUs
    assert protocol.vcpu_of(protocol.WAKE_ALL) == 0xFFF


@pytest.mark.parametrize("limit", [0, 1, protocol.PER_VCPU])
def test_the_limit_counts_each_vcpu_for_itself(limit: int) -> None:
    queued = [0, 0]
    assert [protocol.admit(queued, 0, limit) for _ in range(limit + 1)] == [True] * limit + [False]
    assert queued == [limit, 0]
    assert protocol.admit(queued, 1, limit) == (limit > 0)
    if limit:
        protocol.release(queued, 0)
        assert protocol.admit(queued, 0, limit)


def test_what_each_host_does_with_a_fault() -> None:
    queued = [0]
    assert host.answer(host.MODE["sync"], queued, 0, 64) == host.STOP
    assert queued == [0]  # a synchronous fault is not queued
    assert host.answer(host.MODE["halt"], queued, 0, 64) == host.HALT
    assert host.answer(host.MODE["pv"], queued, 0, 64) == host.SLEEP
    assert queued == [2]
    assert host.answer(host.MODE["pv"], queued, 0, 2) == host.STOP  # over the limit
    assert host.answer(host.MODE["halt"], queued, 0, 2) == host.STOP
    assert queued == [2]
