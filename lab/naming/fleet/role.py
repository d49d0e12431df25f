"""A role: the physical port that an interface is, in words that do not depend on how buses were numbered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from lab.naming.model import Interface, Machine
from lab.naming.tree import Tree, hardware

__all__ = ["chain", "roles"]

_ROOT = re.compile(r"pci([0-9a-f]{4,8}:[0-9a-f]{2})")
_PCI = re.compile(r"[0-9a-f]{4,8}:[0-9a-f]{2}:([0-9a-f]{2}\.[0-9]+)")
_USB = re.compile(r"[0-9]+-([0-9.]+:[0-9]+\.[0-9]+)")
_COUNTED = re.compile(r"virtio[0-9]+|usb[0-9]+|[0-9]+-[0-9.]+")  # numbered as they were found, or said again below
_VIRTFN = re.compile(r"virtfn([0-9]+)")


def chain(path: str) -> str:
    """The devices of `path` from the root bus on: "0000:00/1c.0/00.1" for function 1 of the card below 00:1c.0."""
    steps = []
    for step in path.removeprefix("/devices/").strip("/").split("/"):
        if match := _ROOT.fullmatch(step) or _PCI.fullmatch(step):
            steps.append(match[1])
        elif match := _USB.fullmatch(step):
            steps.append(f"usb {match[1]}")
        elif not _COUNTED.fullmatch(step):
            steps.append(step)
    return "/".join(steps)


def roles(machine: Machine) -> Mapping[str, str]:
    """The role of every card of `machine`, by devpath; no two cards have one role.

    It is the chain of devices, v<N> for a virtual function (of its physical function's chain), and where several
    interfaces share a device d<dev_port> for a port above 0, else the port's name, else its number in the order of
    ifindex. A port's name alone makes no other role: it may appear with a newer kernel.
    """
    places = {card.devpath: _place(machine.tree, card) for card in machine.cards}
    for attribute in ("dev_port", "phys_port_name"):
        alike = Counter(places.values())
        for path, place in places.items():
            value = machine.tree.text(f"{path}/{attribute}") if alike[place] > 1 else None
            if value and value != "0":
                places[path] = f"{place} {'d' if attribute == 'dev_port' else ''}{value[:80]}"
    return _numbered(machine, places)


def _place(tree: Tree, card: Interface) -> str:
    device = hardware(tree, card.devpath)
    if device is None:
        return chain(card.devpath)
    physical = tree.resolve(f"{device}/physfn")
    for entry in () if physical is None else tree.entries(physical):
        match = _VIRTFN.fullmatch(entry)
        if match and tree.resolve(f"{physical}/{entry}") == device:
            return f"{chain(str(physical))} v{match[1]}"
    return chain(device)


def _numbered(machine: Machine, places: Mapping[str, str]) -> Mapping[str, str]:
    order = {c.devpath: (c.ifindex is None, c.ifindex or 0, c.devpath) for c in machine.cards}
    seen: Counter[str] = Counter()
    found = {}
    for path in sorted(places, key=order.__getitem__):
        place = places[path]
        seen[place] += 1
        found[path] = place if seen[place] == 1 else f"{place} #{seen[place]}"
    return found
