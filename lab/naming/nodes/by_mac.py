"""by-mac: the hardware address, `by-mac/52:54:00:00:00:01`."""

from __future__ import annotations

from lab.naming.model import Interface, Machine
from lab.naming.trace import Refused, Trace

__all__ = ["by_mac"]

NOTHING = {"", "00:00:00:00:00:00"}


def by_mac(machine: Machine, interface: Interface, trace: Trace) -> tuple[str, str]:
    """The address of `interface` and why; raises `Refused` where it is not its own.

    A VLAN, bridge or bond has the address of a card below it, which the name is meant for.
    """
    path = f"{interface.devpath}/address"
    address = (trace.read(path) or interface.mac or "").lower()
    if address in NOTHING:
        trace.refused(path, "no hardware address")
        raise Refused("no hardware address")
    below = _below(machine, interface, trace)
    if below is not None and (below.mac or "").lower() == address:
        trace.refused(f"{interface.devpath}/iflink", f"stacked on {below.ifname}, whose address it has")
        raise Refused(f"stacked on {below.ifname}, whose address it has")
    if not interface.is_card:
        owner = next((c for c in machine.cards if (c.mac or "").lower() == address), None)
        if owner is not None:
            trace.refused(path, f"the address of the card {owner.ifname}")
            raise Refused(f"virtual, with the address of the card {owner.ifname}")
    trace.used(path, "the hardware address", address)
    return address, f"address {address}"


def _below(machine: Machine, interface: Interface, trace: Trace) -> Interface | None:
    """The interface that a VLAN or macvlan lies on; a veth names its peer in this way, which is no harm."""
    link = trace.read(f"{interface.devpath}/iflink")
    others = (i for i in machine.interfaces if i.devpath != interface.devpath and i.ifindex is not None)
    return next((i for i in others if str(i.ifindex) == link), None)
