"""Channel devices of IBM Z (ccw, ccwgroup): the bus id, `enc600` (names_ccw)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["ccw", "short_bus_id"]


def ccw(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by bus id and why: from 209 on for groups, from 233 on for single devices and virtio as well."""
    chain = trace.above(devpath)
    if scheme.since(233):
        chain = chain[next((n for n, (_, bus) in enumerate(chain) if bus != "virtio"), len(chain)) :]
    device, bus = chain[0] if chain else ("", None)
    if bus not in (("ccwgroup", "ccw") if scheme.since(233) else ("ccwgroup",)):
        raise Elsewhere("no channel device")
    if not scheme.since(209):
        raise Refused("channel devices get names from systemd 209 on")
    bus_id = device.rpartition("/")[2]
    if len(bus_id.encode()) not in (8, 9):
        trace.refused(device, "is no bus id of 8 or 9 letters", bus_id)
        raise Refused(f"`{bus_id}` is no bus id")
    end = f"c{short_bus_id(bus_id)}" if scheme.since(229) else f"ccw{bus_id}"
    trace.used(device, f"bus id: {end}", bus_id)
    return f"{start}{end}", f"`{bus_id}` = bus id"


def short_bus_id(bus_id: str) -> str:
    """The bus id without zeros and points at its start: "600" of "0.0.0600"; one 0 stays."""
    return bus_id.lstrip(".0") or bus_id[-1:]
