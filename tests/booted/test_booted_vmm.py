"""The VMM of kernels/linux/asyncpf on a real KVM: the protocol, the pager's rules, every way in which it can end."""

import itertools
import re

import pytest

from lab.pagefault.randomness import CHOICE, below, stream
from lab.pagefault.trace import parse, parse_log
from lab.pagefault.trace.vmm_log import Log
from lab.realkernel.asyncpf.build import vmm_program
from lab.realkernel.asyncpf.guest_script import MODULES, PLACE, guest_script, steps
from lab.realkernel.boot import Boot, boot
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine.qemu import ICOUNT

# name -> words; tasks, pages, order, batch and seed again where the order is to follow from them
TOLD = {
    "fifo": ("--pages 12", (4, 12, "fifo", 1, 1)),
    "lifo": ("--order lifo --batch 4", (4, 32, "lifo", 4, 1)),
    "random": ("--tasks 8 --pages 40 --order random --batch 8 --seed 7 --write", (8, 40, "random", 8, 7)),
    "odd-batch": ("--tasks 5 --pages 23 --order lifo --batch 3 --compute 2000", (5, 23, "lifo", 3, 1)),
    "user": ("--flags 0x9 --user-mode --order random --batch 4 --seed 3 --pages 16", (4, 16, "random", 4, 3)),
    "user-always": ("--user-mode --pages 8", (4, 8, "fifo", 1, 1)),
    "nested-bit": ("--flags 0xf --pages 8", (4, 8, "fifo", 1, 1)),
    "few": ("--tasks 8 --pages 3", (8, 3, "fifo", 1, 1)),
}
HALTED = {
    "off": "--flags 0 --pages 6",
    "kernel": "--flags 0x9 --pages 6",
    "no-interrupt": "--flags 0x3 --pages 6",
}
ENDS = {
    "fault": ("--fail fault", 2, "the guest failed: exception 14, error code 0x2, rip 0x"),
    "triple": ("--fail triple", 2, "exit_reason=8 "),
    "exit": ("--fail exit", 2, "exit_reason=2 detail=0x1 "),
    "loop": ("--fail loop --limit 1", 3, "the guest was stopped: it had not ended after 1 seconds"),
    "never": ("--delay 10000000 --limit 1 --tasks 70 --pages 70", 3, "the guest was stopped"),
    "wrong": ("--tasks none", 1, "asyncpf-vmm: --tasks none: write a whole number from 1 to 96"),
}
LIMIT = 480.0  # seconds of a boot with all of them, on a busy machine
TIMED = "--pace timed --batch 4 --delay 20000 --gap 2000 --pages 16"
MANY = "--tasks 66 --pages 66"
ALL = {
    **{name: words for name, (words, _) in TOLD.items()},
    **HALTED,
    **{name: words for name, (words, _, _) in ENDS.items()},
    "timed": TIMED,
    "many": MANY,
}
TWICE = ("lifo", "user", "off", "timed")


def run(kernel: Kernel, accel: str, names: tuple[str, ...]) -> Boot:
    runs = {name: ALL[name].split() for name in names}
    guest = Guest(
        "asyncpf-vmm",
        kernel,
        guest_script(runs),
        files={PLACE: vmm_program()},
        modules=MODULES,
        steps=steps(runs),
    )
    made = boot(guest, accel, LIMIT)
    assert [mark.text for mark in made.marks if mark.text in guest.steps] == list(guest.steps)
    return made


@pytest.fixture(scope="module")
def made(kernel_cloud: Kernel, accel: str) -> Boot:
    return run(kernel_cloud, accel, tuple(ALL))


def log_of(made: Boot, name: str) -> Log:
    log = parse_log(made.text(f"{name}.vmm.txt"), name)
    assert log.unread == ()
    return log


def status(made: Boot, name: str) -> int:
    return int(made.text(f"{name}.status"))


def heard(log: Log) -> list[tuple[str, int]]:
    return [(one.word, one.value) for one in log.guest if one.word in ("NOT_PRESENT", "READY")]


def expected(tasks: int, pages: int, order: str, batch: int, seed: int) -> tuple[list[tuple[str, int]], list[int]]:
    """What the guest hears, and the pages as they arrive, by the rules of the README alone."""
    left = [list(range(task, pages, tasks)) for task in range(tasks)]
    queue, pending, streams = list(range(tasks)), [], [stream(seed, CHOICE, 0)]
    said: list[tuple[str, int]] = []
    arrived: list[int] = []
    number = 0

    def settle() -> None:
        nonlocal number
        while queue:
            task = queue.pop(0)
            if left[task]:
                number += 1
                pending.append((number, left[task].pop(0), task))
                said.append(("NOT_PRESENT", number << 12))

    settle()
    while pending:
        closed = pending[:batch]
        while closed:
            n = len(closed)
            at = {"fifo": 0, "lifo": n - 1}[order] if order != "random" else below(streams, 0, n)
            touch, page, task = closed.pop(at)
            pending.remove((touch, page, task))
            arrived.append(page)
            said.append(("READY", touch << 12))
            queue.append(task)
            settle()
    return said, arrived


@pytest.mark.parametrize("name", TOLD)
def test_the_order_of_a_told_guest_follows_from_the_settings(made: Boot, name: str) -> None:
    assert status(made, name) == 0
    log = log_of(made, name)
    said, arrived = expected(*TOLD[name][1])
    assert heard(log) == said
    assert [(one.gpa - 0x1000000) // 4096 for one in log.arrivals] == arrived
    pages = len(arrived)
    counts = {"not_present": pages, "ready": pages, "touched": pages, "arrivals": pages, "spurious": 1, "dummy": 0}
    assert {key: log.result[key] for key in counts} == counts
    assert log.result["settled_by_quiet"] == 0
    assert log.result["log"] == len(log.guest)
    assert all(one.comm.startswith("kworker") for one in log.wanted)


@pytest.mark.parametrize("name", HALTED)
def test_a_guest_that_is_not_told_takes_one_page_after_the_other(made: Boot, name: str) -> None:
    assert status(made, name) == 0
    log = log_of(made, name)
    assert heard(log) == []
    touched = [page for task in range(4) for page in range(task, 6, 4)]
    assert [(one.gpa - 0x1000000) // 4096 for one in log.arrivals] == touched
    assert [one.pending for one in log.wanted] == [1] * 6
    assert log.result["spurious"] == (1 if name == "kernel" else 0)
    trace = parse(made.text(f"{name}.trace.txt"), name)
    assert sum(event.name == "kvm_async_pf_not_present" for event in trace.events) == 6


@pytest.mark.parametrize("name", ENDS)
def test_every_end_has_its_status_and_says_why(made: Boot, name: str) -> None:
    _, wanted, why = ENDS[name]
    text = made.text(f"{name}.vmm.txt")
    assert status(made, name) == wanted
    assert why in text
    if wanted == 1:
        assert text.count("\n") == 1
    else:
        assert log_of(made, name).result["rc"] != 0


def test_the_65th_fault_stops_the_vcpu(made: Boot) -> None:
    assert status(made, "many") == 0
    log = log_of(made, "many")
    assert log.result["not_present"] == log.result["ready"] == 65  # all but the 65th; the 66th comes after it
    own = [one.gpa for one in log.wanted if one.comm.startswith("asyncpf-vmm")]
    assert own == [0x1000000 + 64 * 4096]
    assert 64 << 12 in log.heard("NOT_PRESENT")
    assert 65 << 12 not in log.heard("NOT_PRESENT")  # its token is used up all the same


def test_timed_batches_arrive_together(made: Boot) -> None:
    assert status(made, "timed") == 0
    log = log_of(made, "timed")
    assert log.result["batches"] == 4
    assert sorted(log.heard("READY")) == [n << 12 for n in range(1, 17)]
    firsts = [one.ms for one in log.arrivals][::4]
    assert all(late - early >= 20 for early, late in itertools.pairwise(firsts))


def test_two_counted_boots_are_alike(kernel_cloud: Kernel) -> None:
    """With counted instructions order, tokens and the guest's every line are the same; ticks need not be."""
    first, second = (run(kernel_cloud, ICOUNT, TWICE) for _ in range(2))
    for name in TWICE:
        assert status(first, name) == status(second, name) == 0
        logs = [log_of(each, name) for each in (first, second)]
        lines = [[(one.task, one.word, one.value) for one in log.guest] for log in logs]
        assert len(lines[0]) > 20
        assert lines[0] == lines[1]
        assert [one.gpa for one in logs[0].arrivals] == [one.gpa for one in logs[1].arrivals]
        events = [apf_events(each.text(f"{name}.trace.txt")) for each in (first, second)]
        assert len(events[0]) > 20
        assert events[0] == events[1]


def apf_events(trace: str) -> list[tuple[str, str]]:
    """The events of asynchronous faults, without the VMM's own addresses, which Linux puts anywhere."""
    return [(m[1], m[2]) for m in re.finditer(r": (kvm_\w*async_\w+): (.*?)(?: address 0x\w+)?$", trace, re.MULTILINE)]
