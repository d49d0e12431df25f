"""Where a card may be put: a slot, the bus behind a bridge, a free device number, or a root port of its own."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.schemes.slot import SLOTS
from lab.naming.tree import Tree, hardware
from lab.naming.whatif.buses import Bridge, bridges

__all__ = ["EXAMPLE", "CardThere", "Place", "Spot", "cards", "free_functions", "place_of_text", "places"]

EXAMPLE = "a slot (slot 3), a bridge (0000:00:05.0), a free device (0000:00:07) or a new root port (port 0000:00:04)"
DEVICES = 32
CAPABILITIES, PCI_EXPRESS = 0x34, 0x10  # include/uapi/linux/pci_regs.h
DOWNSTREAM = (4, 6)  # root port and switch port: the link has two ends, so only device 0 is behind it
_DEVICE = re.compile(r"([0-9a-f]{4,8}):([0-9a-f]{2}):([01][0-9a-f])(?:\.([0-7]))?", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A place for a card, as a step writes it after `at` or `to`: `text`; `label` for people.

    `kind`: "slot", "bridge" (an empty port, or a bus behind a bridge), "device" (on a root bus) or "port" (a root
    port of its own, which is not there yet).
    """

    text: str
    label: str
    kind: str


@dataclasses.dataclass(frozen=True, slots=True)
class CardThere:
    """A card of the machine, as a step writes it: `text`; `label` for people; `movable`: it sits on PCI."""

    text: str
    label: str
    movable: bool


@dataclasses.dataclass(frozen=True, slots=True)
class Spot:
    """A free place: the `folder` that holds the devices of that `bus` ("0000:01"), device and function number.

    `port`: first put a root port there; the card then comes behind it.
    """

    folder: str
    bus: str
    device: int
    function: int = 0
    port: bool = False

    def address(self, function: int = 0) -> str:
        """The PCI address of the card's function number `function`."""
        return f"{self.bus}:{self.device:02x}.{self.function + function}"


def places(machine: Machine) -> tuple[Place, ...]:
    """Everywhere in `machine` that `add` and `move` can put a card, slots first; () for a udev database."""
    tree = machine.tree
    found: dict[str, list[Place]] = {"slot": [], "bridge": [], "device": [], "port": []}
    slots = {address: name for name, address in _slots(tree)}
    for root in bridges(tree):
        for above in root.walk():
            for device in _free(tree, above):
                address = f"{above.name}:{device:02x}"
                if address in slots:
                    name = slots[address]
                    found["slot"].append(Place(f"slot {name}", f"slot {name}, empty ({address})", "slot"))
                elif above is root:
                    found["device"].append(Place(address, f"bus {above.bus}, device {device}", "device"))
                    found["port"].append(Place(f"port {address}", f"new root port at device {device}", "port"))
            if above is not root and (free := _free(tree, above)) and f"{above.name}:{free[0]:02x}" not in slots:
                sysname = above.folder.rpartition("/")[2]
                found["bridge"].append(Place(sysname, f"behind {sysname}, bus {above.bus}", "bridge"))
    return tuple(place for kind in found.values() for place in kind)


def cards(machine: Machine) -> tuple[CardThere, ...]:
    """Every card of `machine` for `move`, `remove` and `swap`: by its MAC, which stays wherever it goes."""
    macs = Counter(i.mac for i in machine.cards)
    found = []
    for card in machine.cards:
        text = card.mac if card.mac and macs[card.mac] == 1 else card.ifname
        device = hardware(machine.tree, card.devpath)
        movable = card.bus == "pci" and f"{device}/physfn" not in machine.tree.links
        found.append(CardThere(text, f"{card.ifname}, {card.driver or 'no driver'} at {card.bus_path}", movable))
    return tuple(found)


def place_of_text(machine: Machine, text: str) -> Spot:
    """The free place that `text` names; raises `LabError` if it names none, or what is there is not free."""
    tree = machine.tree
    port, words = text.startswith("port "), text.removeprefix("port ").split()
    if text.startswith("slot "):
        return _in_slot(machine, text.removeprefix("slot ").strip())
    match = _DEVICE.fullmatch(words[0]) if len(words) == 1 else None
    if match is None:
        raise LabError(f"--step: {text[:60]!r} is no place; write {EXAMPLE}")
    bus, device = f"{match[1]}:{match[2]}", int(match[3], 16)
    for above in _all(tree):
        if not port and above.folder.rpartition("/")[2] == f"{bus}:{match[3]}.{match[4] or 0}":
            return _behind(machine, above)
    above = _on_bus(machine, bus)
    function = int(match[4] or 0)
    spot = Spot(above.folder, bus, device, function, port)
    _check_free(machine, spot, above)
    return spot


def free_functions(tree: Tree, spot: Spot) -> int:
    """How many functions, from that of `spot` on, are free."""
    taken = [f for f in range(8) if f"{spot.folder}/{spot.bus}:{spot.device:02x}.{f}" in tree.folders]
    return min([f for f in taken if f >= spot.function] or [8]) - spot.function


def _in_slot(machine: Machine, name: str) -> Spot:
    tree = machine.tree
    for slot, address in _slots(tree):
        if slot == name:
            bus, _, device = address.rpartition(":")
            above = _on_bus(machine, bus)
            spot = Spot(above.folder, bus, int(device, 16))
            _check_free(machine, spot, above)
            return spot
    there = ", ".join(slot for slot, _ in _slots(tree)) or "none"
    raise LabError(f"--step: {machine.name} has no slot {name[:60]!r}; slots are {there}")


def _behind(machine: Machine, bridge: Bridge) -> Spot:
    free = _free(machine.tree, bridge)
    if not free:
        raise LabError(f"--step: nothing is free behind {bridge.folder.rpartition('/')[2]} in {machine.name}")
    slots = {address for _, address in _slots(machine.tree)}
    first = next((d for d in free if f"{bridge.name}:{d:02x}" in slots), free[0])
    return Spot(bridge.folder, bridge.name, first)


def _on_bus(machine: Machine, bus: str) -> Bridge:
    for above in _all(machine.tree):
        if above.name == bus:
            return above
    there = ", ".join(above.name for above in _all(machine.tree)) or "none"
    raise LabError(f"--step: {machine.name} has no PCI bus {bus}; buses are {there}")


def _check_free(machine: Machine, spot: Spot, above: Bridge) -> None:
    """Refuse a place that is taken, or that PCI does not have."""
    tree = machine.tree
    if f"{spot.folder}/{spot.address()}" in tree.folders:
        raise LabError(f"--step: {spot.address()} is taken in {machine.name}; choose a free place")
    if spot.function == 0:
        if spot.device not in _free(tree, above):
            reason = "is taken" if _taken(tree, above, spot.device) else "is behind a port that has device 0 only"
            raise LabError(f"--step: {spot.bus}:{spot.device:02x} {reason} in {machine.name}; choose a free place")
        return
    first = tree.files.get(f"{spot.folder}/{spot.bus}:{spot.device:02x}.0/config", b"")
    if len(first) <= 0x0E or not first[0x0E] & 0x80:
        raise LabError(f"--step: {spot.address()} is looked for only if function 0 says that there are several")


def _all(tree: Tree) -> Iterator[Bridge]:
    for root in bridges(tree):
        yield from root.walk()


def _free(tree: Tree, above: Bridge) -> list[int]:
    """The free device numbers on the bus behind `above`."""
    numbers = range(1 if _has_one_device(tree, above.folder) else DEVICES)
    return [d for d in numbers if not _taken(tree, above, d)]


def _taken(tree: Tree, above: Bridge, device: int) -> bool:
    return any(f"{above.folder}/{above.name}:{device:02x}.{f}" in tree.folders for f in range(8))


def _has_one_device(tree: Tree, folder: str) -> bool:
    """True behind a port of PCI Express: by its capability, or without one by the driver of ports."""
    config = tree.files.get(f"{folder}/config", b"")
    place = config[CAPABILITIES] & 0xFC if len(config) > CAPABILITIES else 0
    for _ in range(48):  # as far as the kernel follows the list
        if not place or place + 2 >= len(config):
            break
        if config[place] == PCI_EXPRESS:
            return config[place + 2] >> 4 in DOWNSTREAM
        place = config[place + 1] & 0xFC
    return tree.links.get(f"{folder}/driver", "").endswith("/pcieport")


def _slots(tree: Tree) -> list[tuple[str, str]]:
    """The slots that are a device on a bus: name and address."""
    found = ((name, tree.text(f"{SLOTS}/{name}/address") or "") for name in tree.entries(SLOTS))
    return [(name, address) for name, address in found if _DEVICE.fullmatch(address)]
