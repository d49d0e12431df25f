"""The button of the notebooks' last sections on the real thing: a run takes the recording's place; Cancel ends QEMU."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

import pytest

from lab.realkernel.kernel import Kernel
from lab.ui import naming_kernel, pagefault_kernel
from lab.ui.kernel_run import HERE, RECORDED, KernelExplorer, lacks

MINUTES = 5 * 60.0  # other guests run beside these


def children() -> set[str]:
    """The commands of the processes that this one has started and that still run."""
    found = set()
    for thread in Path("/proc/self/task").iterdir():
        for child in (thread / "children").read_text("ascii").split():
            with contextlib.suppress(OSError):  # it has ended meanwhile
                found.add(Path("/proc", child, "comm").read_text("utf-8").strip())
    return found


def guests() -> set[str]:
    return {name for name in children() if name.startswith("qemu")}


def wait_for_guest(made: KernelExplorer) -> None:
    end = time.monotonic() + MINUTES
    while not guests():
        assert time.monotonic() < end
        assert not made.run.job.wait(0.1), f"{made.run.job.said.value} {made.run.note.text}"


@pytest.fixture(autouse=True)
def ready(kernel_full: Kernel, kernel_cloud: Kernel) -> None:
    for run in ("naming", "asyncpf"):
        if missing := lacks(run):
            pytest.skip(missing.text)


def test_a_click_boots_the_machine_and_its_names_are_shown() -> None:
    made = naming_kernel("card-added")
    assert made.bar.badge == RECORDED
    made.run.job.button.click()
    assert made.run.job.wait(MINUTES)
    assert (made.run.note.text, made.bar.badge) == ("", HERE)
    assert "predicted before the boot, all as real systemd" in made.bar.headline
    made.run.back.click()
    assert made.bar.badge == RECORDED
    assert guests() == set()


def test_a_click_runs_settings_that_were_never_recorded() -> None:
    made = pagefault_kernel(tasks=5, pages=10, order="random", batch=5)
    made.run.job.button.click()
    assert made.run.job.wait(MINUTES)
    assert (made.run.note.text, made.bar.badge) == ("", HERE)
    assert made.bar.headline == "All 20 events of KVM came as predicted, in order and token."


def test_cancel_ends_qemu() -> None:
    made = naming_kernel("flat")
    made.run.job.button.click()
    wait_for_guest(made)
    made.run.job.button.click()
    assert made.run.job.wait(10)
    assert made.run.job.said.value == "cancelled; nothing was changed"
    assert (made.run.note.text, made.bar.badge) == ("", RECORDED)
    assert guests() == set()
