"""The first two letters, and the interfaces that get no name at all (get_ifname_prefix, net_id)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.integer import leading, unsigned
from lab.naming.trace import Refused, Trace
from lab.naming.tree import uevent_value

__all__ = ["INFINIBAND", "prefix"]

# include/uapi/linux/if_arp.h
ETHER, INFINIBAND, SLIP, MCTP = 1, 32, 256, 290
WIRELESS = {"wlan": "wl", "wwan": "ww"}


def prefix(devpath: str, trace: Trace, scheme: Scheme) -> str:
    """The letters `en`, `wl`, `ww`, `ib`, `sl` or `mc`; raises `Refused` for a stacked interface or another type."""
    _refuse_stacked(devpath, trace, scheme)
    path = f"{devpath}/type"
    text = trace.attribute(devpath, "type")
    if text is None:
        trace.lacks(path, "the link type decides whether there are names at all")
        raise Refused("the link type is unknown")
    kind = unsigned(text) if scheme.since(249) else leading(text, 0)
    start = _letters(kind, scheme)
    if start is None:
        trace.refused(path, f"no names for this link type under {scheme.name}")
        raise Refused(f"link type {text} gets no name under {scheme.name}")
    # up to 254 a DEVTYPE counted for every link type
    devtype = uevent_value(trace.tree, devpath, "DEVTYPE") if kind == ETHER or not scheme.since(255) else None
    if devtype is None and f"{devpath}/uevent" not in trace.tree.files:
        trace.lacks(f"{devpath}/uevent", "it tells a wireless card, whose name begins otherwise")
    wireless = WIRELESS.get(devtype or "")
    trace.used(path, f"{_word(kind)}{f', {devtype}' if wireless else ''}: the name begins with {wireless or start}")
    return wireless or start


def _letters(kind: int | None, scheme: Scheme) -> str | None:
    if kind == ETHER:
        return "en"
    if kind == INFINIBAND and scheme.has("INFINIBAND"):
        return "ib"
    if kind == SLIP and scheme.since(210):
        return "sl"
    if kind == MCTP and scheme.has("MCTP"):
        return "mc"
    return None


def _word(kind: int | None) -> str:
    return {ETHER: "Ethernet", INFINIBAND: "InfiniBand", SLIP: "SLIP"}.get(kind or 0, "MCTP")


def _refuse_stacked(devpath: str, trace: Trace, scheme: Scheme) -> None:
    """A VLAN or macvlan lies on another interface (iflink is not ifindex) and keeps the name it was made with.

    systemd 197 named those, too.
    """
    if not scheme.since(198):
        return
    path = f"{devpath}/iflink"
    index, link = trace.read(f"{devpath}/ifindex"), trace.attribute(devpath, "iflink")
    if link is None:
        trace.lacks(path, "only an interface that is not stacked on another one gets names")
        raise Refused("whether it is stacked on another interface is unknown")
    if index is None:
        trace.lacks(f"{devpath}/ifindex", "a stacked interface would get no name at all")
    elif index != link:
        trace.refused(path, f"is not ifindex {index}: stacked on another interface")
        raise Refused("stacked on another interface")
    else:
        trace.used(path, "is ifindex: not stacked on another interface")
