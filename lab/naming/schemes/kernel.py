"""kernel: the lowest free ethN in the order of probing (__dev_alloc_name, net/core/dev.c)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lab.naming.model import Interface, Machine
from lab.naming.schemes.probe import PATTERN, RECORDED, Outcomes, ProbeOrder, in_order, outcomes
from lab.naming.trace import Candidate, Evidence, Gap, Trace

__all__ = ["ENUM", "NAME_MAX", "PROBED", "RECORDED", "ProbeOrder", "allocate", "kernel_names", "lowest_free"]

ENUM = "1"  # NET_NAME_ENUM: the kernel counted (include/uapi/linux/netdevice.h)
NAME_MAX = 15  # bytes: IFNAMSIZ - 1
UNITS = 8 * 4096  # a bit for each unit in one page of 4 KiB
PROBED = ("kernel", "persistent")  # the conventions that depend on the order of probing


def kernel_names(machine: Machine, order: ProbeOrder = RECORDED) -> dict[str, Candidate]:
    """The kernel's name of every card, by devpath, if the cards are found in this `order`.

    Recorded: where the name is still the kernel's (name_assign_type 1) it is read. Where udev has renamed the card,
    sysfs keeps no trace of the first name: it is derived, lowest free unit in the order of ifindex, and
    marked uncertain, because a driver that was loaded again, or a card removed, changes it. Any other order is
    a boot that is thought up: no name is taken at its beginning.
    """
    if order.kind != "recorded":
        return _booted(machine, order)
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
    for card in in_order(renamed, order):
        found[card.devpath] = _derived(card, taken)
    return found


def _booted(machine: Machine, order: ProbeOrder) -> dict[str, Candidate]:
    """The names after a boot in which the cards are found in `order`."""
    found: dict[str, Candidate] = {}
    taken: set[str] = set()
    possible = outcomes(machine) if order.kind == "race" else None
    for number, card in enumerate(in_order(machine.cards, order), 1):
        pattern = PATTERN.get(card.kind)
        if pattern is None:
            found[card.devpath] = _nameless(card)
            continue
        name = lowest_free(pattern, taken)
        taken.add(name)
        rule = f"card {number} of the boot ({order}); lowest free {pattern}%d"
        if order.kind == "pci":
            evidence = Evidence(card.devpath, card.bus_path, rule, "used" if card.bus_path else "unreadable")
        else:
            evidence = Evidence(
                f"{card.devpath}/device/driver", card.driver, rule, "used" if card.driver else "unreadable"
            )
        gaps = () if evidence.value else (Gap(evidence.path, "the driver decides when the card is found"),)
        because = f"card {number} of a boot, {order}{_can_be(card, pattern, possible)}"
        found[card.devpath] = Candidate("kernel", name, because, (evidence,), gaps)
    return found


def _can_be(card: Interface, pattern: str, possible: Outcomes | None) -> str:
    """What else the race could have made of the card; "" where there is none."""
    if possible is None:
        return ""
    units, count = possible.units[card.devpath], possible.count[pattern]
    last = f" to {pattern}{units[-1]}" if len(units) > 1 else ""
    return f"; it can be {pattern}{units[0]}{last} ({count} order{'s' * (count > 1)})"


def _derived(card: Interface, taken: set[str]) -> Candidate:
    pattern = PATTERN.get(card.kind)
    if pattern is None:
        return _nameless(card)
    name = lowest_free(pattern, taken)
    taken.add(name)
    value = None if card.ifindex is None else str(card.ifindex)
    rule = f"probed as number {value} of the machine; lowest free {pattern}%d"
    evidence = Evidence(f"{card.devpath}/ifindex", value, rule, "unreadable" if value is None else "used")
    gap = Gap("the first name", "udev has renamed the card; this is the lowest unit left, in the order of ifindex")
    return Candidate("kernel", name, "derived from the order of ifindex", (evidence,), (gap,))


def _nameless(card: Interface) -> Candidate:
    return Candidate("kernel", None, f"no pattern for a {card.kind} interface")


def lowest_free(pattern: str, taken: Iterable[str]) -> str:
    """`pattern` with the lowest number that gives a name not `taken`: eth0, eth2 taken gives eth1."""
    return allocate(f"{pattern}%d", taken)


def allocate(pattern: str, taken: Iterable[str]) -> str:
    """The name that the kernel gives for `pattern` ("eth%d") in a namespace whose names are `taken`.

    `taken` holds the names and the altnames of that namespace alike. Only a number without leading zeros counts,
    so that eth01 takes no unit (net/core/dev.c, __dev_alloc_name: the name must be what printing gives back).
    Raises `ValueError` for a pattern that the kernel refuses (not exactly one %d, or more than 15 bytes), and where
    no unit is left that gives a name of at most 15 bytes.
    """
    before, found, after = pattern.partition("%d")
    if not found or "%" in before + after or len(pattern.encode()) > NAME_MAX:
        raise ValueError(f"{pattern!r} is no pattern for a name: one %d, no other %, at most {NAME_MAX} bytes")
    number = re.compile(rf"{re.escape(before)}(0|[1-9][0-9]{{0,4}}){re.escape(after)}", re.ASCII)
    units = {int(m[1]) for name in taken if (m := number.fullmatch(name))}
    unit = next(n for n in range(len(units) + 1) if n not in units)
    name = f"{before}{unit}{after}"
    if unit >= UNITS or len(name.encode()) > NAME_MAX:
        raise ValueError(f"{pattern!r}: no unit is left")
    return name
