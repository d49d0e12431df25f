"""The order in which Linux finds the cards: by driver as the modules are loaded, within a driver by PCI address."""

from __future__ import annotations

import dataclasses

from lab.naming.topologies.layout import Placed
from lab.naming.topologies.topology import Device, Topology

__all__ = ["Probed", "probing"]


@dataclasses.dataclass(frozen=True, slots=True)
class Probed:
    """A card as the kernel finds it: the `folder` of its PCI device, its `mac`.

    `virtio`: its interface sits on a virtio level. `usb`: the port of the controller in `folder`, 0 for none.
    `certain`: the order is known, it is no race between drivers.
    """

    folder: str
    mac: str
    virtio: bool
    usb: int
    certain: bool


def probing(topology: Topology, placed: tuple[Placed, ...]) -> tuple[Probed, ...]:
    """The cards in the order in which they are found.

    A driver that needs several modules is ready when the last of them is. Cards whose modules nobody declared come
    last; if those are of more than one driver, they race, and one order of several is given: that of PCI addresses.
    """
    where = {p.device.id: (number, p) for number, p in enumerate(placed)}
    keyed: list[tuple[int, int, Device, Placed]] = []
    for card in topology.cards:
        number, place = where[card.id] if card.id in where else where[card.on]
        keyed.append((_rank(topology, card), number, card, place))
    keyed.sort(key=lambda k: (k[0], k[1], k[2].device))
    left = {card.kind for rank, _, card, _ in keyed if rank == len(topology.probed)}
    return tuple(
        Probed(
            place.folder, card.mac, place.part.virtio, card.device if card.kind == "usb-net" else 0,
            certain=rank < len(topology.probed) or len(left) == 1,
        )
        for rank, _, card, place in keyed
    )  # fmt: skip


def _rank(topology: Topology, card: Device) -> int:
    """The place of the card's last module among those that are loaded first; after them all if one is not there."""
    modules = [m.replace("-", "_") for m in topology.probed]
    needed = [m.replace("-", "_") for m in card.means.modules]
    return max(modules.index(m) for m in needed) if set(needed) <= set(modules) else len(modules)
