r"""by-label: what the firmware calls the socket, `by-label/Embedded\x20NIC\x201` (SMBIOS type 41, ACPI _DSM)."""

from __future__ import annotations

from lab.naming.model import Interface, Machine
from lab.naming.nodes.port import port
from lab.naming.trace import Refused, Trace
from lab.naming.tree import hardware

__all__ = ["by_label"]


def by_label(machine: Machine, interface: Interface, trace: Trace) -> tuple[str, str]:
    """The label of the card below `interface` and why; raises `Refused` where the firmware gives none.

    The file is the kernel's own, made for this purpose in 2010 (drivers/pci/pci-label.c).
    """
    device = hardware(machine.tree, interface.devpath)
    if device is None:
        trace.refused(interface.devpath, "virtual: no device above it", "no device")
        raise Refused("virtual, on no bus")
    path = f"{device}/label"
    text = (trace.read(path) or "").strip()
    if not text:
        trace.refused(path, "the firmware gives no label here")
        raise Refused("the firmware gives no label")
    trace.used(path, "the firmware's label")
    return f"{text}{port(interface, trace)}", f"label `{text}`"
