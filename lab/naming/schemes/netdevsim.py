"""The kernel's simulated devices: number and port, `eni1np1` (names_netdevsim, v243 on)."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.port import printable
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["netdevsim"]

_LAST = re.compile(r"([0-9]+)$", re.ASCII)
_NUMBER = re.compile(r"netdevsim([0-9]{1,10})", re.ASCII)


def netdevsim(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by number and port, and why; without a port's name there is none."""
    device = next((place for place, bus in trace.above(devpath) if bus == "netdevsim"), None)
    if device is None:
        raise Elsewhere("no simulated device")
    if not scheme.has("NETDEVSIM"):
        raise Refused("simulated devices get names from v243 on")
    sysname = device.rpartition("/")[2]
    number = _number(sysname, scheme)
    if number is None:
        trace.refused(device, "has no number", sysname)
        raise Refused(f"`{sysname}` has no number")
    trace.used(device, f"simulated device {number}", sysname)
    path = f"{devpath}/phys_port_name"
    port = trace.attribute(devpath, "phys_port_name")
    if port is None or (not port and scheme.since(250)):
        trace.refused(path, "the port has no name")
        raise Refused("the port has no name")
    if not printable(path, port, trace):
        trace.refused(path, "holds bytes that no name may hold")
        raise Refused("phys_port_name holds bytes that no name may hold")
    trace.used(path, f"the port's name: n{port}")
    return f"{start}i{number}n{port}", f"`{sysname}`, port `{port}`"


def _number(sysname: str, scheme: Scheme) -> int | None:
    if scheme.since(255):
        match = _LAST.search(sysname)
        return unsigned(match and match[1])
    match = _NUMBER.match(sysname)
    return match and int(match[1])
