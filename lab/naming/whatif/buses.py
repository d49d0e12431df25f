"""PCI buses and their numbers: depth-first, as firmware and the kernel give them (drivers/pci/probe.c).

A bridge has three numbers: the bus that it is on, the bus behind it (`bus`), and the highest bus below it (`last`).
Firmware walks the devices of a bus in the order of device and function, and numbers all that lies behind a bridge
before it goes on. So a bridge that is added renumbers every bus behind the later ones.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping

from lab.core.errors import LabError
from lab.naming.tree import Tree
from lab.naming.whatif.rename import Renaming, renamed

__all__ = ["NEW", "Bridge", "Room", "bridges", "fitted", "is_complete", "numbered", "rooms", "secondary"]

BUS_MAX = 255
NEW = 0x100  # what is added gets numbers from here on, until `numbered` gives it its own
HEADER_TYPE, SECONDARY, SUBORDINATE = 0x0E, 0x19, 0x1A  # include/uapi/linux/pci_regs.h
NEEDED = ("0x02", "0x0604")  # classes that a source of names copies: networks and PCI bridges
_ROOT = re.compile(r"pci([0-9a-f]{4,8}):([0-9a-f]{2})", re.ASCII)
_DEVICE = re.compile(r"([0-9a-f]{4,8}):([0-9a-f]{2,4}):([0-9a-f]{2})\.([0-7])", re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class Bridge:
    """A root of PCI buses, or a bridge: its `folder`, the `domain` as text, its place on the bus that it is on.

    `bus` is the bus behind it, `last` the highest bus below it.
    """

    folder: str
    domain: str
    devfn: int
    bus: int
    last: int
    below: tuple[Bridge, ...] = ()

    def walk(self) -> Iterator[Bridge]:
        """This bridge and all below it, depth-first."""
        yield self
        for bridge in self.below:
            yield from bridge.walk()

    @property
    def name(self) -> str:
        """The bus behind it: "0000:01"."""
        return f"{self.domain}:{self.bus:02x}"


@dataclasses.dataclass(frozen=True, slots=True)
class Room:
    """How a bridge was numbered: `bus`, the numbers left out before it (`gap`), the buses it keeps (`size`).

    `size` is 0 for a bridge that has just the numbers that it needs, so that it grows and shrinks with them.
    """

    bus: int
    gap: int = 0
    size: int = 0


def bridges(tree: Tree) -> tuple[Bridge, ...]:
    """The roots of all PCI buses with the bridges below them, each level in the order of device and function."""
    found: dict[str, list[str]] = {}
    roots: list[tuple[str, re.Match[str]]] = []
    for folder in tree.folders:
        above, _, name = folder.rpartition("/")
        if not folder.startswith("/devices/"):
            continue
        if root := _ROOT.fullmatch(name):
            roots.append((folder, root))
        elif _DEVICE.fullmatch(name):
            found.setdefault(above, []).append(folder)
    return tuple(
        Bridge(folder, m[1], 0, int(m[2], 16), BUS_MAX, _below(tree, folder, found)) for folder, m in sorted(roots)
    )


def _below(tree: Tree, folder: str, found: Mapping[str, list[str]]) -> tuple[Bridge, ...]:
    answer = []
    for path in found.get(folder, ()):
        match = _DEVICE.fullmatch(path.rpartition("/")[2])
        bus = secondary(tree, path)
        if match is None or not bus:
            continue
        below = _below(tree, path, found)
        last = max([bus, _byte(tree, path, SUBORDINATE) or 0, *(b.last for b in below)])
        answer.append(Bridge(path, match[1], int(match[3], 16) * 8 + int(match[4]), bus, last, below))
    return tuple(sorted(answer, key=lambda b: b.devfn))


def secondary(tree: Tree, folder: str) -> int | None:
    """The number of the bus behind the device in `folder`; None if it is no bridge, or that is not known."""
    bus = _byte(tree, folder, SECONDARY)
    if bus:
        return bus
    for place in (f"{folder}/pci_bus", folder):
        for entry in tree.entries(place):
            match = re.match(r"[0-9a-f]{4,8}:([0-9a-f]{2,4})(:[0-9a-f]{2}\.[0-7])?$", entry, re.ASCII)
            if match is not None and f"{place}/{entry}" in tree.folders:
                return int(match[1], 16)
    return None


def _byte(tree: Tree, folder: str, offset: int) -> int | None:
    """A byte of a bridge's configuration space; None for another device, or if it is not there."""
    config = tree.files.get(f"{folder}/config", b"")
    return config[offset] if len(config) > SUBORDINATE and config[HEADER_TYPE] & 0x7F == 1 else None


def is_complete(tree: Tree) -> bool:
    """True if `tree` holds PCI devices beside bridges and network cards: then it holds all that there are.

    Every real machine has some, such as the host bridge; a source that copies what names need leaves them out.
    """
    devices = (p for p in tree.folders if p.startswith("/devices/") and _DEVICE.fullmatch(p.rpartition("/")[2]))
    return any(not text.startswith(NEEDED) for p in devices if (text := tree.text(f"{p}/class")))


def rooms(tree: Tree) -> dict[str, Room]:
    """How every bridge of `tree` is numbered now, by folder: numbers that stay free in a boot with other cards."""
    found: dict[str, Room] = {}
    for root in bridges(tree):
        for above in root.walk():
            end = above.bus
            for bridge in sorted(above.below, key=lambda b: b.bus):
                used = max([bridge.bus, *(b.last for b in bridge.below)])
                size = bridge.last - bridge.bus + 1 if bridge.last > used else 0
                found[bridge.folder] = Room(bridge.bus, max(0, bridge.bus - end - 1), size)
                end = max(end, bridge.last)
    return found


def fitted(tree: Tree, before: Tree) -> tuple[Tree, Renaming]:
    """`tree` numbered as at the next boot, and what that renames: nothing if it has the bridges that `before` had."""
    now, then = ({b.folder for root in bridges(t) for b in root.walk()} for t in (tree, before))
    return (tree, Renaming()) if now == then else numbered(tree, rooms(before))


def numbered(tree: Tree, kept: Mapping[str, Room]) -> tuple[Tree, Renaming]:
    """`tree` with its buses numbered depth-first, and what that renames.

    `kept`: what the firmware left free (`rooms` of the tree before) is left free again; {} closes every gap.
    Raises `LabError` if there are more buses than numbers.
    """
    roots = bridges(tree)
    _check_unique(roots)
    starts: dict[str, list[int]] = {}
    for root in roots:
        starts.setdefault(root.domain, []).append(root.bus)
    numbers: dict[str, tuple[int, int]] = {}
    buses: dict[str, str] = {}
    for root in roots:
        limit = min([b - 1 for b in starts[root.domain] if b > root.bus] or [BUS_MAX])
        if _number(root, root.bus, kept, numbers) > limit:
            raise LabError(f"--step: the buses of {root.name} would need numbers above {limit}; add fewer cards")
        buses |= {b.name: f"{b.domain}:{numbers[b.folder][0]:02x}" for b in root.walk() if b is not root}
    renaming = Renaming({old: new for old, new in buses.items() if old != new})
    files = dict(tree.files)
    for root in roots:
        for above in root.walk():
            on = numbers[above.folder][0]
            for bridge in above.below:
                files |= _registers(tree, bridge.folder, on, *numbers[bridge.folder])
    return renamed(Tree(files, tree.links, tree.folders), renaming), renaming


def _check_unique(roots: Iterable[Bridge]) -> None:
    """Refuse a tree in which two bridges lead to one bus: no machine has that, and its addresses mean two things."""
    seen: set[str] = set()
    for bridge in (b for root in roots for b in root.walk()):
        if bridge.name in seen:
            raise LabError(f"--step: two bridges lead to bus {bridge.name}; in such a copy buses cannot be numbered")
        seen.add(bridge.name)


def _number(bridge: Bridge, bus: int, kept: Mapping[str, Room], numbers: dict[str, tuple[int, int]]) -> int:
    """Give `bridge` the number `bus` and those below it the next ones; the highest that is used or kept free."""
    order = sorted((b for b in bridge.below if b.folder in kept), key=lambda b: kept[b.folder].bus)
    for new in (b for b in bridge.below if b.folder not in kept):
        place = next((i for i, b in enumerate(order) if b.devfn > new.devfn), len(order))
        order.insert(place, new)
    last = bus
    for below in order:
        gap = kept[below.folder].gap if below.folder in kept else 0
        last = _number(below, last + 1 + gap, kept, numbers)
    if bridge.folder in kept:
        last = max(last, bus + kept[bridge.folder].size - 1)
    numbers[bridge.folder] = (bus, last)
    return last


def _registers(tree: Tree, folder: str, on: int, bus: int, last: int) -> dict[str, bytes]:
    """The bridge's own numbers, where the source has them: configuration space and attributes."""
    files: dict[str, bytes] = {}
    path = f"{folder}/config"
    config = tree.files.get(path, b"")
    if len(config) > SUBORDINATE and config[HEADER_TYPE] & 0x7F == 1:
        files[path] = config[: SECONDARY - 1] + bytes([on, bus, last]) + config[SUBORDINATE + 1 :]
    for name, number in (("secondary_bus_number", bus), ("subordinate_bus_number", last)):
        if f"{folder}/{name}" in tree.files:
            files[f"{folder}/{name}"] = f"{number}\n".encode()
    return files
