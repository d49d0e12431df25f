"""KVM itself does what the settings alone predict: counts, order and tokens, for far more than six settings."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.realkernel.asyncpf.build import vmm_program
from lab.realkernel.asyncpf.lanes import order_lanes
from lab.realkernel.asyncpf.recorded import load_run, recorded
from lab.realkernel.asyncpf.result import AsyncPfResult
from lab.realkernel.asyncpf.run import guest_of, run_settings
from lab.realkernel.asyncpf.settings import PRESETS, Settings
from lab.realkernel.boot import boot
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine.qemu import ICOUNT, TCG

LIMIT = 480.0  # seconds; the cores may be others' as well, and instructions are counted
SETTLED = (
    *(preset.scenario for preset in PRESETS),
    Settings(tasks=8, pages=32, flags="0x9", user_mode=True, order="random", batch=4, seed=7),  # as bundled
    Settings(tasks=5, pages=41, order="lifo", batch=3, compute=100_000),
    Settings(tasks=96, pages=200, order="random", batch=30, seed=5),
    Settings(tasks=10, pages=4, delay=0.0, gap=0.0),
    Settings(tasks=3, pages=12, flags="0x1", order="lifo", batch=4, write=True),
)
TIMED = (Settings(pace="timed"), Settings(pace="timed", order="lifo", batch=4))


@pytest.fixture(scope="module")
def counted(kernel_cloud: Kernel, tmp_path_factory: pytest.TempPathFactory) -> tuple[AsyncPfResult, ...]:
    """All in one boot, instructions counted."""
    keep = tmp_path_factory.mktemp("asyncpf")
    return run_settings((*SETTLED, *TIMED), kernel_cloud, ICOUNT, LIMIT, keep=keep)


def test_at_least_six_settings_are_told_apart() -> None:
    assert len({one.name for one in SETTLED}) == len(SETTLED) >= 6
    assert {one.order for one in SETTLED} == {"fifo", "lifo", "random"}
    assert {one.told for one in SETTLED} == {one.over_limit for one in SETTLED} == {True, False}


def test_counts_order_and_tokens_are_as_predicted(counted: tuple[AsyncPfResult, ...]) -> None:
    for one in counted[: len(SETTLED)]:
        c = one.comparison
        assert c.same_counts, one.text()
        assert c.first_difference is None, one.text()
        assert one.order_must_agree
        assert one.agrees, one.text()
        assert one.failed == one.odd == ()
        assert set(order_lanes(one).state) == {0}


def test_a_pager_that_does_not_wait_gives_the_predicted_counts(counted: tuple[AsyncPfResult, ...]) -> None:
    for one in counted[len(SETTLED) :]:
        assert one.order_open.startswith("a timed pager")
        assert one.comparison.same_counts, one.text()
        assert one.agrees, one.failed


def test_each_can_be_replayed_from_its_own_page_ins(counted: tuple[AsyncPfResult, ...]) -> None:
    for one in counted:
        sync = one.comparison.counts["synchronous"].real
        assert one.comparison.replayed.same_order is (None if sync else True), one.text()


def test_what_the_guest_was_told(counted: tuple[AsyncPfResult, ...]) -> None:
    """The bounds that KVM sets, seen in the runs themselves and not through the prediction."""
    for one in counted:
        s, evidence = one.settings, one.evidence
        assert evidence.most <= min(64, s.tasks if s.told else 1)
        assert evidence.told == (len(evidence.faults) if s.told else 0)
        assert evidence.flags == s.bits
        if s.over_limit:
            assert evidence.most == 64
            assert one.comparison.counts["synchronous"].real > 0


def test_a_second_boot_has_the_order_of_the_first(counted: tuple[AsyncPfResult, ...], kernel_cloud: Kernel) -> None:
    """That of the bundled recording: another boot, on another day."""
    again = next(one for one in counted if one.settings == recorded("random-user").settings)
    assert again.comparison.real == recorded("random-user").comparison.real
    assert again.kernel == kernel_cloud.release


def test_what_was_kept_is_read_back(counted: tuple[AsyncPfResult, ...]) -> None:
    for one in counted:
        assert one.trace_file is not None
        again = load_run(Path(one.trace_file))
        assert again.settings == one.settings
        assert again.comparison == one.comparison


def test_threads_side_by_side_give_the_predicted_counts(kernel_cloud: Kernel) -> None:
    asked = (Settings(), Settings(order="lifo", batch=4), Settings(flags="0x0", pages=8), Settings(tasks=70, pages=80))
    for one in run_settings(asked, kernel_cloud, TCG, LIMIT):
        assert one.comparison.same_counts, one.text()
        assert one.agrees, one.failed
        assert one.order_open == "under tcg threads run side by side"


def test_a_processor_without_virtualisation_is_named(kernel_cloud: Kernel) -> None:
    guest = guest_of({"one": Settings()}, kernel_cloud, vmm_program(), TCG)
    with pytest.raises(LabError, match="KVM is not there: neither of kvm_amd kvm_intel loads"):
        boot(dataclasses.replace(guest, cpu="qemu64,-svm"), TCG, LIMIT)
