"""The driver on a real kernel: its life in steps, and under load."""

import re

import pytest

from lab.realkernel.boot import Boot, boot
from lab.realkernel.build.module_build import compile_module, compile_program
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.kernel import Kernel
from lab.realkernel.netnode import NetnodeResult, run_netnode
from lab.realkernel.netnode.contract import STEPS
from lab.realkernel.netnode.contract_away import COUNTS
from lab.realkernel.netnode.run import LIMIT, built, stress_guest
from lab.realkernel.netnode.seen import warnings
from lab.realkernel.root.udev_root import UdevRoot

ROUNDS, INTERFACES, READERS = 6, 24, 4


@pytest.fixture(scope="module")
def life(kernel_full: Kernel, udev: UdevRoot, accel: str) -> NetnodeResult:
    return run_netnode(kernel_full, accel, LIMIT, udev=udev)


@pytest.fixture(scope="module")
def stress(kernel_full: Kernel, accel: str) -> Boot:
    return boot(stress_guest(kernel_full, built(kernel_full), ROUNDS, INTERFACES, READERS), accel, LIMIT)


def test_module_and_programs_build_without_a_warning(kernel_full: Kernel) -> None:
    source = linux_sources("netnode")
    assert compile_module(source, kernel_full).warnings == ()
    for name in ("netnode-tool", "netnode-stress"):
        assert compile_program(source, name).warnings == ()


@pytest.mark.parametrize("step", [*STEPS, "log"])
def test_every_promise_is_kept(life: NetnodeResult, step: str) -> None:
    rows = [row for row in life.rows if row.step == step]
    assert rows
    assert [row for row in rows if not row.ok] == []


def test_the_result_says_what_it_ran_on(life: NetnodeResult, kernel_full: Kernel, accel: str) -> None:
    assert (life.kernel, life.accel, life.dmesg) == (kernel_full.release, accel, ())
    assert life.seconds > 0


def test_under_load_every_answer_is_a_documented_one(stress: Boot) -> None:
    assert stress.text("stress.err") == ""
    assert stress.text("stress.status") == "0\n"
    counts = {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", stress.text("stress.txt"))}
    made = ROUNDS * INTERFACES
    assert counts["wrong"] == 0
    left = made // 12  # stay in a namespace that dies
    assert (counts["added"], counts["renamed"], counts["deleted"]) == (made, made, made - left)
    assert counts["moved"] == made // 3
    assert counts["returned"] == made // 6 - left
    # the readers did see it happen
    assert min(counts[key] for key in ("opened", "lines", "gone", "woken")) > 0


def test_after_the_load_nothing_is_left(stress: Boot) -> None:
    assert stress.text("refcount.txt") == "0\n"
    assert stress.text("rmmod.txt") == ""
    assert stress.text("left.txt") == ""
    nodes, freed, opened, closed = map(int, COUNTS.findall(stress.text("dmesg.txt"))[0])
    # an interface of every round, the other end of each second one, lo of this and of each new namespace
    assert nodes == freed >= ROUNDS * INTERFACES * 3 // 2 + 1 + ROUNDS
    assert opened == closed > 0


def test_the_module_comes_and_goes_while_interfaces_do(stress: Boot) -> None:
    unloads = COUNTS.findall(stress.text("dmesg.txt"))[1:]
    assert len(unloads) == int(stress.text("loads.txt")) > 0
    assert [counts for counts in unloads if counts[0] != counts[1] or counts[2:] != ("0", "0")] == []
    assert " wrong=0\n" in stress.text("reload.txt")


def test_under_load_the_kernel_warned_of_nothing(stress: Boot) -> None:
    assert warnings(stress.text("dmesg.txt")) == ()
