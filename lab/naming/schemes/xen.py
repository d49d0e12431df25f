"""Virtual cards of Xen: the number of the interface, `enX0` (names_xen, v250 on)."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import decimal
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["xen"]

_VIF = re.compile(r"/devices/vif-(0|[1-9][0-9]*)/", re.ASCII)


def xen(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by number and why: /devices/vif-0 is 0."""
    device, bus = trace.above(devpath)[0]
    if bus != "xen":
        raise Elsewhere("no virtual card of Xen")
    if not scheme.has("XEN_VIF"):
        raise Refused("virtual cards of Xen get names from v250 on")
    sysname = device.rpartition("/")[2]
    match = _VIF.match(f"{devpath}/")
    number = decimal(match[1], 2**32 - 1) if match else None
    if number is None:
        trace.refused(device, "is no /devices/vif-<N>", sysname)
        raise Refused(f"`{sysname}` is no vif-<N>")
    trace.used(device, f"Xen's interface {number}", sysname)
    return f"{start}X{number}", f"`{sysname}` = Xen's interface {number}"
