"""The first two letters, and the interfaces that get no name at all (get_ifname_prefix, net_id)."""

from __future__ import annotations

from lab.naming.model import uevent_value
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import unsigned
from lab.naming.trace import Refused, Trace

__all__ = ["prefix"]

# include/uapi/linux/if_arp.h: ETHER, INFINIBAND, SLIP
ETHER, INFINIBAND, SLIP, MCTP = 1, 32, 256, 290
WIRELESS = {"wlan": "wl", "wwan": "ww"}


def prefix(devpath: str, trace: Trace, scheme: Scheme) -> str:
    """The letters `en`, `wl`, `ww`, `ib`, `sl` or `mc`; raises `Refused` for a stacked interface or another type."""
    _refuse_stacked(devpath, trace)
    path = f"{devpath}/type"
    text = trace.read(path)
    kind = unsigned(text)
    if text is None:
        trace.lacks(path, "the link type decides whether there are names at all")
        raise Refused("the link type is unknown")
    if kind == ETHER:
        devtype = uevent_value(trace.tree, devpath, "DEVTYPE")
        start = WIRELESS.get(devtype or "", "en")
        trace.used(path, f"Ethernet{f', {devtype}' if start != 'en' else ''}: the name begins with {start}")
        return start
    if kind == INFINIBAND and scheme.has("INFINIBAND"):
        trace.used(path, "InfiniBand: the name begins with ib")
        return "ib"
    if kind == SLIP:
        trace.used(path, "SLIP: the name begins with sl")
        return "sl"
    if kind == MCTP and scheme.has("MCTP"):
        trace.used(path, "MCTP: the name begins with mc")
        return "mc"
    trace.refused(path, f"no names for this link type under {scheme.name}")
    raise Refused(f"link type {text} gets no name under {scheme.name}")


def _refuse_stacked(devpath: str, trace: Trace) -> None:
    """A VLAN or macvlan lies on another interface (iflink is not ifindex) and keeps the name it was made with."""
    index, link = trace.read(f"{devpath}/ifindex"), trace.read(f"{devpath}/iflink")
    if index is None or link is None:
        trace.lacks(
            f"{devpath}/{'ifindex' if index is None else 'iflink'}", "a stacked interface would get no name at all"
        )
    elif index != link:
        trace.refused(f"{devpath}/iflink", f"is not ifindex {index}: stacked on another interface")
        raise Refused("stacked on another interface")
    else:
        trace.used(f"{devpath}/iflink", "is ifindex: not stacked on another interface")
