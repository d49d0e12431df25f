"""Cores of a Broadcom chip (bcma): the PCI address or the slot of the chip, with b<core> (names_bcma)."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.pci import Card, pci_parent, whole
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["bcma_card", "bcma_core"]

_CORE = re.compile(r"bcma[ \t]*\+?[0-9]+:[ \t]*\+?([0-9]{1,10})", re.ASCII)


def bcma_card(devpath: str, trace: Trace, scheme: Scheme) -> Card:
    """The PCI device that holds the core of the interface at `devpath`; core 0 adds nothing."""
    device = next((place for place, bus in trace.above(devpath) if bus == "bcma"), None)
    if device is None or not scheme.since(198):
        raise Elsewhere("on no core of a Broadcom chip")
    host = pci_parent(trace, device)
    if host is None:
        raise Refused("the Broadcom chip is on no PCI bus")
    sysname = device.rpartition("/")[2]
    core = bcma_core(sysname)
    if core is None:
        trace.refused(device, "is no bcma<bus>:<core>", sysname)
        raise Refused(f"`{sysname}` names no core")
    trace.used(device, f"core {core}{'' if core else ' adds nothing'}", sysname)
    pci = Card(host, "") if scheme.since(255) else whole(host, trace, scheme)
    return Card(pci.device, f"{pci.suffix}{f'b{core}' if core else ''}")


def bcma_core(sysname: str) -> int | None:
    """The core of "bcma0:3" (3); None for another name."""
    match = _CORE.match(sysname)
    return match and int(match[1])
