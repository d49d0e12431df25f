"""What runs in the booted machine: KVM is loaded, its events are traced, and the VMM runs once for each setting.

Below /out are then, for each NAME, NAME.trace.txt (tracefs text, clock x86-tsc, its first line is the command),
NAME.vmm.txt (the VMM's log) and NAME.status (its exit status, see `kernels/linux/asyncpf/README.md`), and host.txt:
the kernel, the KVM module, whether it uses nested paging, and the events that this kernel does not know.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from lab.core.errors import LabError
from lab.realkernel.asyncpf.build import PROGRAM

__all__ = ["EVENTS", "MODULES", "PLACE", "guest_script", "steps"]

MODULES = ("kvm_amd", "kvm_intel")  # the first that loads: each refuses the other's processor
PLACE = f"lab/{PROGRAM}"  # of the VMM in the guest
LIMIT = 60  # seconds of the guest's clock for one run
BUFFER = 8192  # KiB of the trace; a fault writes about a dozen lines of 100 bytes
KVM_READY = "kvm"  # the mark when KVM is there

# What the page-fault room reads (include/trace/events/kvm.h, arch/x86/kvm/trace.h), and what tells why: the exits
# that touch the protocol's MSRs, the #PF and the interrupt that say it to the guest, the vCPU that halts and goes on.
EVENTS = (
    "kvm_try_async_get_page", "kvm_async_pf_not_present", "kvm_async_pf_ready", "kvm_async_pf_completed",
    "kvm_async_pf_repeated_fault", "kvm_page_fault", "kvm_inj_exception", "kvm_apic_accept_irq", "kvm_inj_virq",
    "kvm_msr", "kvm_vcpu_wakeup",
)  # fmt: skip
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,79}")

_BEGIN = """\
T=/sys/kernel/tracing
for module in {modules}; do
	modprobe $module 2>/dev/null && break
done
if ! [ -c /dev/kvm ]; then
	echo "KVM is not there: neither of {modules} loads on this processor"
	dmesg | grep -i kvm | tail -n 2
	exit 1
fi
{{
	echo "kernel $(uname -r)"
	echo "module $module"
	echo "paging $(cat /sys/module/$module/parameters/npt /sys/module/$module/parameters/ept 2>/dev/null)"
}} >/out/host.txt
echo 0 >$T/tracing_on
echo x86-tsc >$T/trace_clock
echo {buffer} >$T/buffer_size_kb
for event in {events}; do
	echo 1 >$T/events/kvm/$event/enable || echo "no event $event" >>/out/host.txt
done 2>/dev/null
# one NAME WORD...: a run of the VMM, its trace, its log and its status
one() {{
	name=$1
	shift
	echo >$T/trace
	echo 1 >$T/tracing_on
	"$@" >/out/$name.vmm.txt 2>&1
	echo $? >/out/$name.status
	echo 0 >$T/tracing_on
	{{
		echo "# cmd: $*"
		cat $T/trace
	}} >/out/$name.trace.txt
	mark $name
}}
mark {ready}
"""


def guest_script(runs: Mapping[str, Sequence[str]], limit: int = LIMIT) -> str:
    """The script for these runs, one after the other.

    `runs`: the name of each (small letters, digits, - and .) and the words of the VMM, which is at /`PLACE`; `limit`:
    seconds for each. Raises `LabError` for a name that cannot be a file's.
    """
    begin = _BEGIN.format(modules=" ".join(MODULES), events=" ".join(EVENTS), buffer=BUFFER, ready=KVM_READY)
    lines = []
    for name in steps(runs)[1:]:
        words = (f"/{PLACE}", "--limit", str(limit), *runs[name])
        lines.append(f"one {name} {shlex.join(words)}\n")
    return begin + "".join(lines)


def steps(runs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The marks that the script of these runs prints, in order."""
    for name in runs:
        if not _NAME.fullmatch(name) or name == KVM_READY:
            raise LabError(f"{name[:80]!r} is no name of a run; write small letters, digits, - and .")
    return (KVM_READY, *runs)
