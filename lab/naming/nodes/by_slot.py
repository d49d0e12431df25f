"""by-slot: the hot-plug slot that holds the card, `by-slot/3`, and `by-slot/3-f1` for its second function."""

from __future__ import annotations

from lab.naming.model import Interface, Machine
from lab.naming.nodes.port import port
from lab.naming.schemes.pci import parse_address, pci_parent
from lab.naming.schemes.slot import SLOTS
from lab.naming.trace import Refused, Trace
from lab.naming.tree import hardware, subsystem

__all__ = ["by_slot"]


def by_slot(machine: Machine, interface: Interface, trace: Trace) -> tuple[str, str]:
    """The slot of the card below `interface`, or of the nearest device above it, and why; raises `Refused` if none.

    Other than systemd's SLOT it takes any name of a slot ("0", "2-1"), and a bridge's slot too: cards that
    share it have one name then, and none of them gets it.
    """
    device = hardware(machine.tree, interface.devpath)
    trace.passed_over(interface.devpath, device)
    if device is None or subsystem(machine.tree, device) != "pci":
        trace.refused(interface.devpath, "no PCI device", "no slot")
        raise Refused("no PCI device, so in no slot")
    if machine.tree.resolve(SLOTS) is None:
        trace.lacks(SLOTS, "the slots folder may hold a slot for this card")
        raise Refused("this source has no slots folder")
    address = parse_address(device.rpartition("/")[2])
    place: str | None = device
    while place is not None:
        sysname = place.rpartition("/")[2]
        for slot in machine.tree.entries(SLOTS):
            path = f"{SLOTS}/{slot}/address"
            if trace.read(path) in (sysname, sysname.rpartition(".")[0]):
                trace.used(path, f"slot {slot} holds {'the card' if place == device else sysname}")
                function = f"-f{address.function}" if address is not None and address.function else ""
                return f"{slot}{function}{port(interface, trace)}", f"slots/{slot} holds {sysname}"
        place = pci_parent(trace, place)
    trace.refused(SLOTS, "no address is that of the card or of a device above it", "no slot")
    raise Refused("no slot has the card's address")
