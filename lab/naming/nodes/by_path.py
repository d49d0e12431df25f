"""by-path: where the card sits, as udev's ID_PATH, `by-path/pci-0000:00:03.0`."""

from __future__ import annotations

from lab.naming.model import Interface, Machine
from lab.naming.nodes.port import port
from lab.naming.path_id import path_id
from lab.naming.trace import Refused, Trace

__all__ = ["by_path"]


def by_path(machine: Machine, interface: Interface, trace: Trace) -> tuple[str, str]:
    """The path of the card below `interface` and why; raises `Refused` for what sits on no bus."""
    known = machine.properties.get(interface.devpath, {}).get("ID_PATH")
    if not known:
        trace.passed_over(interface.devpath, None)
    place = known or path_id(machine.tree, interface.devpath)
    if not place:
        trace.refused(interface.devpath, "on no bus that says where it is", "no path")
        raise Refused("on no bus that says where it is")
    trace.used(f"{interface.devpath} ID_PATH", "the devices above it, outermost first", place)
    end = port(interface, trace)
    return f"{place}{end}", f"ID_PATH {place}"
