"""Sub-functions of a card, on the auxiliary bus: named after the card, with S<N> (v261 on)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.pci import Card, pci_parent, whole
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["subfunction"]


def subfunction(devpath: str, trace: Trace, scheme: Scheme) -> Card:
    """The card that the sub-function at `devpath` is a part of; one of a virtual function has both suffixes, v1S88."""
    device, bus = trace.above(devpath)[0]
    if bus != "auxiliary":
        raise Elsewhere("no sub-function")
    if not scheme.has("SUBFUNC"):
        raise Refused("sub-functions get names from v261 on")
    path = f"{device}/sfnum"
    text = trace.attribute(device, "sfnum")
    number = unsigned(text)
    if number is None:
        trace.refused(path, "no sub-function" if text is None else "is no number")
        raise Refused("the auxiliary device has no number `sfnum`")
    trace.used(path, f"sub-function {number}")
    above = pci_parent(trace, device)
    if above is None:
        raise Refused("the sub-function belongs to no PCI device")
    pci = whole(above, trace, scheme)
    return Card(pci.device, f"{pci.suffix}S{number}")
