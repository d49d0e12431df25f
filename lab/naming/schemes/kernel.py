"""kernel: the lowest free ethN in the order of probing (__dev_alloc_name, net/core/dev.c)."""

from __future__ import annotations

import re

from lab.naming.model import Interface, Machine
from lab.naming.trace import Candidate, Evidence, Gap, Trace

__all__ = ["ENUM", "kernel_names"]

ENUM = "1"  # NET_NAME_ENUM: the kernel counted (include/uapi/linux/netdevice.h)
PATTERN = {"ether": "eth", "wlan": "wlan", "wwan": "wwan", "infiniband": "ib"}


def kernel_names(machine: Machine) -> dict[str, Candidate]:
    """The kernel's name of every card, by devpath.

    Where the name is still the kernel's (name_assign_type 1) it is read. Where udev has renamed the card,
    sysfs keeps no trace of the first name: it is derived, lowest free unit in the order of ifindex, and
    marked uncertain, because a driver that was loaded again, or a card removed, changes it.
    """
    found: dict[str, Candidate] = {}
    taken: set[str] = set()
    renamed: list[Interface] = []
    for card in machine.cards:
        path = f"{card.devpath}/name_assign_type"
        trace = Trace(machine.tree)
        if trace.read(path) == ENUM:
            trace.used(path, "enumerated by the kernel, never renamed")
            because = f"ifindex {card.ifindex}, counted by the kernel and never renamed"
            found[card.devpath] = Candidate("kernel", card.ifname, because, tuple(trace.evidence))
            taken.add(card.ifname)
        else:
            renamed.append(card)
    for card in sorted(renamed, key=lambda c: (c.ifindex is None, c.ifindex, c.devpath)):
        found[card.devpath] = _derived(card, taken)
    return found


def _derived(card: Interface, taken: set[str]) -> Candidate:
    pattern = PATTERN.get(card.kind)
    if pattern is None:
        return Candidate("kernel", None, f"no pattern for a {card.kind} interface")
    name = lowest_free(pattern, taken)
    taken.add(name)
    value = None if card.ifindex is None else str(card.ifindex)
    rule = f"probed as number {value} of the machine; lowest free {pattern}%d"
    evidence = Evidence(f"{card.devpath}/ifindex", value, rule, "unreadable" if value is None else "used")
    gap = Gap("the first name", "udev has renamed the card; this is the lowest unit left, in the order of ifindex")
    return Candidate("kernel", name, "derived from the order of ifindex", (evidence,), (gap,))


def lowest_free(pattern: str, taken: set[str]) -> str:
    """`pattern` with the lowest number that gives a name not `taken`: eth0, eth2 taken gives eth1."""
    units = {int(m[1]) for name in taken if (m := re.fullmatch(rf"{re.escape(pattern)}(0|[1-9][0-9]*)", name))}
    return f"{pattern}{next(n for n in range(len(units) + 1) if n not in units)}"
