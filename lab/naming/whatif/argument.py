"""What the arguments of steps have in common: CARD = VALUE, A WORD B, and which card is meant."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from lab.core.errors import LabError
from lab.naming.model import Interface, Machine
from lab.naming.tree import hardware, subsystem

__all__ = ["NONE", "assignment", "interface", "new_macs", "number", "pci_function", "split", "unused_mac"]

FIRST_MAC = 0x020000000001  # locally administered, so it is no card's that was ever sold
NONE = "none"  # the attribute is not there
SHOWN = 60  # letters of an argument in a message
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", re.ASCII)


def split(kind: str, argument: str, word: str, example: str) -> tuple[str, str]:
    """The two sides of `argument` around `word`; raises `LabError` with the example if either is missing."""
    left, found, right = argument.partition(word)
    if not found or not left.strip() or not right.strip():
        raise LabError(f"--step {kind}: {argument[:SHOWN]!r} cannot be read; write {kind} {example}")
    return left.strip(), right.strip()


def assignment(kind: str, argument: str, example: str) -> tuple[str, str | None]:
    """The card and the value of `CARD = VALUE`; the value is None for `none`."""
    who, value = split(kind, argument, "=", example)
    return who, None if value == NONE else value


def number(kind: str, text: str, least: int, most: int) -> int:
    """The decimal number from `least` to `most` that `text` writes."""
    if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) or not least <= int(text) <= most:
        raise LabError(f"--step {kind}: {text[:SHOWN]!r} is no number from {least} to {most}; write it in decimal")
    return int(text)


def interface(machine: Machine, wanted: str, kind: str) -> Interface:
    """The one interface with this name, altname, MAC or bus path; raises `LabError` if none or several fit."""
    found = [i for i in machine.cards if wanted in (i.ifname, i.mac, i.bus_path, *i.altnames)]
    if len(found) != 1:
        cards = ", ".join(i.ifname for i in found or machine.cards) or "none"
        state = "fits several interfaces" if found else "is no card"
        raise LabError(f"--step {kind}: {wanted[:SHOWN]!r} {state} of {machine.name}; cards are {cards}")
    return found[0]


def pci_function(machine: Machine, wanted: str, kind: str) -> str:
    """The folder of the PCI function that is meant: by the name or MAC of an interface on it, or by its address.

    Raises `LabError` for a card of another bus, and for a virtual function: it comes and goes with its physical one.
    """
    tree = machine.tree
    devices = [f for f in tree.folders if f.endswith(f"/{wanted}") and subsystem(tree, f) == "pci"]
    if len(devices) == 1 and devices[0].startswith("/devices/"):
        device: str | None = devices[0]
    else:
        card = interface(machine, wanted, kind)
        device = hardware(tree, card.devpath)
    if device is None or subsystem(tree, device) != "pci":
        raise LabError(f"--step {kind}: {wanted[:SHOWN]!r} of {machine.name} is no PCI card; name one that is")
    if f"{device}/physfn" in tree.links:
        raise LabError(f"--step {kind}: {wanted[:SHOWN]!r} is a virtual function; name its physical function")
    return device


def unused_mac(machine: Machine, text: str, kind: str) -> str:
    """`text` as a MAC that no interface of the machine has."""
    mac = text.lower()
    if not _MAC.fullmatch(mac):
        raise LabError(f"--step {kind}: {text[:SHOWN]!r} is no MAC; write six bytes such as 52:54:00:00:00:09")
    for other in machine.interfaces:
        if other.mac == mac:
            raise LabError(f"--step {kind}: {mac} belongs to {other.ifname} of {machine.name}; choose another")
    return mac


def new_macs(taken: Collection[str | None], first: str = "") -> Iterator[str]:
    """MACs that are not `taken`, counted upwards from `first`, or from 02:00:00:00:00:01."""
    number = int(first.replace(":", ""), 16) if first else FIRST_MAC
    while True:
        digits = f"{number % (1 << 48):012x}"
        mac = ":".join(digits[i : i + 2] for i in range(0, 12, 2))
        if mac not in taken:
            yield mac
        number += 1
