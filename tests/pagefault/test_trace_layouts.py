"""Lines as the three tools print them; those here are written out by hand or recorded from the tools themselves."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lab.pagefault.trace.layouts import LONGEST_LINE, Columns, columns, is_heading, lost_in

READY = ("kvm_async_pf_ready", "token 0x1000 gva 0x1000000")
CASES = {
    # tracefs: with flags, with the thread group, without flags (irq-info off), without a file's padding
    "     kworker/0:3-94      [000] .....  24577922161: kvm_async_pf_ready: token 0x1000 gva 0x1000000":
        Columns("dash", "kworker/0:3", 94, 0, "24577922161", *READY),
    "           vmm-137     (    137) [011] dNh2.  12345.678901: kvm_async_pf_ready: token 0x1000 gva 0x1000000":
        Columns("dash", "vmm", 137, 11, "12345.678901", *READY),
    "           vmm-137     (-------) [000] .....  12345.678901: kvm_async_pf_ready: token 0x1000 gva 0x1000000":
        Columns("dash", "vmm", 137, 0, "12345.678901", *READY),
    "           vmm-137   [000]  12345.678901: kvm_async_pf_ready: token 0x1000 gva 0x1000000":
        Columns("dash", "vmm", 137, 0, "12345.678901", *READY),
    # trace-cmd: names are padded, newer releases print the flags
    " qemu-system-x86-310143 [064] 28714.545983: kvm_exit:             reason EXIT_NPF rip 0x0 info 16807 1729a":
        Columns("dash", "qemu-system-x86", 310143, 64, "28714.545983", "kvm_exit",
                "reason EXIT_NPF rip 0x0 info 16807 1729a"),
    "           <...>-43752 [001] d..1.  3615.602298: kvm_msr:              msr_read ce = 0x0 (#GP)":
        Columns("dash", "<...>", 43752, 1, "3615.602298", "kvm_msr", "msr_read ce = 0x0 (#GP)"),
    " qemu-6660  [007]   398.691444: kvm_entry:            vcpu 3":
        Columns("dash", "qemu", 6660, 7, "398.691444", "kvm_entry", "vcpu 3"),
    # perf script: plain, with pid/tid and a period, with flags before the CPU
    "       CPU 0/KVM  599499 [002] 1377662.550644: kvm:kvm_entry:  vcpu 0 rip 0xffffffff815cf36e":
        Columns("perf", "CPU 0/KVM", 599499, 2, "1377662.550644", "kvm_entry", "vcpu 0 rip 0xffffffff815cf36e"),
    "     migration/0    18/18    [000] 36061.906874538:          1 sched:sched_switch: prev_comm=a prev_pid=18":
        Columns("perf", "migration/0", 18, 0, "36061.906874538", "sched_switch", "prev_comm=a prev_pid=18"),
    "            <...> 206966 .N.. [017] 15504452.408994: kvm:kvm_exit: reason EXTERNAL_INTERRUPT rip 0xf58":
        Columns("perf", "<...>", 206966, 17, "15504452.408994", "kvm_exit", "reason EXTERNAL_INTERRUPT rip 0xf58"),
    "            perf 20080 [000] 36061.906861: kvm:kvm_ack_irq:":
        Columns("perf", "perf", 20080, 0, "36061.906861", "kvm_ack_irq", ""),
    # a worker's name is longer where perf reads it from proc
    "kworker/u8:2+events_unbound 94 [000] 1.000000: kvm:kvm_entry: vcpu 0":
        Columns("perf", "kworker/u8:2+events_unbound", 94, 0, "1.000000", "kvm_entry", "vcpu 0"),
}  # fmt: skip


@pytest.mark.parametrize("line", CASES)
def test_a_line_as_a_tool_prints_it(line: str) -> None:
    assert columns(line) == CASES[line]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# tracer: nop",
        "vmm-137 [000] kvm_entry: vcpu 0",  # no stamp
        "vmm-137 [000] ..... 1.2.3: kvm_entry: vcpu 0",
        "vmm-137 [000] ..... 12: no name of an event",
        "vmm-137 [x] ..... 12: kvm_entry: vcpu 0",
        "vmm-٣ [000] ..... 12: kvm_entry: vcpu 0",  # digits, but not ASCII
        "vmm-137 [000] ..... 123456789012345678901: kvm_entry: vcpu 0",  # more than 64 bits
        "vmm-137 [000] ..... 12: kvm_entry: " + "x" * LONGEST_LINE,
    ],
)
def test_what_is_no_event(line: str) -> None:
    assert columns(line) is None


NAMES = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs")), min_size=1, max_size=15).filter(
    lambda name: name.strip() == name
)


@given(NAMES, st.integers(0, 10**10 - 1), st.integers(0, 8191), st.booleans())
@example("a-1 [0] 2: b: c", 7, 0, True)
@example("a-1 [0] 2: b: c", 7, 0, False)
@example("a 1 [0] 2: b: c", 7, 0, True)
@example("[000] - [01] 5:", 7, 0, True)
def test_a_task_s_name_may_hold_anything(comm: str, tid: int, cpu: int, dash: bool) -> None:
    tail = "12345.678901: kvm_async_pf_ready: token 0x1000 gva 0x1000000"
    line = f"{comm:>16}-{tid:<7} [{cpu:03d}] ..... {tail}" if dash else f"{comm:>16} {tid:>7} [{cpu:03d}] {tail}"
    for expected in ("", "dash" if dash else "perf"):
        found = columns(line, expected)
        assert found is not None
        assert (found.comm, found.tid, found.cpu) == (comm, tid, cpu)
        assert (found.stamp, found.name, found.text) == ("12345.678901", *READY)


def test_lost_events_are_seen_as_each_tool_tells_them() -> None:
    assert lost_in("CPU:3 [LOST 1234 EVENTS]") == (3, 1234)  # tracefs
    assert lost_in("CPU:7 [204600 EVENTS DROPPED]") == (7, 204600)  # trace-cmd
    assert lost_in("CPU:0 [EVENTS DROPPED]") == (0, None)
    assert lost_in("            perf 20080 [004] 36061.9: PERF_RECORD_LOST lost 9") == (4, 9)
    assert lost_in("PERF_RECORD_LOST_SAMPLES, lost 7") == (-1, 7)
    assert lost_in("CPU:3 [LOST some EVENTS]") is None
    assert lost_in("vmm-137 [000] ..... 12: kvm_entry: vcpu 0") is None


def test_headings() -> None:
    for line in ("# tracer: nop", "#", "cpus=4", "version = 7", "CPU 12 is empty", "  cpus=2"):
        assert is_heading(line), line
    for line in ("cpus=", "CPU 1 is full", "vmm-1 [000] 1: a: b"):
        assert not is_heading(line), line
