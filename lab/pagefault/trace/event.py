"""What a trace says: one event a line, and what the texts of KVM's events mean.

Texts: include/trace/events/kvm.h and arch/x86/kvm/trace.h of Linux (2.6.38 to 6.x); `type kernel|user` is of the
RFC "KVM: x86: async PF user" (Amazon, November 2024); arch/s390/kvm/trace.h for the two of s390.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = [
    "ACCEPT_IRQ", "ACK", "ASYNC", "COMPLETED", "ENABLE", "ENTRY", "EXIT", "FAULT", "INJECT_IRQ", "INJECT_PF", "MSR",
    "NOT_PRESENT", "OTHER", "READY", "REPEATED", "TRY", "WAKE_ALL", "Traced", "meaning",
]  # fmt: skip

TRY = "try"  # a page is missing and may be waited for: kvm_try_async_get_page
REPEATED = "repeated"  # it is under way already, the vCPU halts: kvm_async_pf_repeated_fault, until 5.18 ..doublefault
NOT_PRESENT = "not_present"  # queued, has a token: kvm_async_pf_not_present; s390's kvm_s390_pfault_init
COMPLETED = "completed"  # a worker has the page: kvm_async_pf_completed
READY = "ready"  # delivered: kvm_async_pf_ready; s390's kvm_s390_pfault_done
WAKE_ALL = "wake_all"  # the same with the token that wakes every sleeper
ASYNC = (TRY, REPEATED, NOT_PRESENT, COMPLETED, READY, WAKE_ALL)
ENTRY, EXIT, FAULT = "entry", "exit", "page_fault"  # kvm_entry, kvm_exit, kvm_page_fault: they name the vCPU
ENABLE, ACK, MSR = "enable", "ack", "msr"  # writes of MSR_KVM_ASYNC_PF_EN and _ACK; any other register
INJECT_IRQ, INJECT_PF, ACCEPT_IRQ = "inject_irq", "inject_pf", "accept_irq"
OTHER = "other"

EVERYONE = 0xFFFFFFFF  # the token of a wake-all
MSR_EN, MSR_ACK = "4b564d02", "4b564d07"  # Documentation/virt/kvm/x86/msr.rst


class Traced(NamedTuple):
    """One event. `stamp`: ticks, or nanoseconds where the trace has seconds; None or -1 for what is not said.

    `gva` as printed: with nested paging a guest physical address. `value`: the vector of an interrupt, what was
    written to a register. `by`: "kernel" or "user" where the text says who serves the fault.
    """

    line: int
    stamp: int
    kind: str
    name: str
    comm: str
    tid: int
    cpu: int
    text: str
    vcpu: int = -1
    gva: int | None = None
    gfn: int | None = None
    token: int | None = None
    value: int = 0
    by: str = ""


_HEX = "(0x[0-9a-f]{1,16}|0)"  # %#llx prints 0 without 0x
_BY = r"(?:,? type (?:= )?(?P<by>kernel|user))?"
_PAGE = re.compile(rf"gva = (?P<gva>{_HEX}), gfn = (?P<gfn>{_HEX}){_BY}")
_TOKEN = re.compile(rf"token (?P<token>{_HEX}) gva (?P<gva>{_HEX}){_BY}")
_DONE = re.compile(rf"gva (?P<gva>{_HEX}) address {_HEX}(?: pfn {_HEX})?{_BY}")
_S390 = re.compile(
    r"(?P<vcpu>[0-9]{1,5})\[[0-9a-f]{16}-[0-9a-f]{16}\]: (?:init|done) pfault token (?P<dec>-?[0-9]{1,20})"
)
_VCPU = re.compile(r"vcpu (?P<vcpu>[0-9]{1,5})\b.*")
_MAYBE_VCPU = re.compile(r"(?:vcpu (?P<vcpu>[0-9]{1,5})\b)?.*")
_MSR = re.compile(r"msr_(?P<way>read|write) (?P<msr>[0-9a-f]{1,8}) = (?P<value>0x[0-9a-f]{1,16}|0)(?: \(#GP\))?")
_INJECT_IRQ = re.compile(r"(?:IRQ (?P<value>0x[0-9a-f]{1,4})|irq (?P<dec_value>[0-9]{1,4}))\b.*")
_ACCEPT = re.compile(r"apicid [0-9a-f]{1,8} vec (?P<dec_value>[0-9]{1,3})\b.*")
_EXCEPTION = re.compile(r"(?P<exception>#?\w{1,16})\b.*")

# name -> kind, its text, and how it is said in words where a text is unlike it
_KNOWN = {
    "kvm_try_async_get_page": (TRY, _PAGE, "gva = ADDRESS, gfn = NUMBER"),
    "kvm_async_pf_doublefault": (REPEATED, _PAGE, "gva = ADDRESS, gfn = NUMBER"),
    "kvm_async_pf_repeated_fault": (REPEATED, _PAGE, "gva = ADDRESS, gfn = NUMBER"),
    "kvm_async_pf_not_present": (NOT_PRESENT, _TOKEN, "token NUMBER gva ADDRESS"),
    "kvm_async_pf_ready": (READY, _TOKEN, "token NUMBER gva ADDRESS"),
    "kvm_async_pf_completed": (COMPLETED, _DONE, "gva ADDRESS address ADDRESS"),
    "kvm_s390_pfault_init": (NOT_PRESENT, _S390, "VCPU[PSW]: init pfault token NUMBER"),
    "kvm_s390_pfault_done": (READY, _S390, "VCPU[PSW]: done pfault token NUMBER"),
    "kvm_entry": (ENTRY, _VCPU, "vcpu NUMBER"),
    "kvm_exit": (EXIT, _MAYBE_VCPU, "anything"),  # until 5.9 without the vCPU
    "kvm_page_fault": (FAULT, _MAYBE_VCPU, "anything"),  # until 6.0 without the vCPU
    "kvm_msr": (MSR, _MSR, "msr_write NUMBER = NUMBER"),
    "kvm_inj_virq": (INJECT_IRQ, _INJECT_IRQ, "IRQ NUMBER"),
    "kvm_inj_exception": (INJECT_PF, _EXCEPTION, "#NAME (NUMBER)"),
    "kvm_apic_accept_irq": (ACCEPT_IRQ, _ACCEPT, "apicid NUMBER vec NUMBER"),
}


def meaning(event: Traced) -> Traced | str:
    """`event` with what its text says; or, if the text is not the one that such an event has, why it is refused."""
    known = _KNOWN.get(event.name)
    if known is None:
        return event
    kind, pattern, form = known
    found = pattern.fullmatch(event.text)
    if found is None:
        return f"{event.name}: its text is not of the form {form!r}"
    said = found.groupdict()
    token = int(said["token"], 16) if said.get("token") else int(said["dec"]) if said.get("dec") else None
    if kind == READY and token == EVERYONE:
        kind = WAKE_ALL
    elif kind == MSR and said["way"] == "write":
        kind = {MSR_EN: ENABLE, MSR_ACK: ACK}.get(said["msr"], MSR)
    elif kind == INJECT_PF and said["exception"] != "#PF":
        kind = OTHER
    value = int(said["value"], 16) if said.get("value") else int(said["dec_value"]) if said.get("dec_value") else 0
    return event._replace(
        kind=kind,
        vcpu=int(said["vcpu"]) if said.get("vcpu") else event.vcpu,
        gva=int(said["gva"], 16) if said.get("gva") else None,
        gfn=int(said["gfn"], 16) if said.get("gfn") else None,
        token=token,
        value=value,
        by=said.get("by") or "",
    )
