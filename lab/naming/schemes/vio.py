"""Virtual devices of IBM Power (vio): the slot in the unit address, `env2` (names_vio)."""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.platform import assume_eth, eth_path
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["vio"]

_UNIT = re.compile(r"/devices/vio/[0-9a-fA-F]{4}([0-9a-fA-F]{4})/", re.ASCII)
_UNIT_OF_ETH = re.compile(r"/devices/vio/[0-9a-fA-F]{4}([0-9a-fA-F]{1,4})/net/eth[0-9]", re.ASCII)


def vio(start: str, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by slot and why, from 234 on: "30000002" is bus 0x3000, which does not count, and slot 2."""
    device, bus = trace.above(devpath)[0]
    if bus != "vio":
        raise Elsewhere("no virtual device of IBM Power")
    if not scheme.since(234):
        raise Refused("virtual devices of IBM Power get names from systemd 234 on")
    match = (_UNIT if scheme.since(255) else _UNIT_OF_ETH).match(f"{devpath}/")
    if match is None and not scheme.since(255) and (match := _UNIT_OF_ETH.match(eth_path(devpath))) is not None:
        assume_eth(devpath, trace, scheme)
    sysname = device.rpartition("/")[2]
    if match is None:
        trace.refused(device, "is no unit address of eight hexadecimal digits below /devices/vio", sysname)
        raise Refused(f"`{sysname}` is no unit address")
    slot = int(match[1], 16)
    trace.used(device, f"unit address: slot {slot}", sysname)
    return f"{start}v{slot}", f"`{sysname}` = slot {slot}"
