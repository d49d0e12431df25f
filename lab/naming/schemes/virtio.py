"""Virtio cards before systemd 213: the PCI address, with v<number> of the virtio device.

From 213 to 225 they had no name, since those numbers are not stable (bf81e792f3c0); from 226 on the level of virtio
does not count. In which release between 205 and 212 this began is not known for sure: 209 is assumed.
"""

from __future__ import annotations

import re

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.pci import Card, pci_parent
from lab.naming.trace import Elsewhere, Refused, Trace

__all__ = ["virtio_card"]

_NUMBER = re.compile(r"virtio([0-9]{1,10})", re.ASCII)


def virtio_card(devpath: str, trace: Trace, scheme: Scheme) -> Card:
    """The PCI device below the virtio device of the interface at `devpath`; number 0 adds nothing."""
    if scheme.since(226):
        raise Elsewhere("levels of virtio do not count")
    device = next((place for place, bus in trace.above(devpath) if bus == "virtio"), None)
    host = None if device is None else pci_parent(trace, device)
    if device is None or host is None:
        raise Elsewhere("not on virtio")
    sysname = device.rpartition("/")[2]
    match = _NUMBER.match(sysname)
    if match is None or not 209 <= scheme.release < 213:
        trace.refused(device, f"systemd {scheme.release} names no virtio cards", sysname)
        raise Refused(f"systemd {scheme.release} names no virtio cards")
    number = int(match[1])
    trace.used(device, f"virtio device {number}{'' if number else ' adds nothing'}", sysname)
    return Card(host, f"v{number}" if number else "")
