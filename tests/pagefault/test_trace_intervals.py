"""The rules by which events become fault intervals, each with a trace of a few lines."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.pagefault.trace import Interval, Pairing, most, pair, parse, under_way
from tests.pagefault.recorded import NOT_TOLD, PAGES, TOLD, recorded

TEXT = {
    "try": "kvm_try_async_get_page: gva = {:#x}, gfn = {:#x}",
    "again": "kvm_async_pf_repeated_fault: gva = {:#x}, gfn = {:#x}",
    "queued": "kvm_async_pf_not_present: token {:#x} gva {:#x}",
    "done": "kvm_async_pf_completed: gva {:#x} address 0x7f00",
    "ready": "kvm_async_pf_ready: token {:#x} gva {:#x}",
    "told": "kvm_inj_exception: #PF (0x0)",
    "init": "kvm_s390_pfault_init: {:02d}[0000000000000000-0000000000000000]: init pfault token {}",
    "done390": "kvm_s390_pfault_done: {:02d}[0000000000000000-0000000000000000]: done pfault token {}",
}


def read(*steps: tuple[object, ...]) -> Pairing:
    """Each step: thread, event of `TEXT`, its values; a page's number gives both address and frame number of a try."""
    lines = []
    for stamp, (thread, name, *values) in enumerate(steps, 1):
        if name in ("try", "again"):
            values = [int(str(values[0])) << 12, *values]
        lines.append(f"{'kworker' if thread == 9 else 'vmm'}-{thread} [000] {stamp}: {TEXT[str(name)].format(*values)}")
    return pair(parse("\n".join(lines)))


def stamps(one: Interval) -> tuple[int | None, int | None, int | None, int | None]:
    return one.asked, one.queued, one.completed, one.ready


def whys(pairing: Pairing) -> list[tuple[int, str]]:
    return [(one.line, one.why.partition(":")[0]) for one in pairing.unpaired]


@pytest.mark.parametrize("name", PAGES)
def test_every_fault_of_a_recording_is_whole(name: str) -> None:
    trace, pairing, _log = recorded(name)
    assert pairing.unpaired == ()
    assert len(pairing.intervals) == PAGES[name]
    for one in pairing.intervals:
        assert one.asked is not None
        assert one.queued is not None
        assert one.completed is not None
        assert one.ready is not None
        assert one.asked < one.queued < one.completed < one.ready
        assert (one.page_in, one.delivery) == (one.completed - one.queued, one.ready - one.completed)
        assert one.total == one.ready - one.queued
        assert (one.vcpu, one.repeated) == (0, 0)
        assert one.worker.startswith("kworker/0:")
    assert [one.told for one in pairing.intervals] == ([True] if name in TOLD else [None]) * PAGES[name]
    assert most(pairing.intervals) == (1 if name in NOT_TOLD else 3 if PAGES[name] == 9 else 4)
    assert len(pairing.wake_alls) == (name != "off-hostonly")
    assert len(trace.asynchronous()) == 4 * PAGES[name] + len(pairing.wake_alls)


def test_completed_belongs_to_the_oldest_at_its_address_and_ready_to_its_token() -> None:
    found = read(
        (1, "try", 5), (1, "queued", 0x1000, 0x5000), (1, "try", 6), (1, "queued", 0x2000, 0x6000),
        (9, "done", 0x6000), (9, "done", 0x5000), (1, "ready", 0x2000, 0x6000), (1, "ready", 0x1000, 0x5000),
    )  # fmt: skip
    assert [stamps(one) for one in found.intervals] == [(1, 2, 6, 8), (3, 4, 5, 7)]
    assert [one.page for one in found.intervals] == [5, 6]
    assert found.unpaired == ()
    assert under_way(found.intervals) == [(2, 1), (4, 2), (5, 1), (6, 0)]


def test_two_vcpus_at_one_page_are_told_apart_by_what_is_delivered() -> None:
    found = read(
        (1, "try", 5), (1, "queued", 0x1000, 0x5000), (2, "try", 5), (2, "queued", 0x1001, 0x5000),
        (9, "done", 0x5000), (2, "ready", 0x1001, 0x5000), (9, "done", 0x5000), (1, "ready", 0x1000, 0x5000),
    )  # fmt: skip
    assert [(one.vcpu, stamps(one)) for one in found.intervals] == [(0, (1, 2, 7, 8)), (1, (3, 4, 5, 6))]
    assert found.unpaired == ()


def test_equal_tokens_of_two_guests_are_told_apart_by_thread() -> None:
    found = read(
        (1, "try", 5), (1, "queued", 0x1000, 0x5000), (2, "try", 6), (2, "queued", 0x1000, 0x6000),
        (9, "done", 0x6000), (9, "done", 0x5000), (2, "ready", 0x1000, 0x6000), (1, "ready", 0x1000, 0x5000),
    )  # fmt: skip
    assert [(one.tid, stamps(one)) for one in found.intervals] == [(1, (1, 2, 6, 8)), (2, (3, 4, 5, 7))]


def test_a_ready_before_its_completed_is_a_race_and_no_negative_time() -> None:
    found = read((1, "try", 5), (1, "queued", 0x1000, 0x5000), (1, "ready", 0x1000, 0x5000), (9, "done", 0x5000))
    (one,) = found.intervals
    assert stamps(one) == (1, 2, 4, 3)
    assert (one.page_in, one.delivery, one.total) == (1, 0, 1)
    assert found.unpaired == ()


def test_a_completed_before_its_not_present_is_a_race_of_old_kernels() -> None:
    found = read((1, "try", 5), (9, "done", 0x5000), (1, "queued", 0x1000, 0x5000), (1, "ready", 0x1000, 0x5000))
    (one,) = found.intervals
    assert stamps(one) == (1, 3, 2, 4)
    assert (one.page_in, one.delivery) == (0, 2)
    assert found.unpaired == ()


def test_a_second_touch_belongs_to_the_fault_under_way() -> None:
    found = read(
        (1, "try", 5), (1, "queued", 0x1000, 0x5000), (1, "try", 5), (1, "again", 5), (1, "try", 5), (1, "again", 5),
        (9, "done", 0x5000), (1, "ready", 0x1000, 0x5000), (1, "try", 5), (1, "again", 5),
    )  # fmt: skip
    (one,) = found.intervals
    assert (stamps(one), one.repeated) == ((1, 2, 7, 8), 2)
    assert whys(found) == [(10, "no fault of this vCPU is under way at this page")]


def test_a_try_that_is_never_queued_is_synchronous_or_lost() -> None:
    found = read((1, "try", 5), (1, "try", 6), (1, "queued", 0x1000, 0x6000), (2, "try", 7))
    assert [stamps(one) for one in found.intervals] == [
        (1, None, None, None),
        (2, 3, None, None),
        (4, None, None, None),
    ]
    assert [one.page_in for one in found.intervals] == [None] * 3
    assert whys(found) == [
        (1, "never queued"),
        (3, "not completed when the trace ends"),
        (4, "never queued"),
    ]


def test_what_began_before_the_trace_or_is_lost_is_said() -> None:
    found = read(
        (9, "done", 0x5000), (1, "ready", 0x1000, 0x5000), (1, "queued", 0x2000, 0x6000), (1, "ready", 0x2000, 0x6000),
        (1, "try", 7), (1, "queued", 0x3000, 0x7000), (9, "done", 0x7000),
    )  # fmt: skip
    assert whys(found) == [
        (1, "no fault is under way at this address"),
        (2, "no fault under way has this token"),
        (3, "no try of this thread at this address stands before it"),
        (3, "ready, but its completed is missing"),
        (6, "completed, but not delivered when the trace ends"),
    ]
    assert [stamps(one) for one in found.intervals] == [(None, 3, None, 4), (5, 6, 7, None)]


def test_a_token_used_again_ends_the_fault_that_had_it() -> None:
    found = read((1, "try", 5), (1, "queued", 0x1000, 0x5000), (1, "try", 6), (1, "queued", 0x1000, 0x6000))
    assert (2, "never ready") in whys(found)
    assert len(found.intervals) == 2


def test_a_completed_at_a_page_that_turns_out_synchronous_is_not_kept_for_the_next_fault() -> None:
    found = read((1, "try", 5), (9, "done", 0x5000), (1, "try", 6), (1, "try", 5), (1, "queued", 0x1000, 0x5000))
    assert found.intervals[-1].completed is None
    assert (2, "completed, but nothing at this address was queued") in whys(found)


def test_s390_pairs_by_the_guest_s_token_though_a_worker_delivers() -> None:
    found = read((1, "init", 3, 77), (1, "init", 3, 78), (9, "done390", 3, 78), (9, "done390", 3, 77))
    assert [(one.vcpu, one.token, one.queued, one.ready) for one in found.intervals] == [(3, 77, 1, 4), (3, 78, 2, 3)]
    assert found.unpaired == ()
    assert [one.total for one in found.intervals] == [3, 1]


def test_an_injection_belongs_to_what_its_thread_queued_last() -> None:
    found = read(
        (1, "try", 5), (1, "queued", 0x1000, 0x5000), (1, "told"), (2, "try", 6), (2, "queued", 0x1001, 0x6000)
    )
    assert [one.told for one in found.intervals] == [True, False]


STEP = st.tuples(
    st.integers(1, 3), st.sampled_from(("try", "again", "queued", "done", "ready", "told")), st.integers(0, 3)
)


@settings(max_examples=50)
@given(st.lists(STEP, min_size=1))
def test_any_order_of_events_pairs_each_at_most_once_and_drops_none(steps: list[tuple[int, str, int]]) -> None:
    found = read(
        *(
            (9, name, page << 12) if name == "done"
            else (thread, name, (page + 1) << 12 | thread, page << 12) if name in ("queued", "ready")
            else (thread, name, page)
            for thread, name, page in steps
        )
    )  # fmt: skip
    names = {stamp: name for stamp, (_, name, _) in enumerate(steps, 1)}
    used = [stamp for one in found.intervals for stamp in stamps(one) if stamp is not None]
    assert len(used) == len(set(used))
    for one in found.intervals:
        for stamp, name in zip(stamps(one), ("try", "queued", "done", "ready"), strict=True):
            assert stamp is None or names[stamp] == name
    alone = {one.line for one in found.unpaired}
    again = {stamp for stamp, name in names.items() if name == "again"}
    assert {stamp for stamp, name in names.items() if name in ("queued", "done", "ready")} <= alone | set(used)
    assert sum(one.repeated for one in found.intervals) + len(again & alone) == len(again)
    tries = {stamp for stamp, name in names.items() if name == "try"}
    assert len(tries - set(used)) <= len(again)  # the try of a second touch is part of that
    assert all(count >= 0 for _, count in under_way(found.intervals))
